import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationMs, limitNewsOf, retryAfterOf } from '../../src/models/openai-limits.ts';
import { fuzz, textOf } from './fuzz.ts';

const NOW = Date.UTC(2026, 0);
const YEAR_MS = 366 * 24 * 3_600_000;

const WORDS = [
  '0',
  '1',
  '61',
  '9999999999',
  '-5',
  '1e99',
  '.',
  ',',
  ' ',
  's',
  'ms',
  'm',
  'h',
  'soon',
  'NaN',
  'Infinity',
  '0x10',
];
const DATES = [
  'Wed, 21 Oct 2015 07:28:00 GMT',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  'Xxx, 99 Foo 2015 99:99:99 GMT',
  'now',
];
const value = fc.oneof(textOf(WORDS, 4), fc.constantFrom(...DATES), fc.nat().map(String), fc.double().map(String));
const header = fc.oneof({ arbitrary: value, weight: 8 }, { arbitrary: fc.array(value, { maxLength: 2 }), weight: 1 });
const HEADERS = ['retry-after', 'retry-after-ms', 'date'];
const LIMITS = ['limit', 'remaining', 'reset'].flatMap((what) =>
  ['requests', 'tokens'].map((of) => `x-ratelimit-${what}-${of}`),
);

const headers = (names: readonly string[]) =>
  fc.array(fc.tuple(fc.constantFrom(...names), header), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

test('whatever a server says about when to come back, it is a sensible time or nothing', () => {
  fuzz(headers(HEADERS), (given) => {
    const ms = retryAfterOf(given, NOW);
    if (ms === undefined) return;
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThanOrEqual(YEAR_MS);
  });
});

test('seconds, milliseconds and dates are read as they were meant', () => {
  fuzz(fc.tuple(fc.nat(100_000), fc.nat(100_000)), ([seconds, skewMs]) => {
    expect(retryAfterOf({ 'retry-after': `${seconds}` }, NOW)).toBe(seconds * 1_000);
    expect(retryAfterOf({ 'retry-after-ms': `${seconds}`, 'retry-after': '7' }, NOW)).toBe(seconds);
    const theirs = NOW - skewMs * 1_000;
    const at = new Date(theirs + seconds * 1_000).toUTCString();
    expect(retryAfterOf({ 'retry-after': at, date: new Date(theirs).toUTCString() }, NOW)).toBe(seconds * 1_000);
  });
});

test('whatever a server says about its limits, every figure is a number that makes sense, or is not there', () => {
  fuzz(headers(LIMITS), (given) => {
    for (const figure of Object.values(limitNewsOf(given) ?? {})) {
      expect(Number.isFinite(figure)).toBe(true);
      expect(figure).toBeGreaterThanOrEqual(0);
    }
  });
});

test('a duration is the sum of its parts', () => {
  fuzz(fc.tuple(fc.nat(99), fc.nat(59), fc.nat(59), fc.nat(999)), ([h, m, s, ms]) => {
    expect(durationMs(`${h}h${m}m${s}s${ms}ms`)).toBe(((h * 60 + m) * 60 + s) * 1_000 + ms);
    expect(durationMs(`${m}m${s}.5s`)).toBe((m * 60 + s) * 1_000 + 500);
  });
});
