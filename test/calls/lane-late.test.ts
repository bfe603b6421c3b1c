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

test('a call that is long in going out is not forgotten meanwhile: no other takes its place', async () => {
  for (const limits of [{ requestsPerMinute: 2 }, { tokensPerMinute: 200 }]) {
    const clock = fakeClock();
    const lane = new Lane(clock, limits);
    const held = await lane.acquire(request);
    const other = await lane.acquire(request);
    other.goesOut?.();
    other.release({ tokens: 100 });
    await clock.advance(100_000);
    // What the other had taken has left the minute, what is held has not.
    const third = await lane.acquire(request);
    third.goesOut?.();
    third.release({ tokens: 100 });
    const fourth = lane.acquire(request);
    expect(fourth).toBeInstanceOf(Promise);
    await clock.advance(10_000);
    held.goesOut?.();
    held.release({ tokens: 100 });
    await clock.until(Promise.resolve(fourth));
    // The third went out at 100 s; a minute later one may go again.
    expect(clock.monotonic()).toBeGreaterThanOrEqual(160_000);
    expect(clock.monotonic()).toBeLessThanOrEqual(162_000);
  }
});

test('what is held for a call that is not made after all is free again at once', async () => {
  for (const limits of [{ requestsPerMinute: 1 }, { tokensPerMinute: 100 }]) {
    const clock = fakeClock();
    const lane = new Lane(clock, limits);
    const held = await lane.acquire(request);
    const second = lane.acquire(request);
    expect(second).toBeInstanceOf(Promise);
    await clock.advance(5_000);
    held.release({ unused: true });
    const lease = await clock.until(Promise.resolve(second));
    expect(clock.monotonic()).toBe(5_000);
    lease.release({ unused: true });
    // Neither was made, so nothing is counted: the next waits for no minute to pass.
    await clock.until(Promise.resolve(lane.acquire(request)));
    expect(clock.monotonic()).toBeLessThan(15_000);
  }
});

test('a call that has ended and never said that it went out was made all the same: it counts', async () => {
  const clock = fakeClock();
  const lane = new Lane(clock, { requestsPerMinute: 1 });
  const first = await lane.acquire(request);
  first.release({});
  const second = lane.acquire(request);
  await clock.until(Promise.resolve(second));
  expect(clock.monotonic()).toBeGreaterThanOrEqual(60_000);
});

test('a call that was said to go out and was not made after all is not counted, and leaves no room for two', async () => {
  for (const limits of [{ requestsPerMinute: 1 }, { tokensPerMinute: 100 }]) {
    const clock = fakeClock();
    const lane = new Lane(clock, limits);
    const first = await lane.acquire(request);
    first.goesOut?.();
    first.release({ unused: true });
    expect(lane.acquire(request)).not.toBeInstanceOf(Promise);
    await clock.advance(200_000);
    expect(lane.acquire(request)).toBeInstanceOf(Promise);
  }
});

test.each([
  { limits: { tokensPerMinute: 1_000 }, news: { limitRequests: 2, remainingRequests: 1 } },
  { limits: { requestsPerMinute: 10 }, news: { limitTokens: 200, remainingTokens: 0 } },
])(
  'what a provider begins to count while a call is on its way out holds afterwards: $news',
  async ({ limits, news }) => {
    for (const isMade of [true, false]) {
      const clock = fakeClock();
      const lane = new Lane(clock, limits);
      const [first, second] = [await lane.acquire(request), await lane.acquire(request)];
      first.goesOut?.();
      first.release({ news });
      if (isMade) second.goesOut?.();
      second.release({ unused: !isMade });
      await clock.advance(200_000);
      for (let n = 0; n < 2; n += 1) {
        const lease = lane.acquire(request);
        expect(lease).not.toBeInstanceOf(Promise);
      }
      expect(lane.acquire(request)).toBeInstanceOf(Promise);
    }
  },
);

test('where nothing is counted by the minute a call has nothing to say when it goes out, also after a pause', async () => {
  const clock = fakeClock();
  const lane = new Lane(clock, { maxConcurrency: 5 });
  const first = await lane.acquire(request);
  expect(first.goesOut).toBeUndefined();
  first.release({ retryAfterMs: 1_000 });
  const second = await clock.until(Promise.resolve(lane.acquire(request)));
  const third = await lane.acquire(request);
  for (const lease of [second, third]) expect(lease.goesOut).toBeUndefined();
});

test('a model that says it used more tokens than there are holds nothing up for longer than a minute', async () => {
  const clock = fakeClock();
  const lane = new Lane(clock, { tokensPerMinute: 20_000 });
  for (const tokens of [1e308, 1e308, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER]) {
    const one = await clock.until(Promise.resolve(lane.acquire(request)));
    one.goesOut?.();
    await clock.advance(1_000);
    const beside = await clock.until(Promise.resolve(lane.acquire(request)));
    beside.goesOut?.();
    one.release({ tokens });
    beside.release({ tokens });
  }
  // Two each, one soon after the other: then a minute has to pass.
  expect(clock.monotonic()).toBeLessThan(5 * 61_000);
  // What is told of a limit may be as odd.
  const other = new Lane(clock, {});
  const told = await other.acquire(request);
  told.release({ news: { limitTokens: 1.7e308, remainingTokens: 0 } });
  const next = await clock.until(Promise.resolve(other.acquire(request)));
  next.release({ tokens: 1e308 });
  await clock.until(Promise.resolve(other.acquire(request)));
  expect(clock.monotonic()).toBeLessThan(10 * 61_000);
});
