import { Crew, optional, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject, messagesOf, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

test('a task whose condition says no is skipped with all that require it, and costs nothing', async () => {
  const met = bySubject();
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const facts = new Task({ name: 'facts', execute: () => ({ risky: false }) });
  const risks = new Task({
    name: 'risks',
    description: 'risks',
    ...asked,
    agent: worker,
    context: [facts],
    when: ({ context, inputs }) => context.facts.risky && inputs['deep'] === true,
  });
  const advice = new Task({ name: 'advice', description: 'advice', ...asked, agent: worker, context: [risks] });
  const letter = new Task({ name: 'letter', description: 'letter', ...asked, agent: worker, dependsOn: [advice] });
  const other = new Task({ name: 'other', description: 'other', ...asked, agent: worker });
  const crew = new Crew({
    name: 'choices',
    agents: [worker],
    tasks: [facts, risks, advice, letter, other],
    process: 'parallel',
  });
  const { status, tasks } = await crew.kickoff({ inputs: { deep: true } });
  expect(status).toBe('done');
  expect(met.order).toEqual(['other']);
  expect(server.requests).toHaveLength(1);
  const ended = (name: keyof typeof tasks) => [tasks[name].status, tasks[name].output, tasks[name].skippedBecause];
  expect(ended('risks')).toEqual(['skipped', null, 'risks']);
  expect(ended('advice')).toEqual(['skipped', null, 'risks']);
  expect(ended('letter')).toEqual(['skipped', null, 'risks']);
  expect(ended('other')).toEqual(['done', 'done: other', null]);
  expect(tasks.risks).toMatchObject({ attempts: 0, agent: null, raw: '', durationMs: 0, error: null });
});

test('a task whose condition says yes runs', async () => {
  const { model } = await serve(bySubject().respond);
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'only', ...asked, agent: worker, when: async () => true });
  const result = await new Crew({ name: 'choices', agents: [worker], tasks: [only] }).kickoff();
  expect(result.output).toBe('done: only');
});

test('an optional dependency that was skipped is null: in the prompt, in code, and never an empty text', async () => {
  const { server, model } = await serve(bySubject().respond);
  const worker = agent('Worker', { model });
  const maybe = new Task({ name: 'maybe', description: 'maybe', ...asked, agent: worker, when: () => false });
  const sure = new Task({ name: 'sure', description: 'sure', ...asked, agent: worker });
  const text = new Task({
    name: 'text',
    description: 'text',
    ...asked,
    agent: worker,
    context: [optional(maybe), sure],
  });
  const code = new Task({
    name: 'code',
    context: [optional(maybe), sure],
    execute: ({ context }) => ({ maybe: context.maybe, sure: context.sure }),
  });
  const crew = new Crew({ name: 'choices', agents: [worker], tasks: [maybe, sure, text, code], process: 'parallel' });
  const result = await crew.kickoff();
  expect(result.output).toEqual({ maybe: null, sure: 'done: sure' });
  expect(messagesOf(server, 1)[1]?.content).toContain('<result task="maybe">\nnull\n</result>');
});

test('in a sequential crew a skipped task is simply not among what later tasks read', async () => {
  const { server, model } = await serve(bySubject().respond);
  const worker = agent('Worker', { model });
  const one = new Task({ name: 'one', description: 'one', ...asked, agent: worker });
  const maybe = new Task({ name: 'maybe', description: 'maybe', ...asked, agent: worker, when: () => false });
  const last = new Task({ name: 'last', description: 'last', ...asked, agent: worker });
  const result = await new Crew({ name: 'choices', agents: [worker], tasks: [one, maybe, last] }).kickoff();
  expect(server.requests).toHaveLength(2);
  expect(result.tasks.last?.status).toBe('done');
  expect(messagesOf(server, 1)[1]?.content).toContain('<result task="one">');
  expect(messagesOf(server, 1)[1]?.content).not.toContain('maybe');
});

test('the output of a crew whose last task was skipped is null', async () => {
  const one = new Task({ name: 'one', execute: () => 1 });
  const last = new Task({ name: 'last', execute: () => 2, when: () => false });
  const result = await new Crew({ name: 'choices', tasks: [one, last] }).kickoff();
  expect([result.status, result.output, result.raw]).toEqual(['done', null, '']);
});

test('a condition that throws fails its task, and says which', async () => {
  const only = new Task({
    name: 'only',
    execute: () => 1,
    when: () => {
      throw new Error('no idea');
    },
  });
  const result = await new Crew({ name: 'choices', tasks: [only] }).kickoff({ settle: true });
  expect(result.tasks.only).toMatchObject({ status: 'failed', error: { code: 'TASK_FAILED', taskName: 'only' } });
  expect(result.error?.message).toBe('Task "only" failed: no idea');
});

test('in a sequential crew a task skipped before its turn lets nobody overtake', async () => {
  const met: string[] = [];
  const work = (name: string) => async () => {
    met.push(`${name} begins`);
    await null;
    met.push(`${name} ends`);
    return name;
  };
  const never = new Task({ name: 'never', when: () => false, execute: work('never') });
  const second = new Task({ name: 'second', context: [], execute: work('second') });
  const skipped = new Task({ name: 'skipped', context: [never], execute: work('skipped') });
  const last = new Task({
    name: 'last',
    execute: async ({ context }) => {
      met.push('last begins');
      return Object.keys(context).length;
    },
  });
  const { status, tasks } = await new Crew({ name: 'line', tasks: [never, second, skipped, last] }).kickoff();
  expect(status).toBe('done');
  expect(met).toEqual(['second begins', 'second ends', 'last begins']);
  expect(tasks.skipped.skippedBecause).toBe('never');
});
