import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_RETRIES, nextStep, type Tries } from '../../src/calls/retry.ts';
import { CrewError, type ErrorCode, ModelError } from '../../src/errors.ts';
import { RUNS } from '../sizes.ts';

const NEVER: readonly ErrorCode[] = [
  'QUOTA_EXHAUSTED',
  'AUTH',
  'REQUEST_REFUSED',
  'CONTENT_FILTERED',
  'REFUSED',
  'OUTPUT_TRUNCATED',
  'CONTEXT_OVERFLOW',
];
const PASSING: readonly ErrorCode[] = ['RATE_LIMITED', 'PROVIDER_DOWN', 'TIMEOUT', 'STREAM_TRUNCATED', 'BAD_RESPONSE'];

const tries = fc.record({
  failed: fc.integer({ min: 1, max: 12 }),
  malformed: fc.integer({ min: 0, max: 5 }),
  retries: fc.integer({ min: 0, max: 10 }),
  leftMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: -5, max: 100_000 })),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
const wishes = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 200_000 }), fc.constant(1e12));

const failed = (code: ErrorCode, retryAfterMs?: number) =>
  new ModelError(code, 'no', { retryable: PASSING.includes(code), retryAfterMs });

test('retries are bounded in number, delay and time', () => {
  fc.assert(
    fc.property(fc.constantFrom(...PASSING), wishes, tries, (code, wish, state) => {
      const next = nextStep(failed(code, wish), state);
      if (state.failed > state.retries || (code === 'BAD_RESPONSE' && state.malformed > 2)) {
        expect(next).toEqual({ kind: 'giveUp' });
        return;
      }
      if (wish !== undefined && wish > 0 && wish >= state.leftMs)
        expect(next).toEqual({ kind: 'tooLong', waitMs: wish });
      if (next.kind !== 'again') return;
      const cap = Math.min(30_000, 500 * 2 ** (state.failed - 1));
      expect(next.delayMs).toBeGreaterThanOrEqual(wish ?? 0);
      expect(next.delayMs).toBeLessThanOrEqual(Math.max(cap, (wish ?? 0) * 1.1));
      expect(next.delayMs).toBeLessThan(state.leftMs);
      expect(next.delayMs).toBeLessThanOrEqual(2 ** 31 - 1);
    }),
    { numRuns: RUNS },
  );
});

test('what does not pass by itself is never tried again', () => {
  const first: Tries = {
    failed: 1,
    malformed: 0,
    retries: DEFAULT_RETRIES,
    leftMs: Number.POSITIVE_INFINITY,
    random: 0.5,
  };
  for (const code of NEVER) expect(nextStep(failed(code, 10), first)).toEqual({ kind: 'giveUp' });
  expect(nextStep(new CrewError('CANCELLED', 'no'), first)).toEqual({ kind: 'giveUp' });
  expect(nextStep(new ModelError('MODEL_FAILED', 'no'), first)).toEqual({ kind: 'giveUp' });
  expect(nextStep(new ModelError('MODEL_FAILED', 'no', { retryable: true }), first)).toEqual({
    kind: 'again',
    delayMs: 250,
  });
});

test('delays double up to 30 seconds, and a wish is met with up to a tenth more', () => {
  const delay = (failures: number, wish?: number) => {
    const state = { failed: failures, malformed: 0, retries: 20, leftMs: 1e9, random: 0.999 };
    const next = nextStep(failed('RATE_LIMITED', wish), state);
    return next.kind === 'again' ? Math.round(next.delayMs) : next.kind;
  };
  expect([1, 2, 3, 7, 8, 20].map((count) => delay(count))).toEqual([500, 999, 1998, 29970, 29970, 29970]);
  expect(delay(1, 10_000)).toBe(10_999);
  expect(delay(1, 0)).toBe(500);
});
