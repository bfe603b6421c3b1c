import { expect, test } from 'vitest';
import { lineFor } from './line.ts';

const SECOND = 1_000;

test('what others use is counted anew once it was reset', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  line.ended({ news: { remainingRequests: 4, resetRequestsMs: 30 * SECOND } });
  await line.clock.advance(200 * SECOND);
  // Fewer than the five of before, and meant all the same: three are others'.
  line.ended({ news: { remainingRequests: 6, resetRequestsMs: 30 * SECOND } });
  expect(await line.times(7)).toEqual([200, 200, 200, 200, 200, 200, 231]);
});

test('until the reset the most that others were seen to use counts, and no longer when that is heard again', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  line.ended({ news: { remainingRequests: 3, resetRequestsMs: 30 * SECOND } });
  await line.clock.advance(10 * SECOND);
  // Six are others': what is left with two of ours beside them, then with three; nobody else has called.
  line.ended({ news: { remainingRequests: 2, resetRequestsMs: 50 * SECOND } });
  line.ended({ news: { remainingRequests: 5, resetRequestsMs: 50 * SECOND } });
  expect(await line.times(2)).toEqual([10, 31]);
});

test('what we sent ourselves, earlier in the minute, is not taken for what others use', async () => {
  const line = lineFor({ requestsPerMinute: 10 });
  for (let n = 0; n < 3; n += 1) {
    line.ended({ news: { remainingRequests: 9 - n, resetRequestsMs: 30 * SECOND } });
    await line.clock.advance(10 * SECOND);
  }
  expect(await line.times(7)).toEqual([30, 30, 30, 30, 30, 30, 30]);
});

test('what others leave of the limit may be used, also before their count is reset', async () => {
  const line = lineFor({ requestsPerMinute: 2 });
  const long = line.call('long');
  await line.clock.advance(30 * SECOND);
  // One of the two is another's until 91 s; the other one is ours, and free when our first call is a minute old.
  long.lease?.release({ news: { remainingRequests: 0, resetRequestsMs: 60 * SECOND } });
  expect(await line.times(1)).toEqual([61]);
});

test('what does not fit beside what others use waits for their reset', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  line.ended({ tokens: 100, news: { remainingTokens: 200, resetTokensMs: 70 * SECOND } }, { tokens: 100 });
  // Seven hundred are others'.
  expect(await line.times(1, { tokens: 400 })).toEqual([61]);
  const short = lineFor({ tokensPerMinute: 1_000 });
  short.ended({ tokens: 100, news: { remainingTokens: 200, resetTokensMs: 20 * SECOND } }, { tokens: 100 });
  expect(await short.times(1, { tokens: 400 })).toEqual([21]);
  const late = lineFor({ tokensPerMinute: 1_000 });
  const long = late.call('long', { tokens: 100 });
  await late.clock.advance(30 * SECOND);
  long.lease?.release({ tokens: 100, news: { remainingTokens: 200, resetTokensMs: 60 * SECOND } });
  // Our own has left the minute by then.
  await late.clock.advance(40 * SECOND);
  expect(await late.times(1, { tokens: 400 })).toEqual([91]);
});

test('a call that took longer than a minute tells nothing of others, and its limit still holds', async () => {
  const line = lineFor({ requestsPerMinute: 2 });
  const long = line.call('long');
  await line.clock.advance(100 * SECOND);
  long.lease?.release({ news: { limitRequests: 2, remainingRequests: 1 } });
  expect(await line.times(3)).toEqual([100, 100, 161]);
});

test('a provider that names the limit it always had does not undo what a 429 has taught', async () => {
  const line = lineFor({ requestsPerMinute: 20 });
  line.ended({ limited: true, retryAfterMs: 0 });
  line.ended({ news: { limitRequests: 20 } });
  const at = await line.times(21);
  // Eighteen in the first minute.
  expect(at.filter((time) => time < 61)).toHaveLength(18 - 2);
});

test('a limit that falls below what a 429 has taught is kept to at once', async () => {
  const line = lineFor({ requestsPerMinute: 20 });
  line.ended({ limited: true, retryAfterMs: 0 });
  line.ended({ news: { limitRequests: 5 } });
  const at = await line.times(8);
  expect(at.filter((time) => time < 61)).toHaveLength(5 - 2);
});

test('a limit of a single request is one', async () => {
  const line = lineFor();
  line.ended({ news: { limitRequests: 1 } });
  expect(await line.times(1)).toEqual([61]);
});

test('more left than the limit, or less than nothing, says nothing of what was used', async () => {
  for (const remainingRequests of [-1, Number.NaN, 50]) {
    const line = lineFor();
    line.ended({ news: { limitRequests: 3, remainingRequests } });
    expect(await line.times(3)).toEqual([0, 0, 61]);
  }
});

test('a limit that is no number limits nothing: nobody need say any more when a call goes out', () => {
  const line = lineFor();
  for (const limitRequests of [0, Number.NaN, Number.POSITIVE_INFINITY]) line.ended({ news: { limitRequests } });
  const { lease } = line.call('next');
  expect(lease).toBeDefined();
  expect(lease?.goesOut).toBeUndefined();
});

test.each([
  { resetRequestsMs: 0, free: 1 },
  { resetRequestsMs: 5 * SECOND, free: 6 },
  { resetRequestsMs: -1, free: 61 },
  { resetRequestsMs: Number.NaN, free: 61 },
])(
  'nothing is left, and the count is reset in $resetRequestsMs ms: the next goes at $free s',
  async ({ resetRequestsMs, free }) => {
    const line = lineFor({ requestsPerMinute: 5 });
    line.ended({ news: { remainingRequests: 0, resetRequestsMs } });
    expect(await line.times(1)).toEqual([free]);
  },
);

test('nothing is left, and nobody says until when: a minute is waited', async () => {
  const line = lineFor({ requestsPerMinute: 5 });
  line.ended({ news: { remainingRequests: 0 } });
  expect(await line.times(1)).toEqual([61]);
});

test('of a limit that nobody names, only one that is used up until a known time is waited for', async () => {
  for (const news of [{ remainingRequests: 0 }, { remainingRequests: 5, resetRequestsMs: 20_000 }]) {
    const line = lineFor();
    line.ended({ news });
    expect(await line.times(1)).toEqual([0]);
  }
});

test('a limit that is heard of after a minute begins with what the provider counts and what may be on its way', async () => {
  const line = lineFor();
  await line.clock.advance(100 * SECOND);
  const three = line.calls(3);
  three[0]?.lease?.release({ news: { limitRequests: 10, remainingRequests: 7 } });
  // Three have arrived, and of the two others nobody knows whether they are among them.
  expect(await line.times(6)).toEqual([100, 100, 100, 100, 100, 161]);
});

test('a limit of tokens that the provider lowers counts', async () => {
  const line = lineFor({ tokensPerMinute: 1_000 });
  line.ended({ tokens: 100, news: { limitTokens: 300, remainingTokens: 200 } }, { tokens: 100 });
  expect(await line.times(3, { tokens: 100 })).toEqual([0, 0, 61]);
});

test('a call that went out before its tokens were counted changes nothing of the count when it ends', async () => {
  const line = lineFor();
  const [first, second] = line.calls(2);
  first?.lease?.release({ news: { limitTokens: 1_000, remainingTokens: 400, resetTokensMs: 61 * SECOND } });
  second?.lease?.release({ tokens: 900, news: { limitTokens: 1_000, remainingTokens: 400 } });
  expect(await line.times(2, { tokens: 300 })).toEqual([0, 61]);
});
