import type { Json } from '../spec/json.ts';
import { isObject } from './json.ts';

/** A flat record that nobody can change: the same object when it is frozen already, so that what is remembered by it stays so. */
export function frozen<T extends object>(record: T): Readonly<T> {
  return Object.isFrozen(record) ? record : Object.freeze({ ...record });
}

/** Plain data as it is now: what it was made from may change, this cannot, at any depth. Functions and class instances are kept. */
export function frozenData(record: { readonly [key: string]: unknown }): { readonly [key: string]: unknown } {
  return Object.freeze(Object.fromEntries(Object.entries(record).map(([key, value]) => [key, frozenValue(value)])));
}

function frozenValue(value: unknown): unknown {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenValue));
  if (!isObject(value)) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? frozenData(value) : value;
}

/** Makes JSON unchangeable where it stands, at every depth: several tasks read the same output. */
export function frozenJson<T extends Json>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const entry of Object.values(value)) frozenJson(entry);
  return Object.freeze(value);
}

/** Makes plain data unchangeable where it stands, at every depth, also where it holds itself. Class instances are left alone. */
export function frozenInPlace(value: unknown, seen: Set<object> = new Set()): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) return;
  seen.add(value);
  // What is frozen already may hold what is not.
  for (const entry of Object.values(Object.freeze(value))) frozenInPlace(entry, seen);
}
