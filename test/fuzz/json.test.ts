import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findNotJson, isJson, parseJson } from '../../src/internal/json.ts';
import { parseArguments } from '../../src/loop/call-tool.ts';
import { findJson } from '../../src/loop/find-json.ts';
import { damaged, evilJson, fuzz, textOf } from './fuzz.ts';

/** Nothing in it reaches a prototype, whoever copies it later. */
function expectHarmless(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
  for (const name of ['__proto__', 'constructor', 'prototype']) expect(Object.hasOwn(value, name)).toBe(false);
  for (const entry of Object.values(value)) expectHarmless(entry);
}

test('arguments of a tool are JSON without a way to a prototype, or a problem in words', () => {
  fuzz(damaged(evilJson), (source) => {
    const parsed = parseArguments(source);
    if (!parsed.ok) expect(parsed.problem).not.toBe('');
    else expectHarmless(parsed.value);
  });
});

test('JSON survives being written and read, whatever its texts are', () => {
  const texts = fc.string({ unit: 'binary' });
  fuzz(
    fc.jsonValue({ stringUnit: 'binary' }).chain((value) => fc.tuple(fc.constant(value), texts)),
    ([value, text]) => {
      const given = { value, text: `${text}\ud800\0\u202e` };
      const parsed = parseJson(JSON.stringify(given));
      // A key that reaches a prototype is dropped, and -0 is written as 0.
      expect(parsed).toEqual({ ok: true, value: JSON.parse(JSON.stringify(given), dropped) });
    },
  );
});

function dropped(key: string, value: unknown): unknown {
  return ['__proto__', 'constructor', 'prototype'].includes(key) ? undefined : value;
}

test('what is not JSON is named by its place, and never thrown at', () => {
  fuzz(
    fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withNullPrototype: true }),
    (value) => {
      const problem = findNotJson(value, 'output');
      expect(isJson(value)).toBe(problem === undefined);
      if (problem === undefined) expect(() => JSON.stringify(value)).not.toThrow();
      else expect(problem).toMatch(/^output/);
    },
  );
});

const WORDS = [
  '```',
  '```json\n',
  '\n```',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  '"a":',
  '1',
  ',',
  ' and ',
  '{"a":1}',
  '[1,2]',
];

test('a value is found in an answer, or it is said why not', () => {
  const answers = fc.tuple(textOf(WORDS), fc.constantFrom('object', 'array', undefined));
  fuzz(answers, ([text, kind]) => {
    const found = findJson(text, kind);
    if (!found.ok) expect(found.problem).not.toBe('');
    else expectHarmless(found.value);
  });
});

test('a value with sentences around it is found whole', () => {
  const words = fc.constantFrom('', 'Here it is: ', 'The answer is as follows.\n\n', '```json\n');
  fuzz(fc.tuple(words, fc.dictionary(fc.string(), fc.jsonValue())), ([before, value]) => {
    const after = before.startsWith('```') ? '\n```' : before === '' ? '' : '\nThat is all.';
    const expected = JSON.parse(JSON.stringify(value), dropped);
    expect(findJson(`${before}${JSON.stringify(value)}${after}`, 'object')).toEqual({ ok: true, value: expected });
  });
});
