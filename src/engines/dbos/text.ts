/** A key or a name as a column holds it: any text, also one with NUL or half a surrogate pair in it. */
export function toColumn(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

export function fromColumn(column: unknown): string {
  const text: unknown = JSON.parse(`"${String(column)}"`);
  return String(text);
}
