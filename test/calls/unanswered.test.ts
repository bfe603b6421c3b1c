import { CrewError, type Model, openai } from 'crewline';
import { fakeClock, modelServer, scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { Lane } from '../../src/calls/lane.ts';
import { laneOf } from '../../src/calls/lanes.ts';
import { type Ended, oneCall } from './one-call.ts';

const counted = ({ error, usage: { modelCalls, inputTokens, outputTokens, estimatedCalls } }: Ended) => [
  error?.code,
  { modelCalls, inputTokens, outputTokens, estimatedCalls },
];
const NOTHING = { modelCalls: 1, inputTokens: 0, outputTokens: 0, estimatedCalls: 0 };

test('a call whose connection was never opened used nothing', async () => {
  const server = await modelServer();
  await server.close();
  const model = openai({ baseURL: server.url, apiKey: 'sk-test-key-0123', model: 'm', retries: 0 });
  expect(counted(await oneCall(fakeClock({ patienceMs: 5_000 }), model))).toEqual(['PROVIDER_DOWN', NOTHING]);
});

test.each(['RECORDING_MISS', 'MODEL_MISSING'] as const)('a call that ended with %s was none', async (code) => {
  const model = scriptedModel([new CrewError(code, 'There is none.')]);
  expect(counted(await oneCall(fakeClock(), model))).toEqual([code, { ...NOTHING, modelCalls: 0 }]);
});

test('only answers widen the lane again: no fault of a server, no timeout and no cancelled call does', async () => {
  const clock = fakeClock({ patienceMs: 50 });
  let answers: (signal: AbortSignal) => Promise<unknown> = () => Promise.resolve();
  const model: Model = {
    name: 'm',
    limits: { maxConcurrency: 4 },
    retries: 0,
    timeouts: { totalMs: 1_000 },
    async *generate(_, { signal }) {
      await answers(signal);
      yield { type: 'text', text: 'Yes.' };
      yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
  const lane = laneOf({ name: 'm', limits: { maxConcurrency: 4 }, owner: model }, clock);
  if (!(lane instanceof Lane)) throw new Error('It is another limiter.');
  const request = { tokens: 1, priority: () => 0, signal: () => new AbortController().signal, onWait: () => {} };
  const leases = await Promise.all(Array.from({ length: 4 }, () => lane.acquire(request)));
  for (const lease of leases) lease.release({ limited: true });
  expect(lane.state).toEqual({ underWay: 0, allowed: 2, waiting: 0 });
  answers = () => Promise.reject(new Error('reset'));
  for (let call = 0; call < 4; call += 1) expect((await oneCall(clock, model)).error?.code).toBe('MODEL_FAILED');
  answers = (signal) => clock.sleep(5_000, signal);
  for (let call = 0; call < 4; call += 1) expect((await oneCall(clock, model)).error?.code).toBe('TIMEOUT');
  const cancel = (end: () => void) => void clock.timer(10, end);
  for (let call = 0; call < 4; call += 1)
    expect((await oneCall(clock, model, { cancel })).error?.code).toBe('CANCELLED');
  expect(lane.state).toEqual({ underWay: 0, allowed: 2, waiting: 0 });
  answers = () => Promise.resolve();
  for (let call = 0; call < 2; call += 1) expect((await oneCall(clock, model)).error).toBeNull();
  expect(lane.state.allowed).toBe(3);
});
