import { expect, test } from 'vitest';
import { laneOf } from '../../src/calls/lanes.ts';
import type { ModelLimits } from '../../src/spec/limits.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { lineFor } from './line.ts';

const SECOND = 1_000;
const MINUTE = 60_000;

test('without limits everybody goes at once, and nobody is asked for a signal or a priority', () => {
  const line = lineFor();
  const refuse = () => {
    throw new Error('asked');
  };
  for (let n = 0; n < 100; n += 1) {
    const lease = line.lane.acquire({ tokens: 1, priority: refuse, signal: refuse, onWait: refuse });
    expect(lease).not.toBeInstanceOf(Promise);
  }
  expect(line.lane.state.underWay).toBe(100);
  expect(line.clock.scheduled).toBe(0);
});

test('no more calls are under way than maxConcurrency allows; the next goes when one has ended', async () => {
  const line = lineFor({ maxConcurrency: 2 });
  const [a, b, c] = line.calls(3);
  expect(line.went).toEqual(['0', '1']);
  expect(c?.told).toEqual(['concurrency']);
  b?.lease?.release({});
  await line.clock.advance(0);
  expect(line.went).toEqual(['0', '1', '2']);
  a?.lease?.release({});
  c?.lease?.release({});
  expect(line.lane.state).toEqual({ underWay: 0, allowed: 2, waiting: 0 });
  expect(c?.told).toEqual(['concurrency']);
});

test('of those who wait the most urgent goes first, of equals who came first', async () => {
  const line = lineFor({ maxConcurrency: 1 });
  const first = line.call('first');
  line.call('b', { priority: 1 });
  line.call('a', { priority: 5 });
  line.call('c', { priority: 1 });
  line.call('d', { priority: 0 });
  first.lease?.release({});
  for (let n = 0; n < 4; n += 1) {
    await line.clock.advance(0);
    line.callers.find((caller) => caller.name === line.went.at(-1))?.lease?.release({});
  }
  expect(line.went).toEqual(['first', 'a', 'b', 'c', 'd']);
});

test('who gives up while waiting leaves the line at once, with their own reason', async () => {
  const line = lineFor({ requestsPerMinute: 1 });
  line.call('first').lease?.release({});
  const [gone, stays] = [line.call('gone'), line.call('stays')];
  const reason = new Error('not wanted any more');
  gone.abort(reason);
  await line.clock.advance(0);
  expect(gone.error).toBe(reason);
  expect(line.lane.state.waiting).toBe(1);
  await line.clock.untilIdle();
  expect(line.went).toEqual(['first', 'stays']);
  expect(stays.at).toBe(61 * SECOND);
});

test('who has given up before is not let in', async () => {
  const line = lineFor({ maxConcurrency: 1 });
  line.call('first');
  const reason = new Error('too late');
  const signal = AbortSignal.abort(reason);
  const answer = line.lane.acquire({ tokens: 1, priority: () => 0, signal: () => signal, onWait: () => {} });
  await expect(answer).rejects.toBe(reason);
  expect(line.lane.state.waiting).toBe(0);
});

test('when the last who waits has given up, no timer is left', () => {
  const line = lineFor({ requestsPerMinute: 1 });
  line.call('first');
  const second = line.call('second');
  expect(line.clock.scheduled).toBe(1);
  second.abort(new Error('enough'));
  expect(line.clock.scheduled).toBe(0);
});

test('requests a minute go out at once; the next when the first is a minute and a second old, one after the other', async () => {
  const line = lineFor({ requestsPerMinute: 3 });
  const callers = line.calls(7);
  for (const caller of callers.slice(0, 3)) caller.lease?.release({});
  expect(callers[3]?.told).toEqual(['requests']);
  await line.clock.untilIdle();
  expect(callers.map((caller) => caller.at)).toEqual([0, 0, 0, 61_000, 63_292, 65_834, 122_000]);
  expect(line.clock.scheduled).toBe(0);
});

test('tokens are put aside by estimate and settled by what was used', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  const first = line.call('first', { tokens: 800 });
  const second = line.call('second', { tokens: 500 });
  expect(second.told).toEqual(['tokens']);
  await line.clock.advance(SECOND);
  first.lease?.release({ tokens: 400 });
  await line.clock.advance(0);
  expect(second.at).toBe(SECOND);
  // It used more than was put aside: 400 + 650 are too many for anybody else this minute.
  second.lease?.release({ tokens: 650 });
  const third = line.call('third', { tokens: 1 });
  await line.clock.untilIdle();
  expect(third.at).toBe(61 * SECOND);
});

test('a call that fails and tells no tokens keeps its estimate', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  line.call('first', { tokens: 800 }).lease?.release({});
  const second = line.call('second', { tokens: 300 });
  await line.clock.untilIdle();
  expect(second.at).toBe(61 * SECOND);
});

test('a call of more tokens than a minute allows goes alone, rather than never', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  const small = line.call('small', { tokens: 10 });
  const huge = line.call('huge', { tokens: 50_000 });
  const after = line.call('after', { tokens: 10 });
  small.lease?.release({});
  await line.clock.untilIdle();
  expect([small.at, huge.at, after.at]).toEqual([0, 61 * SECOND, 122 * SECOND]);
});

test('a large call is not passed by smaller ones that came later', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  line.call('first', { tokens: 600 });
  line.call('large', { tokens: 500 });
  line.call('small', { tokens: 10 });
  await line.clock.advance(MINUTE);
  expect(line.went).toEqual(['first']);
  await line.clock.untilIdle();
  expect(line.went).toEqual(['first', 'large', 'small']);
});

test('a pause that the provider asks for is everybody’s: nobody goes before it is over', async () => {
  const line = lineFor();
  const [a, b] = line.calls(2);
  a?.lease?.release({ limited: true, retryAfterMs: 20 * SECOND });
  const waits = line.call('waits');
  expect(waits.told).toEqual(['pause']);
  b?.lease?.release({});
  await line.clock.advance(20 * SECOND - 1);
  expect(waits.at).toBeUndefined();
  await line.clock.advance(1);
  expect(waits.at).toBe(20 * SECOND);
});

test('a shorter pause does not end a longer one; nonsense is no pause', async () => {
  const line = lineFor();
  const callers = line.calls(6);
  const waits = [30 * SECOND, 10 * SECOND, -5, Number.NaN, Number.POSITIVE_INFINITY, 0];
  for (const [at, retryAfterMs] of waits.entries()) callers[at]?.lease?.release({ retryAfterMs });
  const late = line.call('late');
  await line.clock.untilIdle();
  expect(late.at).toBe(30 * SECOND);
});

test('a pause of months sets no timer that Node would fire at once', async () => {
  const timers: number[] = [];
  const clock = fakeClock();
  const runtime = {
    ...clock,
    monotonic: () => clock.monotonic(),
    timer: (ms: number, fn: () => void) => {
      timers.push(ms);
      return clock.timer(ms, fn);
    },
  };
  const lane = laneOf({ name: 'm', limits: {}, owner: {} }, runtime);
  const request = { tokens: 1, priority: () => 0, signal: () => new AbortController().signal, onWait: () => {} };
  const lease = await lane.acquire(request);
  lease.release({ retryAfterMs: 5e9 });
  const late = lane.acquire(request);
  await clock.until(Promise.resolve(late));
  expect(clock.monotonic()).toBe(5e9);
  expect(Math.max(...timers)).toBeLessThan(2 ** 31);
});

test('a call that ended without an answer is no success: it neither widens the lane nor counts as let through', async () => {
  const line = lineFor({ maxConcurrency: 8 });
  for (const [at, { lease }] of line.calls(8).entries())
    lease?.release(at === 0 ? { limited: true } : { unused: true });
  expect(line.lane.state.allowed).toBe(4);
  line.calls(50, { ends: { failed: true } });
  expect(line.lane.state.allowed).toBe(4);
  line.calls(4, { ends: {} });
  expect(line.lane.state.allowed).toBe(5);
});

test('a 429 halves what is under way, once for all calls of that flight, and successes bring it back one by one', async () => {
  const line = lineFor({ maxConcurrency: 16 });
  const callers = line.calls(16);
  for (const caller of callers.slice(0, 5)) caller.lease?.release({ limited: true });
  expect(line.lane.state.allowed).toBe(8);
  for (const caller of callers.slice(5)) caller.lease?.release({});
  // Those were of the flight before: they tell nothing of how eight do.
  expect(line.lane.state.allowed).toBe(8);
  for (let n = 0; n < 8; n += 1) line.call('next').lease?.release({});
  expect(line.lane.state.allowed).toBe(9);
  for (let n = 0; n < 500; n += 1) line.call('next').lease?.release({});
  expect(line.lane.state.allowed).toBe(16);
});

test('without a declared maximum the first 429 tells one: half of what was under way', () => {
  const line = lineFor();
  expect(line.lane.state.allowed).toBe(Number.POSITIVE_INFINITY);
  const callers = line.calls(40);
  callers[0]?.lease?.release({ limited: true });
  expect(line.lane.state).toEqual({ underWay: 39, allowed: 20, waiting: 0 });
});

test('it never falls below one at a time', async () => {
  const line = lineFor({ maxConcurrency: 3 });
  for (let n = 0; n < 10; n += 1) {
    const caller = line.call(`${n}`);
    await line.clock.untilIdle();
    caller.lease?.release({ limited: true });
    expect(line.lane.state.allowed).toBe(1);
  }
});

test('one lane for each model object and clock, whoever asks', () => {
  const [a, b] = [{}, {}];
  const [clock, other] = [fakeClock(), fakeClock()];
  const of = (owner: object, runtime = clock, limits: ModelLimits = {}) =>
    laneOf({ name: 'm', limits, owner }, runtime);
  expect(of(a)).toBe(of(a, clock, { maxConcurrency: 2 }));
  expect(of(a)).not.toBe(of(b));
  expect(of(a)).not.toBe(of(a, other));
});

test('a place where calls are counted is given back once, however often that is said', () => {
  const line = lineFor({ maxConcurrency: 5, requestsPerMinute: 10 });
  const [a] = line.calls(2);
  a?.lease?.release({});
  a?.lease?.release({});
  expect(line.lane.state.underWay).toBe(1);
});

test('a call that was not made counts for nothing', async () => {
  const line = lineFor({ maxConcurrency: 2, requestsPerMinute: 1, tokensPerMinute: 100 });
  const first = line.call('first', { tokens: 80 });
  const second = line.call('second', { tokens: 90 });
  first.lease?.release({ unused: true });
  await line.clock.advance(0);
  expect(second.at).toBe(0);
  expect(line.lane.state.underWay).toBe(1);
});

test('who waits is told for what, also where other things are limited that would let them go', () => {
  const limits = { maxConcurrency: 2, requestsPerMinute: 10, tokensPerMinute: 100 };
  const tokens = lineFor(limits);
  tokens.call('first', { tokens: 80 });
  expect(tokens.call('second', { tokens: 80 }).told).toEqual(['tokens']);
  const places = lineFor(limits);
  places.calls(2);
  expect(places.call('third').told).toEqual(['concurrency']);
});

test('an estimate that is no whole number of tokens is rounded up, and one that is no number is taken for one', () => {
  const line = lineFor({ tokensPerMinute: 8 });
  for (const tokens of [0.2, 1.5, 0, -3, Number.NaN, Number.POSITIVE_INFINITY]) line.call('goes', { tokens });
  expect(line.lane.state).toMatchObject({ underWay: 6, waiting: 0 });
  line.call('one more');
  line.call('too many');
  expect(line.lane.state).toMatchObject({ underWay: 7, waiting: 1 });
});

test('who is more urgent than all who wait, and comes in the moment in which a pause is over, goes before them', async () => {
  const line = lineFor();
  line.call('first').lease?.release({ retryAfterMs: 1_000 });
  line.clock.timer(1_000, () => line.call('urgent', { priority: 1 }));
  line.call('waits');
  await line.clock.advance(1_000);
  expect(line.went).toEqual(['first', 'urgent', 'waits']);
});
