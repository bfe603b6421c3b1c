import { describe, expect, test } from 'vitest';
import { Lane } from '../../src/calls/lane.ts';
import type { LimitOutcome, ModelLimits } from '../../src/spec/limits.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { RateServer, type RateServerOptions, type Verdict } from './rate-server.ts';

const CALLS = 200;
const ATTEMPTS = 7;
const PER_MINUTE = 60;
const MINUTE = 60_000;

interface Outcome {
  readonly failed: number;
  /** Of all requests, how many were answered 429. */
  readonly refused: number;
  /** Accepted a minute, of what was allowed. */
  readonly pace: number;
  readonly lane: Lane;
}

/** 200 calls at once, each tried again as the call layer does; they take 20 to 320 ms to arrive. */
async function play(
  limits: ModelLimits,
  options: Partial<RateServerOptions>,
  { latencyMs, calls = CALLS }: { readonly latencyMs: number; readonly calls?: number },
): Promise<Outcome> {
  const clock = fakeClock();
  const lane = new Lane(clock, limits);
  const server = new RateServer({ perMinute: PER_MINUTE, ...options });
  const { signal } = new AbortController();
  let failed = 0;
  const call = async () => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const lease = await lane.acquire({ tokens: 100, priority: () => 0, signal: () => signal, onWait: () => {} });
      lease.goesOut?.();
      await clock.sleep(20 + clock.random() * 300);
      const verdict = server.ask(clock.monotonic());
      if (verdict.ok) await clock.sleep(latencyMs * (0.5 + clock.random()));
      lease.release(outcomeOf(verdict));
      if (verdict.ok) return;
      const backoff = clock.random() * Math.min(30_000, 500 * 2 ** attempt);
      await clock.sleep(Math.max(backoff, (verdict.retryAfterMs ?? 0) * (1 + clock.random() * 0.1)));
    }
    failed += 1;
  };
  await clock.until(Promise.all(Array.from({ length: calls }, call)));
  expect(clock.scheduled).toBe(0);
  const minutes = (server.acceptedAt.at(-1) ?? 0) / MINUTE;
  return {
    failed,
    refused: server.refused / (server.refused + server.accepted),
    pace: server.accepted / minutes / (PER_MINUTE - (options.others ?? 0)),
    lane,
  };
}

function outcomeOf({ ok, news, retryAfterMs }: Verdict): LimitOutcome {
  return { limited: !ok, ...(news && { news }), ...(retryAfterMs !== undefined && { retryAfterMs }) };
}

const COUNTINGS = ['sliding', 'fixed', 'bucket'] as const;
const LATENCIES = [100, 2_000, 20_000];
const HINTS = [
  { headers: false, retryAfter: false },
  { headers: false, retryAfter: true },
  { headers: true, retryAfter: false },
  { headers: true, retryAfter: true },
];
const ALL = COUNTINGS.flatMap((counting) =>
  LATENCIES.flatMap((latencyMs) => HINTS.map((hints) => ({ counting, latencyMs, ...hints }))),
);

describe('200 calls, 60 a minute', () => {
  test.each(ALL)(
    'declared: none is refused, and the pace holds ($counting, $latencyMs ms, headers $headers, Retry-After $retryAfter)',
    async ({ latencyMs, ...server }) => {
      const { failed, refused, pace } = await play({ requestsPerMinute: PER_MINUTE }, server, { latencyMs });
      expect(failed).toBe(0);
      expect(refused).toBe(0);
      expect(pace).toBeGreaterThan(0.95);
    },
  );

  test.each(ALL.filter(({ headers }) => headers))(
    'told by headers only, 64 at a time: few are refused, and the pace holds ($counting, $latencyMs ms, Retry-After $retryAfter)',
    async ({ latencyMs, ...server }) => {
      const { failed, refused, pace } = await play({ maxConcurrency: 64 }, server, { latencyMs });
      expect(failed).toBe(0);
      expect(refused).toBeLessThanOrEqual(0.03);
      expect(pace).toBeGreaterThan(0.95);
    },
  );

  test.each(ALL.filter(({ headers }) => !headers))(
    'neither declared nor told: nobody fails for it ($counting, $latencyMs ms, Retry-After $retryAfter)',
    async ({ latencyMs, ...server }) => {
      for (const limits of [{}, { maxConcurrency: 64 }, { maxConcurrency: 64, requestsPerMinute: 1.5 * PER_MINUTE }]) {
        expect((await play(limits, server, { latencyMs })).failed).toBe(0);
      }
    },
  );
});

test.each(COUNTINGS)(
  'what others use of the account is seen in the headers, and left to them (%s)',
  async (counting) => {
    const server = { counting, headers: true, others: 20 };
    const { failed, refused, pace } = await play({ requestsPerMinute: PER_MINUTE }, server, { latencyMs: 2_000 });
    expect(failed).toBe(0);
    expect(refused).toBeLessThan(0.05);
    expect(pace).toBeGreaterThan(0.95);
  },
);

test('over an hour the pace stays above 95 % of what is allowed, and less than 1 % is refused', async () => {
  const { refused, pace } = await play({ maxConcurrency: 64 }, { headers: true }, { latencyMs: 2_000, calls: 3_600 });
  expect(refused).toBeLessThan(0.01);
  expect(pace).toBeGreaterThan(0.95);
});

test('a limit that nobody declares or tells is learnt, and more is tried as long as it goes well', async () => {
  const server = { counting: 'sliding', retryAfter: false } as const;
  const { failed, refused, pace } = await play({ maxConcurrency: 64 }, server, { latencyMs: 1_000, calls: 1_000 });
  expect(failed).toBe(0);
  expect(refused).toBeLessThan(0.05);
  expect(pace).toBeGreaterThan(0.9);
});
