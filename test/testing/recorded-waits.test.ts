import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crew, fallback, inMemory, type Model, ModelError, type ModelPart, Task } from 'crewline';
import { fakeClock, recordedModel } from 'crewline/testing';
import { afterAll, expect, test } from 'vitest';
import { agent } from '../serve.ts';

const folder = mkdtempSync(join(tmpdir(), 'crewline-recorded-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const limited = (retryAfterMs?: number) =>
  new ModelError('RATE_LIMITED', 'Later.', { retryable: true, retryAfterMs, status: 429 });
const answer: readonly ModelPart[] = [
  { type: 'text', text: 'ok' },
  { type: 'end', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 } },
];
/** Breaks off in the middle. */
const cut: readonly ModelPart[] = [{ type: 'text', text: 'o' }];

type Said = Error | readonly ModelPart[];

function saying(name: string, said: readonly Said[]): Model {
  let calls = 0;
  return {
    name,
    async *generate() {
      const now = said[Math.min(calls, said.length - 1)] ?? answer;
      calls += 1;
      if (now instanceof Error) throw now;
      yield* now;
    },
  };
}

async function work(model: Model, timeoutMs?: number) {
  const clock = fakeClock({ patienceMs: 10_000 });
  const worker = agent('Worker', { model });
  const about = {
    description: 'Go.',
    expectedOutput: 'e',
    agent: worker,
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
  const tasks = ['one', 'two', 'three'].map((name) => new Task({ name, onFailure: 'skipDependents', ...about }));
  const crew = new Crew({
    name: 'c',
    agents: [worker],
    tasks,
    process: 'parallel',
    maxConcurrency: 1,
    engine: inMemory({ runtime: clock }),
  });
  const run = crew.start({ settle: true });
  const delays: number[] = [];
  run.on('model.retry', ({ delayMs }) => delays.push(delayMs));
  run.on('limit.wait', () => delays.push(Number.NaN));
  const { status, error, tasks: done, usage } = await clock.until(run.result);
  const ends = Object.values(done).map(({ raw, error: failed }) => (failed === null ? raw : failed.code));
  return {
    ended: { status, code: error?.code, ends },
    tookMs: clock.monotonic(),
    delays,
    modelCalls: usage.modelCalls,
  };
}

test.each<[string, readonly Said[], number]>([
  ['what was limited for a while', [limited(3_000), answer, limited(20_000), answer], 20_000],
  ['what was limited, and nobody said for how long', [limited(), limited(), limited(), answer], 1_000],
  ['an answer that broke off', [cut, cut, answer], 1],
])('a replay does not wait: %s', async (about, said, atLeast) => {
  const file = join(folder, `${about}.json`);
  const recording = recordedModel(file, { mode: 'record', model: saying('m', said) });
  const recorded = await work(recording);
  await recording.saved();
  expect(recorded.tookMs).toBeGreaterThanOrEqual(atLeast);
  for (const mode of ['replay', 'auto'] as const) {
    const replay = recordedModel(file, { mode, model: saying('m', [new Error('it asked')]) });
    const replayed = await work(replay);
    expect(replayed.ended).toEqual(recorded.ended);
    expect([replayed.tookMs, replayed.delays.filter((ms) => ms !== 0), replay.unused]).toEqual([0, [], []]);
  }
});

test('a replay ends as the run did that was told to wait for longer than it had time', async () => {
  const file = join(folder, 'too-long.json');
  const recording = recordedModel(file, { mode: 'record', model: saying('m', [answer, limited(7_200_000)]) });
  const recorded = await work(recording, 60_000);
  await recording.saved();
  expect(recorded.ended).toMatchObject({ status: 'paused', code: 'PROVIDER_WAIT' });
  const replayed = await work(recordedModel(file, { mode: 'replay' }), 60_000);
  expect(replayed.ended).toEqual(recorded.ended);
});

test('a replay of a fallback has each call answered by whoever answered it, whatever was paused', async () => {
  const file = join(folder, 'fallback.json');
  const made = () => fallback([saying('a', [limited(600_000)]), saying('b', [answer])]);
  const recording = recordedModel(file, { mode: 'record', model: made() });
  const recorded = await work(recording);
  await recording.saved();
  const replay = recordedModel(file, { mode: 'replay', model: made() });
  const replayed = await work(replay);
  expect(replayed.ended).toEqual(recorded.ended);
  expect([replayed.tookMs, replay.unused]).toEqual([0, []]);
  // Who had no answer recorded was not asked: that is no call.
  expect(replayed.modelCalls).toBe(recorded.modelCalls);
});
