import { Crew, type CrewEvent, type Model, Task, tool } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, agentOf, bySubject, failure, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

test('with one model object shared by three agents every call is counted once: per task, agent, model and run', async () => {
  const prompt = { Ann: 100, Bob: 10, Eve: 1 };
  const { server, model } = await serve((request) => ({
    text: 'ok',
    usage: { prompt: Reflect.get(prompt, agentOf(request)), completion: 2, cached: 1, reasoning: 1 },
  }));
  const [ann, bob, eve] = [agent('Ann', { model }), agent('Bob', { model }), agent('Eve', { model })];
  const crew = new Crew({
    name: 'shared',
    agents: [ann, bob, eve],
    process: 'parallel',
    tasks: [
      new Task({ name: 'a1', description: 'a1', ...asked, agent: ann }),
      new Task({ name: 'a2', description: 'a2', ...asked, agent: ann }),
      new Task({ name: 'b', description: 'b', ...asked, agent: bob }),
      new Task({ name: 'e', description: 'e', ...asked, agent: eve, context: ['a1', 'a2', 'b'] }),
    ],
  });
  for (let kickoff = 1; kickoff <= 2; kickoff += 1) {
    const { usage, tasks } = await crew.kickoff();
    expect(server.requests).toHaveLength(4 * kickoff);
    const money = { estimatedCalls: 0, costUsd: null };
    const shares = { cachedInputTokens: 1, reasoningTokens: 1, outputTokens: 2, ...money };
    expect(usage).toEqual({
      inputTokens: 211,
      cachedInputTokens: 4,
      outputTokens: 8,
      reasoningTokens: 4,
      modelCalls: 4,
      ...money,
      byAgent: {
        Ann: { inputTokens: 200, cachedInputTokens: 2, outputTokens: 4, reasoningTokens: 2, modelCalls: 2, ...money },
        Bob: { inputTokens: 10, modelCalls: 1, ...shares },
        Eve: { inputTokens: 1, modelCalls: 1, ...shares },
      },
      byModel: {
        m: { inputTokens: 211, cachedInputTokens: 4, outputTokens: 8, reasoningTokens: 4, modelCalls: 4, ...money },
      },
    });
    expect(Object.values(tasks).map((task) => task.usage.inputTokens)).toEqual([100, 100, 10, 1]);
    expect(tasks.b.usage.byAgent).toEqual({ Bob: { inputTokens: 10, modelCalls: 1, ...shares } });
  }
});

test('models of different names are told apart, and turns with tools count each call', async () => {
  const big = await serve(
    ({ messages }) => (messages.length > 2 ? 'ok' : { toolCalls: [{ name: 'look', arguments: {} }] }),
    {
      model: 'big',
    },
  );
  const small = await serve('ok', { model: 'small' });
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const worker = agent('Worker', { model: big.model, tools: [look] });
  const other = agent('Other', { model: small.model });
  const crew = new Crew({
    name: 'two',
    agents: [worker, other],
    tasks: [
      new Task({ name: 'one', description: 'one', ...asked, agent: worker }),
      new Task({ name: 'two', description: 'two', ...asked, agent: other }),
      new Task({ name: 'code', execute: () => 1 }),
    ],
  });
  const { usage, tasks } = await crew.kickoff();
  expect(usage.byModel).toMatchObject({ big: { modelCalls: 2 }, small: { modelCalls: 1 } });
  expect(usage.modelCalls).toBe(3);
  expect(tasks.code.usage).toMatchObject({ modelCalls: 0, inputTokens: 0, byAgent: {}, byModel: {} });
  expect(usage.inputTokens).toBe(tasks.one.usage.inputTokens + tasks.two.usage.inputTokens);
});

test('what was spent before a failure is counted, and events tell the same sums as the result', async () => {
  const { model } = await serve(({ messages }) =>
    messages.length === 2
      ? { toolCalls: [{ name: 'look', arguments: {} }], usage: { prompt: 7, completion: 3 } }
      : { status: 400, error: { message: 'no more' } },
  );
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const worker = agent('Worker', { model, tools: [look] });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const run = new Crew({ name: 'spent', agents: [worker], tasks: [only] }).start();
  const ends: CrewEvent[] = [];
  run.on('task.end', (event) => ends.push(event));
  run.on('run.end', (event) => ends.push(event));
  const error = await failure(run.result);
  expect(error.partial?.usage).toMatchObject({ modelCalls: 2, inputTokens: 7, outputTokens: 3 });
  expect(ends.map((event) => Object(event).usage)).toEqual([error.partial?.usage, error.partial?.usage]);
});

/** The usage of a run of one task that fails, as its result and as the ends of its model calls tell it. */
async function spent(model: Model, begun?: (cancel: () => void) => void) {
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const run = new Crew({ name: 'spent', agents: [worker], tasks: [only] }).start({ settle: true });
  const told: (number | undefined)[] = [];
  run.on('model.end', ({ usage }) => told.push(usage?.modelCalls));
  begun?.(() => run.cancel());
  const { usage, tasks, status } = await run.result;
  expect(tasks.only.usage).toEqual(usage);
  return { status, usage, told };
}

test('a call that the server fails is a call, with no tokens', async () => {
  const { server, model } = await serve({ status: 500, error: { message: 'out of order' } }, { retries: 0 });
  const { status, usage, told } = await spent(model);
  expect(status).toBe('failed');
  expect(usage.modelCalls).toBe(server.requests.length);
  expect(usage).toMatchObject({ modelCalls: 1, inputTokens: 0, outputTokens: 0, byModel: { m: { modelCalls: 1 } } });
  expect(told).toEqual([1]);
});

test('a call that is aborted under way is a call', async () => {
  const met = bySubject({ 'Go.': { hang: true } });
  const { server, model } = await serve(met.respond);
  const { status, usage, told } = await spent(model, (cancel) => met.arrived('Go.').then(cancel));
  expect(status).toBe('cancelled');
  expect(usage.modelCalls).toBe(server.requests.length);
  expect([usage.modelCalls, told]).toEqual([1, [1]]);
});

test("a call that a user's model fails is a call", async () => {
  const { status, usage, told } = await spent({
    name: 'mine',
    // biome-ignore lint/correctness/useYield: it fails before it has anything to yield
    async *generate() {
      throw new Error('the server is down');
    },
  });
  expect(status).toBe('failed');
  expect(usage).toMatchObject({ modelCalls: 1, byAgent: { Worker: { modelCalls: 1 } } });
  expect(told).toEqual([1]);
});
