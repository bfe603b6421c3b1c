import { expect, test } from 'vitest';
import { nextStep, type Tries, wishOf } from '../../src/calls/retry.ts';
import { ModelError } from '../../src/errors.ts';

const CENTURY_MS = 100 * 365 * 24 * 3_600_000;
const limited = (retryAfterMs?: number) => new ModelError('RATE_LIMITED', 'no', { retryable: true, retryAfterMs });
const state = (changes: Partial<Tries>): Tries => ({
  failed: 1,
  malformed: 0,
  retries: 6,
  leftMs: Number.POSITIVE_INFINITY,
  random: 0.5,
  ...changes,
});

test('a wish of no time at all and one of a century are the first and the last that count', () => {
  expect(wishOf(limited(0))).toBe(0);
  expect(wishOf(limited(-0.001))).toBeUndefined();
  expect(wishOf(limited(CENTURY_MS))).toBe(CENTURY_MS);
  expect(wishOf(limited(CENTURY_MS + 1))).toBeUndefined();
});

test('a wish that ends with the time of the work is too long, one that ends just before is waited for', () => {
  expect(nextStep(limited(1_000), state({ leftMs: 1_000 }))).toEqual({ kind: 'tooLong', waitMs: 1_000 });
  // With a tenth more it would be too long, so there is nothing more.
  expect(nextStep(limited(1_000), state({ leftMs: 1_001 }))).toEqual({ kind: 'again', delayMs: 1_000 });
  expect(nextStep(limited(1_000), state({ leftMs: 1_050 }))).toEqual({ kind: 'again', delayMs: 1_000 });
  expect(nextStep(limited(1_000), state({ leftMs: 1_051 }))).toEqual({ kind: 'again', delayMs: 1_050 });
});

test('a delay of its own that does not fit into the time of the work gives up, and asks nobody to wait', () => {
  expect(nextStep(limited(), state({ leftMs: 250 }))).toEqual({ kind: 'giveUp' });
  expect(nextStep(limited(), state({ leftMs: 251 }))).toEqual({ kind: 'again', delayMs: 250 });
  for (const leftMs of [0, -1]) {
    expect(nextStep(limited(), state({ leftMs }))).toEqual({ kind: 'giveUp' });
    expect(nextStep(limited(0), state({ leftMs }))).toEqual({ kind: 'giveUp' });
  }
});

test('no wait is longer than what a timer can hold', () => {
  const longest = 2 ** 31 - 1;
  expect(nextStep(limited(longest), state({}))).toEqual({ kind: 'tooLong', waitMs: longest });
  expect(nextStep(limited(longest - 1), state({}))).toEqual({ kind: 'again', delayMs: longest });
});

test('the last try that is allowed is made, and two answers that cannot be used are forgiven', () => {
  const bad = new ModelError('BAD_RESPONSE', 'no', { retryable: true });
  expect(nextStep(limited(), state({ failed: 6 })).kind).toBe('again');
  expect(nextStep(limited(), state({ failed: 7 })).kind).toBe('giveUp');
  expect(nextStep(bad, state({ failed: 2, malformed: 2 })).kind).toBe('again');
  expect(nextStep(bad, state({ failed: 3, malformed: 3 })).kind).toBe('giveUp');
  expect(nextStep(limited(), state({ failed: 3, malformed: 3 })).kind).toBe('again');
});
