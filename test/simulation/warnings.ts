/** Offers Crewline's warnings to `hear`, and prints those that are none of its own, until the function returned is called. */
export function hearWarnings(hear: (text: string) => boolean): () => void {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: readonly unknown[]): void => {
    if (rest[0] === 'CrewlineWarning' && hear(String(warning))) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  return () => {
    process.emitWarning = emitWarning;
  };
}
