import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationMs, limitNewsOf, retryAfterOf } from '../../src/models/openai-limits.ts';
import { RUNS } from '../sizes.ts';

const NOW = Date.UTC(2025, 0, 1);

test.each<[string, { readonly [name: string]: string }, number | undefined]>([
  ['milliseconds', { 'retry-after-ms': '1500' }, 1500],
  ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '9' }, 1500],
  ['seconds', { 'retry-after': '2' }, 2000],
  ['fractions', { 'retry-after': '0.25' }, 250],
  ['seconds where the milliseconds are nonsense', { 'retry-after-ms': 'abc', 'retry-after': '3' }, 3000],
  [
    "a date, against the server's own",
    { date: 'Wed, 21 Oct 2015 07:28:00 GMT', 'retry-after': 'Wed, 21 Oct 2015 07:28:02 GMT' },
    2000,
  ],
  ['a date without one', { 'retry-after': 'Wed, 01 Jan 2025 00:00:07 GMT' }, 7000],
  ['a date long past', { 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' }, 0],
  ['nothing', {}, undefined],
  ...[
    '-5',
    'abc',
    '1e99',
    '0x10',
    '',
    ' ',
    'Infinity',
    'NaN',
    '9'.repeat(400),
    '99999999999999',
    '1,5',
    '2 s',
    'tomorrow',
  ].map((text): [string, { readonly [name: string]: string }, undefined] => [
    `nonsense ("${text.slice(0, 20)}")`,
    { 'retry-after': text },
    undefined,
  ]),
])('a wish given as %s', (_, headers, expected) => {
  expect(retryAfterOf(headers, NOW)).toBe(expected);
});

test('whatever stands in the headers, a wish is a sensible number of milliseconds or none', () => {
  const text = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  );
  fc.assert(
    fc.property(text, text, text, (ms, after, date) => {
      const wish = retryAfterOf({ 'retry-after-ms': ms, 'retry-after': after, date }, NOW);
      if (wish !== undefined) expect(wish >= 0 && wish <= 366 * 86_400_000).toBe(true);
    }),
    { numRuns: RUNS * 10 },
  );
});

test.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['20ms', 20],
  ['1h30m0.5s', 5_400_500],
  ['8.64s', 8640],
  ['', undefined],
  ['s', undefined],
  ['1', undefined],
  ['-1s', undefined],
  ['1s2m', undefined],
  ['1e9s', undefined],
])('the duration "%s"', (text, expected) => {
  expect(durationMs(text)).toBe(expected);
});

test('limits are read from their headers, and what is no number is left out', () => {
  const headers = {
    'x-ratelimit-limit-requests': '60',
    'x-ratelimit-remaining-requests': '59',
    'x-ratelimit-reset-requests': '1s',
    'x-ratelimit-limit-tokens': 'many',
    'x-ratelimit-remaining-tokens': '-1',
    'x-ratelimit-reset-tokens': '6m0s',
  };
  expect(limitNewsOf(headers)).toEqual({
    limitRequests: 60,
    remainingRequests: 59,
    resetRequestsMs: 1000,
    resetTokensMs: 360_000,
  });
  expect(limitNewsOf({ 'content-type': 'application/json' })).toBeUndefined();
});
