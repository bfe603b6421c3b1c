import { expect, test } from 'vitest';
import { nextStep, wishOf } from '../../src/calls/retry.ts';
import { ModelError } from '../../src/errors.ts';

const limited = (retryAfterMs: number) => new ModelError('RATE_LIMITED', 'no', { retryable: true, retryAfterMs });

test('a wait that no provider can mean is ignored: the call is tried again after its own delay', () => {
  const state = { failed: 1, malformed: 0, retries: 6, leftMs: Number.POSITIVE_INFINITY, random: 0.5 };
  for (const ms of [-5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e99]) {
    expect(wishOf(limited(ms))).toBeUndefined();
    expect(nextStep(limited(ms), state)).toEqual({ kind: 'again', delayMs: 250 });
  }
  expect(wishOf(limited(700))).toBe(700);
});
