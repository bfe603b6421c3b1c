import fc from 'fast-check';
import { expect } from 'vitest';
import { INPUTS } from '../sizes.ts';

const ownNames = () => Reflect.ownKeys(Object.prototype).map(String).sort().join();
const NAMES = ownNames();

/** Gives every input to `read`, and looks after each whether `Object.prototype` is still what it was. */
export function fuzz<T>(inputs: fc.Arbitrary<T>, read: (input: T) => void): void {
  fc.assert(
    fc.property(inputs, (input) => {
      read(input);
      expect(ownNames()).toBe(NAMES);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }),
    { numRuns: INPUTS },
  );
}

/** What `work` throws must be one of these; its result otherwise. */
export function typed<T>(work: () => T, isExpected: (error: unknown) => boolean): T | undefined {
  try {
    return work();
  } catch (error) {
    if (isExpected(error)) return undefined;
    throw error;
  }
}

/** Texts put together from words that mean something to the reader and from anything else. */
export function textOf(words: readonly string[], maxLength = 24): fc.Arbitrary<string> {
  const word = fc.constantFrom(...words);
  const noise = fc.string({ unit: 'binary', maxLength: 4 });
  return fc
    .array(fc.oneof({ arbitrary: word, weight: 4 }, { arbitrary: noise, weight: 1 }), { maxLength })
    .map((parts) => parts.join(''));
}

const key = fc.oneof(fc.constantFrom('__proto__', 'constructor', 'prototype', 'polluted', 'a', 'index'), fc.string());

/** JSON values in which prototypes are reached for everywhere, as text. */
export const evilJson: fc.Arbitrary<string> = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.jsonValue({ maxDepth: 0 }).map((value) => JSON.stringify(value)),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`),
    tie('value').map((value) => `{"__proto__":{"polluted":${value}}}`),
    tie('value').map((value) => `{"constructor":{"prototype":{"polluted":${value}}}}`),
    tie('value').map((value) => `{"\\u005f_proto__":${value}}`),
  ),
})).value;

/** The same text with a few characters lost, doubled or replaced. */
export function damaged(source: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const wound = fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom('"', '{', '}', '[', ']', ',', ':', '\\', '\0', '1', 'e'));
  return fc.tuple(source, fc.array(wound, { maxLength: 3 })).map(([text, wounds]) =>
    wounds.reduce((now, [place, kind, char]) => {
      const at = now.length === 0 ? 0 : place % now.length;
      if (kind === 0) return now.slice(0, at) + now.slice(at + 1);
      return kind === 1 ? now.slice(0, at) + char + now.slice(at) : now.slice(0, at);
    }, text),
  );
}
