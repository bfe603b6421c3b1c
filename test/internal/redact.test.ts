import { inspect } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hideValue, redact, redactAll, redactedStart, redactKnown } from '../../src/internal/redact.ts';
import { secret } from '../../src/internal/secret.ts';
import { spellingsOf } from '../security/spellings.ts';
import { RUNS } from '../sizes.ts';

/** Values that keys may be, and some that they should not be. */
const values = fc
  .string({ minLength: 12, maxLength: 60, unit: 'grapheme' })
  .filter((value) => value.trim().length >= 12);

test('a known value is hidden however it is spelled and whatever stands around it', () => {
  fc.assert(
    fc.property(values, fc.string(), fc.string(), (value, before, after) => {
      const forget = hideValue(value);
      try {
        for (const spelled of spellingsOf(value, before, after)) {
          const clean = redact(spelled.text);
          for (const trace of spelled.traces) expect(clean).not.toContain(trace);
        }
      } finally {
        forget();
      }
    }),
    { numRuns: RUNS },
  );
});

test('a value is forgotten when its last owner is gone, and not before', () => {
  const [one, two] = [hideValue('twice-known-value'), hideValue('twice-known-value')];
  one();
  one();
  expect(redactKnown('a twice-known-value')).toBe('a [secret]');
  two();
  expect(redactKnown('a twice-known-value')).toBe('a twice-known-value');
});

test.each([
  ['Incorrect key sk-abcd****************wxyz', 'Incorrect key [secret]'],
  ['key sk-proj-A1b2C3d4E5f6G7h8 is wrong', 'key [secret] is wrong'],
  ['xai-a9b8c7d6e5 gsk-a9b8c7d6e5 rk-a9b8c7d6e5', '[secret] [secret] [secret]'],
  ['ghp_a9b8c7d6e5abcdefghij AKIAIOSFODNN7EXAMPLE', '[secret] [secret]'],
  ['Authorization: Bearer abc.def-123', 'Authorization: Bearer [secret]'],
  ['authorization: bearer abc.def-123', 'authorization: bearer [secret]'],
  [
    '{"authorization":"Bearer letters","x-api-key": "letters"}',
    '{"authorization":"Bearer [secret]","x-api-key": "[secret]"}',
  ],
  ['authorization: Basic dXNlcjpwYXNz', 'authorization: Basic [secret]'],
  ['GET /v1?model=x&api_key=abc&n=1', 'GET /v1?model=x&api_key=[secret]&n=1'],
  ['https://user:hunter2@host/x', 'https://user:[secret]@host/x'],
])('what looks like a key is hidden: %s', (text, clean) => {
  expect(redact(text)).toBe(clean);
});

test.each([
  'the bearer of news, and the Bearer of this letter',
  'sk-learn and task-based risk-management',
  'Basic research of things',
  'http://host:8080/path?q=keys&page=2',
  'a@b.example: hello',
])('what is no key stays as it is: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test('the beginning of a text holds no half of a secret that the cut went through', () => {
  const forget = hideValue('sesame-open-a9b8c7d6e5');
  try {
    for (let at = 0; at < 60; at += 1) {
      const text = `${'.'.repeat(at)}sesame-open-a9b8c7d6e5${'.'.repeat(300)}`;
      const start = redactedStart(text, 40);
      expect(start.length).toBeLessThanOrEqual(40);
      expect(start).not.toMatch(/sesame/);
    }
    expect(redactedStart('short and sesame-open-a9b8c7d6e5', 100)).toBe('short and [secret]');
  } finally {
    forget();
  }
});

test('data is copied only where something is hidden in it', () => {
  const forget = hideValue('sesame-open-a9b8c7d6e5');
  try {
    const clean = { a: ['b', { c: 1 }], d: null };
    expect(redactAll(clean)).toBe(clean);
    const dirty = { a: ['x sesame-open-a9b8c7d6e5', { c: 1 }], 'sesame-open-a9b8c7d6e5': true };
    expect(redactAll(dirty)).toEqual({ a: ['x [secret]', { c: 1 }], '[secret]': true });
    expect(dirty.a[0]).toBe('x sesame-open-a9b8c7d6e5');
    expect(redactAll(JSON.parse('{"__proto__": {"x": "sesame-open-a9b8c7d6e5"}}'))).toEqual(
      JSON.parse('{"__proto__": {"x": "[secret]"}}'),
    );
  } finally {
    forget();
  }
});

// Time that grows with the square of the text would be hours here, and the test would time out.
test.each([
  'sk-',
  'sk-a ',
  'Bearer ',
  'Bearer a/',
  '?key=',
  '&key=a',
  '://a:',
  'https://',
  ' ',
  'AIza',
  'authorization: ',
])('a text of a million characters is read in a moment, whatever it repeats: %j', (pump) => {
  const text = pump.repeat(1_000_000 / pump.length);
  expect(redact(redact(text)).length).toBeGreaterThan(0);
});

test('a secret shows nowhere, whatever it is turned into', () => {
  const key = secret('sesame-open-a9b8c7d6e5');
  const shown = [`${key}`, String(key), JSON.stringify({ key }), inspect({ key }, { showHidden: true, depth: 9 })];
  expect(shown).toEqual(['[secret]', '[secret]', '{"key":"[secret]"}', '{ key: [secret] }']);
  expect(JSON.stringify([Object.entries(key), { ...key }, structuredClone({ ...key })])).toBe('[[],{},{}]');
  expect(key.reveal()).toBe('sesame-open-a9b8c7d6e5');
  expect(redact('Open sesame-open-a9b8c7d6e5!')).toBe('Open [secret]!');
});

test('a short secret is not printed, but spoils no text', () => {
  expect([`${secret('tea')}`, redact('Drink tea.')]).toEqual(['[secret]', 'Drink tea.']);
  expect(() => secret(' ')).toThrow(/needs a text/);
});

test('a secret that is empty is refused, in words that fit', () => {
  expect(() => secret(' ')).toThrow('secret: needs a text that is not empty.');
});
