import { Agent, Crew, Task, tool } from 'crewline';
import { scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { store } from './kept.ts';

test('an output that is given back by a resume can be changed by nobody, as before', async () => {
  const { engine } = store();
  let isBroken = true;
  const tasks = [
    new Task({ name: 'list', execute: () => ({ items: [1] }) }),
    new Task({
      name: 'change',
      context: ['list'],
      execute: ({ context }) => {
        if (isBroken) throw new Error('later');
        return Reflect.get(Object(Reflect.get(context, 'list')), 'items').push(99);
      },
    }),
  ];
  const crew = () => new Crew({ name: 'lists', tasks, engine: engine() });
  const { runId } = await crew().kickoff({ settle: true });
  isBroken = false;
  const undisturbed = await crew().kickoff({ settle: true });
  const resumed = await crew().resume(runId, { settle: true });
  expect(resumed.error?.message).toContain('object is not extensible');
  expect(resumed.error?.message).toBe(undisturbed.error?.message);
  expect(resumed.tasks.list.output).toEqual({ items: [1] });
  expect(Object.isFrozen(resumed.tasks.list.output)).toBe(true);
});

test.each([
  ['a number that is none', Number.NaN, 'it is NaN'],
  ['a date', [{ at: new Date(0) }], 'it[0].at is a Date'],
  ['a big number', 1n, 'it is a bigint'],
])(
  'a step that returns what JSON cannot hold fails its task on every engine, by its name: %s',
  async (_, value, where) => {
    const task = new Task({
      name: 'work',
      execute: async ({ step }) => String(await step('measure', async () => JSON.parse('0', () => value))),
    });
    for (const engine of [undefined, store().engine()]) {
      const crew = new Crew({ name: 'measured', tasks: [task], ...(engine && { engine }) });
      const { error } = await crew.kickoff({ settle: true });
      expect(error?.code).toBe('OUTPUT_NOT_JSON');
      expect(error?.message).toContain(`What step "measure" of task "work" returned is not JSON: ${where}`);
    }
  },
);

test('what a failed task had used counts when it is tried anew, as often as it is', async () => {
  const { engine } = store();
  const crew = (script: Parameters<typeof scriptedModel>[0], isGood: boolean) => {
    const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model: scriptedModel(script) });
    const guardrails = [() => isGood || { reject: 'no' }];
    const task = new Task({ name: 'draft', description: 'Do it', expectedOutput: 'Text', agent, guardrails });
    return new Crew({ name: 'news', agents: [agent], tasks: [task], engine: engine() });
  };
  const { runId, usage } = await crew(['1', '2', '3', '4'], false).kickoff({ settle: true });
  expect(usage.modelCalls).toBe(4);
  const again = await crew(['5', '6', '7', '8'], false).resume(runId, { settle: true });
  expect(again.usage.modelCalls).toBe(8);
  const done = await crew(['9'], true).resume(runId);
  expect(done.usage).toMatchObject({ modelCalls: 9, inputTokens: 90, byAgent: { Writer: { modelCalls: 9 } } });
  expect(done.tasks.draft.usage).toEqual(done.usage);
});

test('who is refused a run, because somebody works it, agrees to none of its tool calls, nor takes them from who may', async () => {
  const { engine } = store();
  const deleted: string[] = [];
  const remove = tool({
    name: 'remove',
    description: 'Removes',
    input: { type: 'object' },
    risk: 'exec',
    execute: () => deleted.push('all'),
  });
  const call = { toolCalls: [{ name: 'remove', arguments: {} }] };
  const model = scriptedModel({ clean: [call, 'Over.'], dust: [call, 'Over.'] });
  const agent = new Agent({ role: 'Cleaner', goal: 'Clean', backstory: 'Long', model, tools: [remove] });
  const common = { description: 'Do it', expectedOutput: 'Text', agent };
  const tasks = [new Task({ name: 'clean', ...common }), new Task({ name: 'dust', ...common })];
  const crew = new Crew({ name: 'home', agents: [agent], tasks, engine: engine() });
  const asked: string[] = [];
  const says = (who: string, answer: boolean) => () => {
    asked.push(who);
    return answer;
  };
  const run = crew.start({ approve: says('owner', false) });
  const refusals: unknown[] = [];
  const tryToTake = async () => {
    const options = refusals.length === 0 ? { approve: says('stranger', true) } : {};
    refusals.push(undefined);
    await crew.resume(run.runId, options).catch((error: { readonly code: string }) => refusals.push(error.code));
  };
  const taken: Promise<void>[] = [];
  run.on('task.start', () => taken.push(tryToTake()));
  await run.result;
  await Promise.all(taken);
  expect(refusals.filter(Boolean)).toEqual(['RUN_LOCKED', 'RUN_LOCKED']);
  expect(asked).toEqual(['owner', 'owner']);
  expect(deleted).toEqual([]);
});

test('a run works with the inputs as they were when it was started, whatever becomes of the object', async () => {
  const task = new Task({ name: 'tell', execute: ({ inputs }) => Reflect.get(Object(inputs), 'topic') });
  for (const engine of [undefined, store().engine()]) {
    const crew = new Crew({ name: 'topics', tasks: [task], ...(engine && { engine }) });
    const inputs = { topic: '', deep: { list: [1] } };
    const runs = ['tea', 'milk', 'jam'].map((topic) => {
      inputs.topic = topic;
      return crew.kickoff({ inputs });
    });
    inputs.deep.list.push(2);
    const results = await Promise.all(runs);
    expect(results.map(({ output }) => output)).toEqual(['tea', 'milk', 'jam']);
    expect(results[0]?.inputs).toEqual({ topic: 'tea', deep: { list: [1] } });
    expect(Object.isFrozen(inputs.deep)).toBe(false);
  }
});
