const replayed = new WeakSet<object>();

/** Notes that this call of a model, known by its options, is answered from a recording: nothing is to wait for it. */
export function markReplayed(options: object): void {
  replayed.add(options);
}

export function isReplayed(options: object): boolean {
  return replayed.has(options);
}
