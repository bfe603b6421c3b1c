import { expect, test } from 'vitest';
import { lineFor } from './line.ts';

const SECOND = 1_000;

test('a provider that says what a minute allows is paced by that, with what went out before it said so', async () => {
  const line = lineFor();
  const first = line.calls(3);
  for (const caller of first) caller.lease?.release({ news: { limitRequests: 5, remainingRequests: 2 } });
  expect(await line.times(4)).toEqual([0, 0, 61, 62.3]);
});

test('a limit lower than what was declared counts; a higher one does not', async () => {
  const lower = lineFor({ requestsPerMinute: 5 });
  lower.ended({ news: { limitRequests: 2 } });
  expect(await lower.times(3)).toEqual([0, 61, 64.6]);
  const higher = lineFor({ requestsPerMinute: 2 });
  higher.ended({ news: { limitRequests: 500, remainingRequests: 499 } });
  expect(await higher.times(3)).toEqual([0, 61, 64.6]);
});

test('a limit that the provider lowers and raises again is followed', async () => {
  const line = lineFor();
  line.ended({ news: { limitRequests: 2 } });
  line.ended({ news: { limitRequests: 6 } });
  expect(await line.times(5)).toEqual([0, 0, 0, 0, 61]);
});

test('nothing left: nobody goes before the count is reset, and a second more', async () => {
  const line = lineFor({ requestsPerMinute: 5 });
  line.ended({ news: { remainingRequests: 0, resetRequestsMs: 20 * SECOND } });
  expect(await line.times(5)).toEqual([21, 22.3, 23.8, 25.3, 61]);
});

test('nothing left of a limit that nobody names: nobody goes before the reset', async () => {
  const line = lineFor();
  line.ended({ news: { remainingRequests: 0, resetRequestsMs: 20 * SECOND } });
  line.ended({});
  expect(await line.times(2)).toEqual([21, 21]);
});

test('a reset that is hours away is not waited for without asking again after a minute', async () => {
  const line = lineFor();
  line.ended({ news: { limitRequests: 50, remainingRequests: 0, resetRequestsMs: 86_400 * SECOND } });
  expect(await line.times(1)).toEqual([61]);
});

test('what others use of the account is left to them until the reset', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  line.ended({ news: { limitRequests: 10, remainingRequests: 3, resetRequestsMs: 30 * SECOND } });
  // Six are others': one call of ours and three more fill it up.
  expect(await line.times(5)).toEqual([0, 0, 0, 31, 31.5]);
});

test('the same news of several calls counts once', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  const three = line.calls(3);
  for (const caller of three) {
    caller.lease?.release({ news: { limitRequests: 10, remainingRequests: 5, resetRequestsMs: 30 * SECOND } });
  }
  expect(await line.times(6)).toEqual([0, 0, 0, 0, 0, 31]);
});

test('calls that arrived in another order than they were sent are not taken for those of others', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  const five = line.calls(5);
  // The first that was sent arrived last: the provider has counted all five by then.
  five[0]?.lease?.release({ news: { limitRequests: 10, remainingRequests: 5 } });
  expect(await line.times(5)).toEqual([0, 0, 0, 0, 0]);
});

test('news that is nonsense changes nothing', async () => {
  const line = lineFor({ requestsPerMinute: 5 });
  for (const limitRequests of [0, -3, Number.NaN, Number.POSITIVE_INFINITY]) {
    line.ended({ news: { limitRequests, remainingRequests: -1, resetRequestsMs: -1 } });
  }
  expect(await line.times(2)).toEqual([0, 61]);
});

test('tokens are learnt in the same way', async () => {
  const line = lineFor();
  line.ended({ news: { limitTokens: 1_000, remainingTokens: 400 } });
  const [small, large] = [line.call('small', { tokens: 300 }), line.call('large', { tokens: 300 })];
  await line.clock.untilIdle();
  expect([small.at, large.at]).toEqual([0, 61 * SECOND]);
});

test('after a 429 that says that the minute is used up, what follows goes evenly, at no fewer at a time', async () => {
  const line = lineFor({ maxConcurrency: 16, requestsPerMinute: 6 });
  const six = line.calls(6);
  six[5]?.lease?.release({ limited: true, news: { limitRequests: 6, remainingRequests: 0 } });
  for (const caller of six.slice(0, 5)) caller.lease?.release({ failed: true });
  expect(line.lane.state.allowed).toBe(16);
  expect(await line.times(4)).toEqual([61, 70.9, 81.1, 91.3]);
});

test('after a 429 that nothing explains less than declared is tried, and slowly more again', async () => {
  const line = lineFor({ requestsPerMinute: 20 });
  line.ended({ limited: true, retryAfterMs: SECOND });
  // Evenly, 18 a minute, then 19, then 20: the pace of what was declared.
  const at = await line.times(61);
  const minutes = [1, 62, 123, 184].map((from) => at.filter((time) => time >= from && time < from + 61).length);
  expect(minutes.slice(0, 3)).toEqual([18, 19, 20]);
});

test('after two silent minutes calls may go at once again', async () => {
  const line = lineFor({ requestsPerMinute: 3 });
  line.ended({ limited: true, news: { remainingRequests: 0, resetRequestsMs: 0 } });
  await line.clock.advance(200 * SECOND);
  expect(await line.times(3)).toEqual([200, 200, 200]);
});

test('429 to the only call under way, without a word: ever longer pauses, then the count of what went through', async () => {
  const line = lineFor();
  for (let n = 0; n < 4; n += 1) line.ended({});
  const refused: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    const caller = line.call('refused');
    await line.clock.untilIdle();
    refused.push((caller.at ?? 0) / SECOND);
    caller.lease?.release({ limited: true });
  }
  expect(refused).toEqual([0, 1, 3]);
  // Four went through in the minute, so four a minute it is, evenly; one more once that went well.
  expect(await line.times(4)).toEqual([61, 76.3, 91.5, 106.8]);
});

test('one 429 among calls that go well makes nobody wait', async () => {
  const line = lineFor();
  for (let n = 0; n < 20; n += 1) line.ended({});
  const two = line.calls(2);
  two[0]?.lease?.release({ limited: true });
  two[1]?.lease?.release({});
  expect(await line.times(1)).toEqual([0]);
});
