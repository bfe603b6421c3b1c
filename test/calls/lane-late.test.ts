import { expect, test } from 'vitest';
import { Lane } from '../../src/calls/lane.ts';
import type { LimitRequest } from '../../src/spec/limits.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

const { signal } = new AbortController();
const request: LimitRequest = { tokens: 100, priority: () => 0, signal: () => signal, onWait: () => {} };

test('a call that goes out later than it was let go is counted from then', async () => {
  const clock = fakeClock();
  const lane = new Lane(clock, { requestsPerMinute: 1, tokensPerMinute: 1_000 });
  const first = await lane.acquire(request);
  await clock.advance(50_000);
  first.goesOut?.();
  first.release({ tokens: 100 });
  const second = lane.acquire(request);
  await clock.until(Promise.resolve(second));
  expect(clock.monotonic()).toBeGreaterThanOrEqual(110_000);
  expect(clock.monotonic()).toBeLessThanOrEqual(112_000);
});
