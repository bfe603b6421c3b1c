/** A flat record that nobody can change: the same object when it is frozen already, so that what is remembered by it stays so. */
export function frozen<T extends object>(record: T): Readonly<T> {
  return Object.isFrozen(record) ? record : Object.freeze({ ...record });
}
