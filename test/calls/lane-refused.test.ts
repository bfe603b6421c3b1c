import { expect, test } from 'vitest';
import { type Line, lineFor } from './line.ts';

const SECOND = 1_000;

/** So many calls, one after the other, are answered 429 without a word of why. */
function refused(line: Line, count: number): void {
  for (let n = 0; n < count; n += 1) line.ended({ limited: true, retryAfterMs: 0 });
}

/** So many calls, one after the other, go well. */
function accepted(line: Line, count: number): void {
  for (let n = 0; n < count; n += 1) line.ended({});
}

/** So many calls, one after the other, each the only one under way, are answered 429 with not even a time to wait. */
async function refusedAlone(line: Line, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const caller = line.call('alone');
    await line.clock.untilIdle();
    times.push((caller.at ?? Number.NaN) / SECOND);
    caller.lease?.release({ limited: true });
  }
  return times;
}

/** How long after one call the next goes, in seconds, of calls that come now. */
async function pace(line: Line): Promise<number> {
  // The second may catch up with what the first was late.
  const [, second = Number.NaN, third = Number.NaN] = await line.times(3);
  return Math.round((third - second) * 10) / 10;
}

test('where many are refused and many are not, what goes through meanwhile is what goes out from then on', async () => {
  const line = lineFor();
  await line.clock.advance(5 * SECOND);
  refused(line, 9);
  accepted(line, 20);
  await line.clock.advance(10 * SECOND);
  refused(line, 1);
  // Twenty in ten seconds: two a second, and a little less for safety.
  expect(await pace(line)).toBe(0.5);
});

test('a rate is learnt within a minute, and what is refused after that begins a new count', async () => {
  const within = lineFor();
  await within.clock.advance(5 * SECOND);
  refused(within, 9);
  accepted(within, 20);
  await within.clock.advance(60 * SECOND);
  refused(within, 1);
  expect(await pace(within)).toBe(3.1);
  const later = lineFor();
  await later.clock.advance(5 * SECOND);
  refused(later, 9);
  accepted(later, 20);
  await later.clock.advance(62 * SECOND);
  refused(later, 1);
  expect(await pace(later)).toBe(0);
  accepted(later, 20);
  await later.clock.advance(10 * SECOND);
  refused(later, 8);
  expect(await pace(later)).toBe(0);
  refused(later, 1);
  expect(await pace(later)).toBeGreaterThan(0);
});

test.each([
  { why: 'fewer than ten are refused', refusals: 9, successes: 20, seconds: 10 },
  { why: 'it lasts less than ten seconds', refusals: 10, successes: 20, seconds: 9.9 },
  { why: 'fewer than four go through', refusals: 10, successes: 3, seconds: 10 },
  { why: 'no more than a fifth are refused', refusals: 10, successes: 40, seconds: 10 },
])('no rate is learnt when $why', async ({ refusals, successes, seconds }) => {
  const line = lineFor();
  refused(line, refusals - 1);
  accepted(line, successes);
  await line.clock.advance(seconds * SECOND);
  refused(line, 1);
  expect(await pace(line)).toBe(0);
});

test('four that go through are enough to learn a rate from', async () => {
  const line = lineFor();
  refused(line, 9);
  accepted(line, 4);
  await line.clock.advance(10 * SECOND);
  refused(line, 1);
  expect(await pace(line)).toBeGreaterThan(2);
});

test('what was sent before the first was refused tells nothing of the rate', async () => {
  const line = lineFor();
  const before = line.calls(21);
  before[0]?.lease?.release({ limited: true, retryAfterMs: 0 });
  for (const { lease } of before.slice(1)) lease?.release({});
  await line.clock.advance(10 * SECOND);
  refused(line, 9);
  expect(await pace(line)).toBe(0);
});

test('what was declared is lowered step by step, and not replaced by what seems to go through', async () => {
  const line = lineFor({ requestsPerMinute: 1_000 });
  refused(line, 1);
  for (let n = 0; n < 20; n += 1) {
    accepted(line, 1);
    await line.clock.advance(0.5 * SECOND);
  }
  for (let n = 0; n < 9; n += 1) {
    refused(line, 1);
    await line.clock.advance(0.2 * SECOND);
  }
  const seconds = await pace(line);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(0.3);
});

test('of calls that were under way together only the first 429 lowers the limit', async () => {
  const line = lineFor({ requestsPerMinute: 20 });
  for (const { lease } of line.calls(5)) lease?.release({ limited: true, retryAfterMs: 0 });
  const at = await line.times(20);
  expect(at.filter((time) => time < 61)).toHaveLength(18 - 5);
});

test('after a 429 that nothing explains fewer tokens than declared are tried', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  line.ended({ limited: true, retryAfterMs: 0, tokens: 1 });
  await line.clock.advance(61 * SECOND);
  // Nine hundred a minute, evenly: three hundred every 20 s.
  expect(await line.times(4, { tokens: 300 })).toEqual([61, 81.1, 101.4, 122]);
});

test('after a 429 that says that the tokens are used up, what follows goes evenly, at no fewer at a time', async () => {
  const line = lineFor({ maxConcurrency: 16, tokensPerMinute: 600 });
  const six = line.calls(6, { tokens: 100 });
  six[5]?.lease?.release({ limited: true, news: { limitTokens: 600, remainingTokens: 0 } });
  for (const { lease } of six.slice(0, 5)) lease?.release({ failed: true });
  expect(line.lane.state.allowed).toBe(16);
  expect(await line.times(4, { tokens: 100 })).toEqual([61, 70.9, 81.1, 91.3]);
});

test('a 429 that says that the tokens are used up makes no requests go evenly', async () => {
  const line = lineFor({ requestsPerMinute: 6, tokensPerMinute: 1_000 });
  line.ended({ limited: true, news: { remainingTokens: 0, resetTokensMs: 0 }, tokens: 1 });
  const at = await line.times(3);
  expect((at[2] ?? Number.NaN) - (at[0] ?? 0)).toBeLessThan(5);
});

test('a 429 that says that something is used up of which no limit is known halves nothing', async () => {
  for (const news of [{ remainingRequests: 0 }, { remainingTokens: 0 }]) {
    const line = lineFor({ maxConcurrency: 16 });
    const [first] = line.calls(16);
    first?.lease?.release({ limited: true, news });
    expect(line.lane.state.allowed).toBe(16);
  }
});

test('who is told how long to wait after a 429 waits no longer, also when theirs was the only call', async () => {
  const line = lineFor();
  line.ended({ limited: true, retryAfterMs: 100 });
  expect(await line.times(1)).toEqual([0.1]);
});

test('a success ends the ever longer pauses: the next that is refused alone waits a second again', async () => {
  const line = lineFor();
  expect(await refusedAlone(line, 7)).toEqual([0, 1, 3, 7, 15, 31, 63]);
  expect(await line.times(1)).toEqual([95]);
  await refusedAlone(line, 1);
  expect(await line.times(1)).toEqual([96]);
});

test('what went through in the minute is counted from when the first was refused', async () => {
  const line = lineFor();
  await line.clock.advance(20 * SECOND);
  accepted(line, 4);
  await line.clock.advance(10 * SECOND);
  expect(await refusedAlone(line, 3)).toEqual([30, 31, 33]);
  expect((await line.times(1))[0]).toBe(91);
});

test('three that went through are too few to learn a minute’s limit from', async () => {
  const line = lineFor();
  accepted(line, 3);
  await refusedAlone(line, 3);
  expect(await line.times(3)).toEqual([7, 7, 7]);
});

test('what went through more than a minute before the first 429 is not what a minute allows', async () => {
  const line = lineFor();
  accepted(line, 4);
  await line.clock.advance(100 * SECOND);
  await refusedAlone(line, 3);
  expect(await line.times(3)).toEqual([107, 107, 107]);
});

test('a minute’s limit is learnt later in the day as well', async () => {
  const line = lineFor();
  await line.clock.advance(70 * SECOND);
  refused(line, 1);
  accepted(line, 4);
  await line.clock.advance(10 * SECOND);
  expect(await refusedAlone(line, 3)).toEqual([80, 81, 83]);
  expect((await line.times(1))[0]).toBe(141);
});

test('what was declared is not replaced by the count of what went through', async () => {
  const line = lineFor({ requestsPerMinute: 60 });
  accepted(line, 4);
  await refusedAlone(line, 3);
  const at = await line.times(2);
  expect(at[1]).toBeLessThan(10);
});
