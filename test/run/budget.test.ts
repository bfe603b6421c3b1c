import { Agent, BudgetError, Crew, DefinitionError, inMemory, type Model, Task, type TokenCount, tool } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import { failure } from '../serve.ts';
import '../warm-up.ts';

const words = { description: 'Do it.', expectedOutput: 'It.' } as const;

/** A model that says "ok" for so many tokens, and how often it was asked. */
function talker(usage: TokenCount | undefined, name = 'mine') {
  const talker = { calls: 0 };
  const model: Model = {
    name,
    async *generate() {
      talker.calls += 1;
      yield { type: 'text', text: 'ok' };
      yield { type: 'end', finishReason: 'stop', ...(usage && { usage }) };
    },
  };
  const agent = new Agent({ role: 'Ann', goal: 'g', backstory: 'b', model });
  return { talker, model, agent };
}

const FORTY: TokenCount = { inputTokens: 30, outputTokens: 10 };
const tasksOf = (agent: Agent, count: number) =>
  Array.from({ length: count }, (_, index) => new Task({ name: `t${index}`, ...words, agent }));
const some = { name: 'c', process: 'parallel' } as const;

test('tokens that are used up pause the run; what had finished is kept, and nothing more is called', async () => {
  const { talker: model, agent } = talker(FORTY);
  const crew = new Crew({ ...some, agents: [agent], tasks: tasksOf(agent, 6), budget: { tokens: 100 } });
  const run = crew.start();
  const warnings: object[] = [];
  run.on('budget.warning', ({ kind, used, limit }) => warnings.push({ kind, used, limit }));
  const error = await failure(run.result);
  expect(error).toBeInstanceOf(BudgetError);
  expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', scope: 'run', kind: 'tokens', used: 120, allowed: 100 });
  expect(error.message).toBe(
    'The run has used up its budget: 120 of 100 tokens are used. Raise budget.tokens of its crew, or give it less to do.',
  );
  expect(error.partial?.status).toBe('paused');
  expect(Object.values(error.partial?.tasks ?? {}).map((task) => task.status)).toEqual([
    'done',
    'done',
    'done',
    'cancelled',
    'cancelled',
    'cancelled',
  ]);
  expect(model.calls).toBe(3);
  expect(warnings).toEqual([{ kind: 'tokens', used: 80, limit: 100 }]);
});

test('a budget that is large enough changes nothing, and each run has its own', async () => {
  const { talker: model, agent } = talker(FORTY);
  const crew = new Crew({ ...some, agents: [agent], tasks: tasksOf(agent, 6), budget: { tokens: 240, modelCalls: 6 } });
  for (let kickoff = 1; kickoff <= 3; kickoff += 1) {
    expect((await crew.kickoff()).status).toBe('done');
    expect(model.calls).toBe(6 * kickoff);
  }
});

test('model calls are counted exactly, whatever runs side by side', async () => {
  const { talker: model, agent } = talker(FORTY);
  const crew = new Crew({ ...some, agents: [agent], tasks: tasksOf(agent, 50), budget: { modelCalls: 7 } });
  const { status, error, usage } = await crew.kickoff({ settle: true });
  expect([status, model.calls, usage.modelCalls]).toEqual(['paused', 7, 7]);
  expect(error?.message).toContain('of 7 model calls are used');
});

test('money is bounded at the prices given, and told: in all, by agent and by model', async () => {
  const { agent } = talker({ inputTokens: 1000, cachedInputTokens: 400, outputTokens: 100 });
  const prices = { mine: { input: 10, cachedInput: 1, output: 100 } };
  const crew = new Crew({ ...some, agents: [agent], tasks: tasksOf(agent, 9), budget: { costUsd: 0.05 }, prices });
  const { status, error, usage, tasks } = await crew.kickoff({ settle: true });
  expect(status).toBe('paused');
  expect(error).toMatchObject({ kind: 'costUsd', used: 0.0656, allowed: 0.05 });
  expect(error?.message).toContain('$0.0656 of $0.05 are used');
  expect(usage.costUsd).toBe(0.0656);
  expect([usage.byAgent['Ann']?.costUsd, usage.byModel['mine']?.costUsd]).toEqual([0.0656, 0.0656]);
  expect(tasks['t0']?.usage.costUsd).toBe(0.0164);
});

test('sums of money have no dust, and one call without a price makes the whole unknown', async () => {
  const dime = talker({ inputTokens: 100_000, outputTokens: 0 }, 'dime');
  const other = talker(FORTY, 'other');
  const bob = new Agent({ role: 'Bob', goal: 'g', backstory: 'b', model: other.model });
  const prices = { dime: { input: 1, output: 1 } };
  const tasks = tasksOf(dime.agent, 3);
  const known = await new Crew({ ...some, agents: [dime.agent], tasks, prices }).kickoff();
  expect(known.usage.costUsd).toBe(0.3);
  const last = new Task({ name: 'last', ...words, agent: bob });
  const all = {
    ...some,
    agents: [dime.agent, bob],
    tasks: [tasks[0] ?? last, tasks[1] ?? last, tasks[2] ?? last, last],
  };
  const mixed = await new Crew({ ...all, prices }).kickoff();
  expect(mixed.usage.costUsd).toBeNull();
  expect(mixed.usage.byModel).toMatchObject({ dime: { costUsd: 0.3 }, other: { costUsd: null } });
});

test('a call whose tokens nobody counted is estimated, and says so', async () => {
  const { agent } = talker(undefined);
  const prices = { mine: { input: 1, output: 1 } };
  const { usage } = await new Crew({ ...some, agents: [agent], tasks: tasksOf(agent, 2), prices }).kickoff();
  expect(usage).toMatchObject({ modelCalls: 2, estimatedCalls: 2, byModel: { mine: { estimatedCalls: 2 } } });
  expect(usage.costUsd).toBeGreaterThan(0);
});

test("a task's own budget fails that task only", async () => {
  const { agent, talker: model } = talker(FORTY);
  const look = tool({ name: 'look', description: 'Looks.', input: { type: 'object' }, execute: () => 'seen' });
  const curious: Model = {
    name: 'curious',
    async *generate() {
      yield { type: 'toolCall', id: '', name: 'look', arguments: `{"again":${Math.random()}}` };
      yield { type: 'end', finishReason: 'toolCalls', usage: FORTY };
    },
  };
  const eve = new Agent({ role: 'Eve', goal: 'g', backstory: 'b', model: curious, tools: [look] });
  const crew = new Crew({
    ...some,
    agents: [agent, eve],
    tasks: [
      new Task({ name: 'greedy', ...words, agent: eve, budget: { modelCalls: 3 }, onFailure: 'skipDependents' }),
      ...tasksOf(agent, 4),
    ],
  });
  const { status, tasks } = await crew.kickoff();
  expect(status).toBe('partial');
  expect(tasks.greedy).toMatchObject({ status: 'failed', usage: { modelCalls: 3 } });
  expect(tasks.greedy.error).toMatchObject({ code: 'BUDGET_EXCEEDED', scope: 'task', kind: 'modelCalls' });
  expect(tasks.greedy.error?.message).toContain('Task "greedy" has used up its budget: 3 of 3 model calls');
  expect(model.calls).toBe(4);
});

test('time that is used up aborts what is under way and pauses the run', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let aborted: unknown;
  const slow = new Task({
    name: 'slow',
    execute: ({ signal }) =>
      new Promise<string>((_, reject) => {
        signal.addEventListener('abort', () => {
          aborted = signal.reason;
          reject(new Error('stopped'));
        });
      }),
  });
  const quick = new Task({ name: 'quick', execute: async () => 'fine' });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ ...some, tasks: [quick, slow], budget: { wallMs: 1_000 }, engine });
  const run = crew.start({ settle: true });
  const warned: number[] = [];
  run.on('budget.warning', ({ used }) => warned.push(used));
  const { status, error, tasks } = await clock.until(run.result);
  expect(clock.monotonic()).toBe(1_000);
  expect(warned).toEqual([800]);
  expect(status).toBe('paused');
  expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', scope: 'run', kind: 'wallMs' });
  expect(aborted).toBeInstanceOf(BudgetError);
  expect(tasks).toMatchObject({ quick: { status: 'done' }, slow: { status: 'cancelled' } });
  expect(clock.scheduled).toBe(0);
});

test('time that a task has by itself fails that task, and no timer stays', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const forever = new Task({ name: 'forever', execute: () => new Promise<string>(() => {}), budget: { wallMs: 500 } });
  const crew = new Crew({ ...some, tasks: [forever], engine: inMemory({ runtime: clock }) });
  const error = await clock.until(failure(crew.kickoff()));
  expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', scope: 'task', kind: 'wallMs', taskName: 'forever' });
  expect(error.partial?.status).toBe('failed');
  expect(clock.monotonic()).toBe(500);
  expect(clock.scheduled).toBe(0);
});

test('a run that ends in time leaves no timer behind', async () => {
  const clock = fakeClock();
  const quick = new Task({ name: 'quick', execute: async () => 'fine', budget: { wallMs: 500 } });
  const engine = inMemory({ runtime: clock });
  await clock.until(new Crew({ ...some, tasks: [quick], budget: { wallMs: 9_000 }, engine }).kickoff());
  expect(clock.scheduled).toBe(0);
});

test('a budget in money needs the price of every model that it may have to pay', () => {
  const priced = talker(FORTY, 'gpt-5-mini');
  const first = talker(FORTY, 'first').model;
  const second = talker(FORTY, 'second').model;
  const route: Model = { ...first, name: 'either', route: { kind: 'fallback', models: [first, priced.model, second] } };
  const bob = new Agent({ role: 'Bob', goal: 'g', backstory: 'b', model: route });
  const crewOf = (options: object, taskOptions: object = {}) =>
    new Crew({
      ...some,
      agents: [priced.agent, bob],
      tasks: [
        new Task({ name: 'a', ...words, agent: priced.agent, ...taskOptions }),
        new Task({ name: 'b', ...words, agent: bob }),
      ],
      ...options,
    });
  const problems = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      if (error instanceof DefinitionError) return error.problems;
    }
    return [];
  };
  expect(problems(() => crewOf({ budget: { costUsd: 1 } }))).toEqual([
    {
      code: 'PRICE_UNKNOWN',
      place: 'crew "c", budget',
      message:
        'costUsd needs a price for every model, and there is none for "first", "second". Give it to the crew, in US dollars for a million tokens, such as prices: { "first": { input: 0.25, cachedInput: 0.025, output: 2 } }; or bound tokens instead.',
    },
  ]);
  const price = { input: 1, output: 1 };
  expect(problems(() => crewOf({ budget: { costUsd: 1 }, prices: { first: price, second: price } }))).toEqual([]);
  expect(problems(() => crewOf({}, { budget: { costUsd: 1 } }))).toEqual([]);
  expect(problems(() => crewOf({ budget: { tokens: 1 } }))).toEqual([]);
});

test.each([
  [{}, 'bounds nothing'],
  [{ tokens: 0 }, 'tokens must be a whole number, at least 1, not 0.'],
  [{ costUsd: -1 }, 'costUsd must be a number above 0, not -1.'],
  [{ wallMs: Number.NaN }, 'wallMs must be a number above 0, not NaN.'],
  [{ dollars: 1 }, 'there is no option "dollars"'],
  ['much', 'budget must be an object, not "much".'],
])('the budget %j is refused when the crew, or the task, is made', (budget, message) => {
  const options: object = { budget };
  const task = new Task({ name: 't', execute: () => 1 });
  expect(() => new Crew({ ...some, tasks: [task], ...options })).toThrow(message);
  expect(() => new Task({ name: 't', execute: () => 1, ...options })).toThrow(message);
});

test.each([
  [{ mine: {} }, 'crew "c", prices of "mine": input is missing.'],
  [{ mine: { input: -1, output: 1 } }, 'input must be US dollars for a million tokens, at least 0, not -1.'],
  [{ mine: { input: 1, output: 1, long: { above: 1 } } }, 'crew "c", prices of "mine", long: input is missing.'],
  [{ mine: 3 }, 'needs an object of options, not 3.'],
])('the prices %j are refused', (prices, message) => {
  const options: object = { prices };
  expect(() => new Crew({ ...some, tasks: [new Task({ name: 't', execute: () => 1 })], ...options })).toThrow(message);
});

test('a task done by code calls no model: only its time can be bounded', () => {
  for (const budget of [{ tokens: 5 }, { modelCalls: 5 }, { costUsd: 5 }]) {
    expect(() => new Task({ name: 't', execute: () => 1, budget })).toThrow(
      expect.objectContaining({ code: 'OPTION_WITHOUT_EFFECT' }),
    );
  }
  expect(new Task({ name: 't', execute: () => 1, budget: { wallMs: 5 } }).budget).toEqual({ wallMs: 5 });
});
