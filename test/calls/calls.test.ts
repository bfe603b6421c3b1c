import { Crew, inMemory, type Model, ModelError, Task } from 'crewline';
import { fakeClock, respondInOrder, scriptedModel } from 'crewline/testing';
import { expect, test, vi } from 'vitest';
import { agent } from '../serve.ts';
import { attemptsOf, oneCall, site, typesOf, warmUp } from './one-call.ts';

const hand = (generate: Model['generate'], rest: Partial<Model> = {}): Model => ({
  name: 'by-hand',
  ...rest,
  generate,
});
const END = { type: 'end', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } } as const;

test('F06: the pieces told of an attempt that died are marked as void, and the next attempt tells its own', async () => {
  const { clock, model } = await site(
    respondInOrder([
      { cut: 'answer', afterBytes: 600 },
      { text: 'All is well.', chunks: 2 },
    ]),
  );
  const { events, text } = await oneCall(clock, model, { stream: true });
  expect(text).toBe('All is well.');
  const deltas = events.flatMap((event) => (event.type === 'model.delta' ? [[event.attempt, event.text]] : []));
  expect(deltas.filter(([attempt]) => attempt === 1)).not.toEqual([]);
  expect(
    deltas
      .filter(([attempt]) => attempt === 2)
      .map(([, piece]) => piece)
      .join(''),
  ).toBe('All is well.');
  expect(events.filter(({ type }) => type === 'model.superseded')).toMatchObject([{ attempt: 1, model: 'm' }]);
  expect(typesOf(events).filter((type) => type !== 'model.delta')).toEqual([
    'model.start',
    'model.end',
    'model.superseded',
    'model.retry',
    'model.start',
    'model.end',
  ]);
});

test('F01: a wish of the server is waited for, and told', async () => {
  const { clock, model } = await site(respondInOrder([{ status: 429, headers: { 'retry-after': '30' } }, 'ok']));
  const { events, error, tookMs } = await oneCall(clock, model);
  expect(error).toBeNull();
  const [retry] = events.flatMap((event) => (event.type === 'model.retry' ? [event] : []));
  expect(retry).toMatchObject({ attempt: 1, error: { code: 'RATE_LIMITED' } });
  expect(retry?.delayMs).toBeGreaterThanOrEqual(30_000);
  expect(retry?.delayMs).toBeLessThanOrEqual(33_000);
  expect(tookMs).toBeGreaterThanOrEqual(30_000);
});

test('F01: a wish beyond the time of the task pauses, with the time it may be over', async () => {
  const { clock, server, model } = await site({ status: 429, headers: { 'retry-after': '7200' } });
  const { error } = await oneCall(clock, model);
  expect(error).toMatchObject({ code: 'PROVIDER_WAIT', until: clock.now() + 7_200_000 });
  expect(error?.message).toContain('7200 s');
  expect(server.requests).toHaveLength(1);
});

test('F03: an empty account ends those who wait and all later calls of the run, and is asked once', async () => {
  const broke = { status: 429, error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } };
  const { clock, server, model } = await site(broke, { maxConcurrency: 1 });
  const worker = agent('Worker', { model });
  const names = ['a', 'b', 'c', 'd'] as const;
  const tasks = names.map((name) => new Task({ name, description: 'Go.', expectedOutput: 'e', agent: worker }));
  const crew = new Crew({
    name: 'broke',
    agents: [worker],
    tasks,
    process: 'parallel',
    engine: inMemory({ runtime: clock }),
  });
  const run = crew.start({ settle: true });
  const result = await clock.until(run.result);
  expect(server.requests).toHaveLength(1);
  const codes = Object.values(result.tasks).map((task) => task?.error?.code);
  expect(codes.filter((code) => code === 'QUOTA_EXHAUSTED').length).toBeGreaterThan(0);
  expect(result.usage.modelCalls).toBe(1);
});

test('F07: comments and white space keep no call alive, and pieces of a tool call do', async () => {
  const piece = (text: string) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta: { tool_calls: [{ index: 0, id: 'a', function: { name: 'x', arguments: text } }] } }] })}\n\n`;
  const slow = {
    raw: [
      piece('{"a"'),
      piece(':"'),
      ...new Array<string>(8).fill(piece('z')),
      piece('"}'),
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
      'data: [DONE]\n\n',
    ],
    delayBetweenMs: 400,
  };
  await warmUp();
  const { clock, server, model } = await site(respondInOrder([slow, 'ok']), {
    patienceMs: 500,
    timeouts: { firstByteMs: 1_000, idleMs: 500, totalMs: 60_000 },
  });
  const { error, text } = await oneCall(clock, model, { stream: true });
  expect(error).toBeNull();
  expect(text).toBe('ok');
  expect(server.requests).toHaveLength(2);
  const comments = { raw: ': wait\n\n', repeat: Number.POSITIVE_INFINITY, delayBetweenMs: 100 };
  // It ends the same whether the head has come over the network by then or not.
  const dead = await site(comments, { retries: 0, timeouts: { firstByteMs: 1_000 }, patienceMs: 100 });
  const ended = await oneCall(dead.clock, dead.model, { stream: true });
  expect(ended.error).toMatchObject({ code: 'TIMEOUT' });
  expect(ended.error?.message).toContain('firstByteMs');
  expect(ended.tookMs).toBe(1_000);
});

test.each([
  [
    'sends nothing',
    async function* () {
      await new Promise(() => {});
      yield END;
    },
    1_000,
    'firstByteMs',
  ],
  [
    'stops in the middle',
    async function* () {
      yield { type: 'text', text: 'Half' } as const;
      await new Promise(() => {});
    },
    500,
    'idleMs',
  ],
] as const)('F07: a model that %s and ignores its signal is left behind in time', async (_, generate, ms, says) => {
  const clock = fakeClock({ patienceMs: 20 });
  const model = hand(generate, { retries: 0, timeouts: { firstByteMs: 1_000, idleMs: 500, totalMs: 3_000 } });
  const { error, tookMs, usage } = await oneCall(clock, model, { stream: true });
  expect(error).toMatchObject({ code: 'TIMEOUT' });
  expect(error?.message).toContain(says);
  expect(tookMs).toBe(ms);
  expect(usage.modelCalls).toBe(1);
  expect([clock.scheduled, clock.bounds]).toEqual([0, 0]);
});

test('what a model that was left behind still says is dropped', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let calls = 0;
  const model = hand(
    async function* () {
      calls += 1;
      if (calls === 1) await clock.sleep(20_000);
      yield { type: 'text', text: `answer ${calls}` };
      if (calls === 1) await clock.sleep(50_000);
      yield END;
    },
    { timeouts: { totalMs: 1_000 } },
  );
  const { text, events } = await oneCall(clock, model);
  expect(text).toBe('answer 2');
  await clock.untilIdle();
  expect(attemptsOf(events)).toEqual([1, 2]);
});

test('F37: a wall clock that jumps changes no timeout and no delay', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let jumps = 0;
  const runtime = { ...clockParts(clock), now: () => clock.now() + (jumps++ % 2 === 0 ? 1 : -1) * 86_400_000 };
  const model = hand(
    async function* () {
      await new Promise(() => {});
      yield END;
    },
    { retries: 1, timeouts: { totalMs: 1_000 } },
  );
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', expectedOutput: 'e', agent: worker });
  const crew = new Crew({ name: 'jumps', agents: [worker], tasks: [only], engine: inMemory({ runtime }) });
  const { tasks } = await clock.until(crew.kickoff({ settle: true }));
  expect(tasks.only.error).toMatchObject({ code: 'TIMEOUT' });
  expect(tasks.only.durationMs).toBeGreaterThanOrEqual(2_000);
  expect(tasks.only.durationMs).toBeLessThanOrEqual(2_500);
});

/** The parts of a clock, each bound to it. */
function clockParts(clock: ReturnType<typeof fakeClock>) {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    random: () => clock.random(),
    uuid: () => clock.uuid(),
    timer: (ms: number, fn: () => void, kind?: 'bound') => clock.timer(ms, fn, kind),
  };
}

test('a cancelled run makes no further attempt, and ends a wait between two at once', async () => {
  const { clock, server, model } = await site({ status: 503, headers: { 'retry-after': '600' } });
  const { error, tookMs } = await oneCall(clock, model, {
    cancel: (cancel) => void clock.timer(1_000, cancel),
  });
  expect(error?.code).toBe('CANCELLED');
  expect(tookMs).toBe(1_000);
  expect(server.requests).toHaveLength(1);
  expect(clock.scheduled).toBe(0);
});

test('an attempt under way when the run is cancelled is aborted, counted once, and leaves no socket', async () => {
  const { clock, server, model } = await site({ hang: true });
  const { error, usage, events } = await oneCall(clock, model, {
    cancel: (cancel) => void vi.waitUntil(() => server.concurrency === 1, { timeout: 10_000 }).then(cancel),
  });
  expect(error?.code).toBe('CANCELLED');
  expect(usage.modelCalls).toBe(1);
  expect(attemptsOf(events)).toEqual([1]);
  await vi.waitUntil(() => server.sockets === 0, { timeout: 10_000 });
  await clock.advance(0);
  expect([clock.scheduled, clock.bounds]).toEqual([0, 0]);
});

test('lost attempts are counted with an estimate, an attempt that was refused with nothing', async () => {
  const { clock, model } = await site(respondInOrder([{ cut: 'answer', afterBytes: 60 }, { status: 503 }, 'ok']));
  const { events } = await oneCall(clock, model);
  const ends = events.flatMap((event) => (event.type === 'model.end' ? [event.usage] : []));
  expect(ends[0]).toMatchObject({ modelCalls: 1, estimatedCalls: 1 });
  expect(ends[0]?.inputTokens).toBeGreaterThan(10);
  expect(ends[1]).toMatchObject({ modelCalls: 1, inputTokens: 0, estimatedCalls: 0 });
  expect(ends[2]).toMatchObject({ modelCalls: 1, estimatedCalls: 0 });
});

test('F11: an answer cut at its limit is gone on with once, and both calls are counted', async () => {
  const { clock, server, model } = await site(
    respondInOrder([{ text: 'The first half, ', finishReason: 'length' }, 'the second half.']),
  );
  const { text, usage } = await oneCall(clock, model);
  expect(text).toBe('The first half, the second half.');
  expect(usage.modelCalls).toBe(2);
  expect(server.requests[1]?.body).toMatchObject({
    messages: [{}, {}, { role: 'assistant', content: 'The first half, ' }, { role: 'user' }],
  });
});

test('F11: an answer cut twice is an error with all of its text', async () => {
  const { clock, server, model } = await site({ text: 'and on ', finishReason: 'length' });
  const { error } = await oneCall(clock, model);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'OUTPUT_TRUNCATED', text: 'and on and on ' });
  expect(server.requests).toHaveLength(2);
});

test.each(['filter', 'refusal'] as const)(
  'F12: %s is never tried again, and its text is kept',
  async (finishReason) => {
    const model = scriptedModel([{ text: 'I would rather not.', finishReason }]);
    const { error } = await oneCall(fakeClock(), model);
    expect(error).toMatchObject({
      code: finishReason === 'filter' ? 'CONTENT_FILTERED' : 'REFUSED',
      text: 'I would rather not.',
    });
    expect(model.calls).toHaveLength(1);
  },
);

test('what a model of one’s own throws is tried again only where it says that it passes', async () => {
  let calls = 0;
  const model = hand(async function* () {
    calls += 1;
    if (calls < 3) throw Object.assign(new Error('busy'), { retryable: true });
    yield { type: 'text', text: 'ok' };
    yield END;
  });
  expect((await oneCall(fakeClock(), model)).text).toBe('ok');
  expect(calls).toBe(3);
});
