import { DefinitionError, fallback, hedged, type Model, ModelError, type ModelPart } from 'crewline';
import { fakeClock, respondInOrder, scriptedModel } from 'crewline/testing';
import { beforeAll, expect, test } from 'vitest';
import { attemptsOf, oneCall, site, typesOf, warmUp } from './one-call.ts';

beforeAll(warmUp);

const END = { type: 'end', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } } as const;
const failing = (name: string, code: ConstructorParameters<typeof ModelError>[0]) =>
  scriptedModel([new ModelError(code, `${name} says no`)], { name });

test.each(['AUTH', 'QUOTA_EXHAUSTED', 'PROVIDER_DOWN', 'REQUEST_REFUSED', 'CONTEXT_OVERFLOW', 'MODEL_FAILED'] as const)(
  'the next model is asked when one has failed for good with %s, and usage is counted under each',
  async (code) => {
    const second = scriptedModel(['from b'], { name: 'b' });
    const model = fallback([failing('a', code), second]);
    expect(model.name).toBe('a');
    const { text, events, error, byModel } = await oneCall(fakeClock(), model);
    expect([text, error]).toEqual(['from b', null]);
    expect(attemptsOf(events)).toEqual([1, 2]);
    expect(events.flatMap((event) => (event.type === 'model.start' ? [event.model] : []))).toEqual(['a', 'b']);
    expect(byModel).toMatchObject({ a: { modelCalls: 1 }, b: { modelCalls: 1, inputTokens: 10 } });
  },
);

test('a model that still has retries uses them before the next is asked', async () => {
  const down = await site({ status: 503 }, { retries: 2 });
  const { text, events } = await oneCall(down.clock, fallback([down.model, scriptedModel(['from b'], { name: 'b' })]));
  expect(text).toBe('from b');
  expect(down.server.requests).toHaveLength(3);
  expect(attemptsOf(events)).toEqual([1, 2, 3, 4]);
});

test('a wait that the provider asks for is not worth it while there is another model', async () => {
  const limited = await site({ status: 429, headers: { 'retry-after': '300' } });
  const b = scriptedModel(['from b'], { name: 'b' });
  const { text, tookMs } = await oneCall(limited.clock, fallback([limited.model, b]));
  expect([text, tookMs]).toEqual(['from b', 0]);
});

test.each(['filter', 'refusal'] as const)(
  'what one model withheld (%s) is not asked of another',
  async (finishReason) => {
    const b = scriptedModel(['from b'], { name: 'b' });
    const a = scriptedModel([{ text: 'No.', finishReason }], { name: 'a' });
    const { error } = await oneCall(fakeClock(), fallback([a, b]));
    expect(error?.code).toBe(finishReason === 'filter' ? 'CONTENT_FILTERED' : 'REFUSED');
    expect(b.calls).toHaveLength(0);
  },
);

test('where all fail, the error is that of the last', async () => {
  const { error } = await oneCall(fakeClock(), fallback([failing('a', 'AUTH'), failing('b', 'REQUEST_REFUSED')]));
  expect(error).toMatchObject({ code: 'REQUEST_REFUSED', message: 'b says no' });
});

test('a fallback takes schemas when all of its models do, and answers whoever knows no routes', async () => {
  const obeys = scriptedModel(['a'], { name: 'a', jsonSchema: true });
  const not = scriptedModel(['b'], { name: 'b' });
  expect(fallback([obeys, not]).jsonSchema).toBe(false);
  expect(fallback([obeys, obeys]).jsonSchema).toBe(true);
  const parts: ModelPart[] = [];
  const { signal } = new AbortController();
  const asked = { signal, runId: 'r', taskName: 't', agent: 'A', key: 'k' };
  const request = { messages: [{ role: 'user', content: 'Go.' } as const], stream: false };
  for await (const part of fallback([failing('x', 'AUTH'), not]).generate(request, asked)) parts.push(part);
  expect(parts[0]).toEqual({ type: 'text', text: 'b' });
});

test('options that make no sense are refused', () => {
  const one = scriptedModel(['a']);
  const untyped = (...given: readonly unknown[]) => Reflect.apply(fallback, undefined, given);
  for (const given of [undefined, [], [one], [one, 'gpt'], [one, {}]])
    expect(() => untyped(given)).toThrow(DefinitionError);
  for (const percentile of [0, 0.95, 100]) {
    expect(() => hedged(one, { percentile })).toThrow(
      `percentile must be a number from 1 to below 100 (95 for the 95th percentile), not ${percentile}.`,
    );
  }
  expect(() => hedged(fallback([one, one]))).toThrow('Hedge those');
});

/** A model whose nth call takes so many milliseconds of the clock; one that ignores its signal where told to. */
function timedModel(takesMs: (call: number) => number) {
  const clock = fakeClock({ patienceMs: 50 });
  const aborted: number[] = [];
  let calls = 0;
  const model: Model = {
    name: 'timed',
    timeouts: { totalMs: 1_000_000 },
    async *generate(_, { signal }) {
      calls += 1;
      const call = calls;
      signal.addEventListener('abort', () => aborted.push(call));
      await clock.sleep(takesMs(call), signal);
      yield { type: 'text', text: `answer ${call}` };
      yield END;
    },
  };
  return { clock, model, aborted };
}

test('once a call takes longer than most, a second is made; the first answer wins, the other is aborted and counted', async () => {
  const { clock, model, aborted } = timedModel((call) => (call === 21 ? 10_000 : 100));
  const quick = hedged(model, { percentile: 90 });
  for (let call = 1; call <= 20; call += 1) expect((await oneCall(clock, quick)).events).toHaveLength(2);
  const { text, events, usage, tookMs } = await oneCall(clock, quick);
  expect(text).toBe('answer 22');
  expect(tookMs).toBe(200);
  expect(attemptsOf(events)).toEqual([1, 2]);
  expect(usage.modelCalls).toBe(2);
  expect(aborted).toEqual([21]);
  const ends = events.flatMap((event) => (event.type === 'model.end' ? [[event.attempt, event.error?.code]] : []));
  expect(ends).toEqual([
    [2, undefined],
    [1, 'CANCELLED'],
  ]);
  expect(clock.scheduled).toBe(0);
  await clock.advance(0);
  expect(clock.bounds).toBe(0);
});

test('the first may still win, and a call that is as quick as most is made once', async () => {
  const { clock, model, aborted } = timedModel((call) => (call === 21 ? 150 : call === 22 ? 500 : 100));
  const quick = hedged(model);
  for (let call = 1; call <= 20; call += 1) await oneCall(clock, quick);
  const { text, events } = await oneCall(clock, quick);
  expect(text).toBe('answer 21');
  expect(attemptsOf(events)).toEqual([1, 2]);
  expect(aborted).toEqual([22]);
  expect(clock.scheduled).toBe(0);
});

test('a hedged call over HTTP leaves neither socket nor timer of its loser', async () => {
  let calls = 0;
  const { clock, server, model } = await site(
    () => {
      calls += 1;
      return calls === 21 ? { hang: true } : { text: 'ok', delayMs: 10 };
    },
    { patienceMs: 300 },
  );
  const quick = hedged(model);
  for (let call = 1; call <= 20; call += 1) await oneCall(clock, quick, { stream: true });
  const { text, events, usage } = await oneCall(clock, quick, { stream: true });
  expect(text).toBe('ok');
  expect(usage.modelCalls).toBe(attemptsOf(events).length);
  for (let turns = 0; turns < 2_000 && server.concurrency > 0; turns += 1)
    await new Promise((resolve) => setImmediate(resolve));
  expect(server.concurrency).toBe(0);
  await clock.advance(0);
  expect([clock.scheduled, clock.bounds]).toEqual([0, 0]);
});

test('where a second call would have to wait for its lane, none is made', async () => {
  const { clock, model } = timedModel((call) => (call === 21 ? 1_000 : 100));
  const narrow = hedged({ ...model, limits: { maxConcurrency: 1 } });
  for (let call = 1; call <= 20; call += 1) await oneCall(clock, narrow);
  const { text, events } = await oneCall(clock, narrow);
  expect(text).toBe('answer 21');
  expect(typesOf(events)).toEqual(['model.start', 'model.end']);
});

test('no second call is made once the run is cancelled, though the first ignores that', async () => {
  const clock = fakeClock({ patienceMs: 50 });
  let calls = 0;
  const model: Model = {
    name: 'deaf',
    async *generate() {
      calls += 1;
      await clock.sleep(calls > 20 ? 400 : 100);
      yield { type: 'text', text: 'At last.' };
      yield END;
    },
  };
  const quick = hedged(model);
  for (let call = 1; call <= 20; call += 1) await oneCall(clock, quick);
  const { events } = await oneCall(clock, quick, { cancel: (cancel) => void clock.timer(50, cancel) });
  expect([attemptsOf(events), calls]).toEqual([[1], 21]);
});

test('when both attempts of a hedged call fail, it is tried again as any other', async () => {
  const slow = respondInOrder([
    'ok',
    ...new Array<string>(19).fill('ok'),
    { status: 503, delayMs: 900 },
    { status: 503 },
    'at last',
  ]);
  const { clock, model } = await site(slow, { patienceMs: 300, timeouts: { totalMs: 100_000 } });
  const quick = hedged(model);
  for (let call = 1; call <= 20; call += 1) await oneCall(clock, quick);
  const { text, error } = await oneCall(clock, quick);
  expect([text, error]).toEqual(['at last', null]);
});
