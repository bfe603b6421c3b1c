import { Crew, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject, messagesOf, serve, subjectOf } from '../serve.ts';

/** A task of an agent whose description is its name. */
const asked = { expectedOutput: 'One line.' } as const;

test('two branches of two steps run side by side: no branch waits for a step of the other', async () => {
  const met = bySubject({
    // Each branch's first step is answered only once the other's second step is under way: with layers, never.
    a1: async () => 'a1',
    b1: async (_, { arrived }) => {
      await arrived('a2');
      return 'b1';
    },
    a2: async (_, { arrived }) => {
      await arrived('b2');
      return 'a2';
    },
    b2: 'b2',
  });
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const a1 = new Task({ name: 'a1', description: 'a1', ...asked, agent: worker });
  const b1 = new Task({ name: 'b1', description: 'b1', ...asked, agent: worker });
  const a2 = new Task({ name: 'a2', description: 'a2', ...asked, agent: worker, context: [a1] });
  const b2 = new Task({ name: 'b2', description: 'b2', ...asked, agent: worker, context: [b1] });
  const crew = new Crew({ name: 'branches', agents: [worker], tasks: [a1, b1, a2, b2], process: 'parallel' });
  const result = await crew.kickoff();
  expect(met.order).toEqual(['a1', 'b1', 'a2', 'b2']);
  expect(server.requests).toHaveLength(4);
  expect(messagesOf(server, 2)[1]?.content).toContain('<result task="a1">\na1\n</result>');
  expect(messagesOf(server, 3)[1]?.content).toContain('<result task="b1">\nb1\n</result>');
  expect(result.status).toBe('done');
});

test('a join runs once, when its own two are there, and does not wait for an unrelated slow task', async () => {
  const met = bySubject({
    slow: async (_, { arrived }) => {
      await arrived('join');
      return 'slow at last';
    },
  });
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const task = <const Name extends string>(name: Name) =>
    new Task({ name, description: name, ...asked, agent: worker });
  const [left, right, slow] = [task('left'), task('right'), task('slow')];
  const join = new Task({ name: 'join', description: 'join', ...asked, agent: worker, context: [left, right] });
  const crew = new Crew({ name: 'join', agents: [worker], tasks: [left, right, slow, join], process: 'parallel' });
  const { tasks } = await crew.kickoff();
  expect(met.order.toSorted()).toEqual(['join', 'left', 'right', 'slow']);
  expect(server.requests).toHaveLength(4);
  expect(tasks.join.raw).toBe('done: join');
  expect(tasks.slow.raw).toBe('slow at last');
});

test('one agent works two tasks at once, each in a conversation of its own', async () => {
  const met = bySubject({
    one: async (_, { arrived }) => {
      await arrived('two');
      return 'first';
    },
    two: async (_, { arrived }) => {
      await arrived('one');
      return 'second';
    },
  });
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const one = new Task({ name: 'one', description: 'one', ...asked, agent: worker });
  const two = new Task({ name: 'two', description: 'two', ...asked, agent: worker });
  const crew = new Crew({ name: 'busy', agents: [worker], tasks: [one, two], process: 'parallel' });
  const { tasks } = await crew.kickoff();
  expect([tasks.one.raw, tasks.two.raw]).toEqual(['first', 'second']);
  expect(server.peakConcurrency).toBe(2);
  for (const index of [0, 1]) expect(messagesOf(server, index)).toHaveLength(2);
});

test('twenty ready tasks make twenty calls, exactly one each', async () => {
  const { server, model } = await serve((request) => subjectOf(request));
  const worker = agent('Worker', { model });
  const names = Array.from({ length: 20 }, (_, at) => `task${at}`);
  const tasks = names.map((name) => new Task({ name, description: name, ...asked, agent: worker }));
  const crew = new Crew({ name: 'twenty', agents: [worker], tasks, process: 'parallel' });
  const result = await crew.kickoff();
  expect(server.requests).toHaveLength(20);
  expect(result.usage.modelCalls).toBe(20);
  expect(names.map((name) => result.tasks[name]?.raw)).toEqual(names);
});

test('maxConcurrency bounds the calls under way, and the longest path goes first', async () => {
  const met = bySubject();
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const task = (name: string, context: readonly string[] = []) =>
    new Task({ name, description: name, ...asked, agent: worker, context });
  const crew = new Crew({
    name: 'narrow',
    agents: [worker],
    tasks: [task('bulk1'), task('bulk2'), task('chain1'), task('chain2', ['chain1']), task('chain3', ['chain2'])],
    process: 'parallel',
    maxConcurrency: 1,
  });
  await crew.kickoff();
  expect(server.peakConcurrency).toBe(1);
  expect(met.order).toEqual(['chain1', 'chain2', 'bulk1', 'bulk2', 'chain3']);
});

test('dependsOn orders two tasks and hands nothing over', async () => {
  const met = bySubject();
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const second = new Task({ name: 'second', description: 'second', ...asked, agent: worker, dependsOn: ['first'] });
  const first = new Task({ name: 'first', description: 'first', ...asked, agent: worker });
  await new Crew({ name: 'order', agents: [worker], tasks: [second, first], process: 'parallel' }).kickoff();
  expect(met.order).toEqual(['first', 'second']);
  expect(messagesOf(server, 1)[1]?.content).not.toContain('done: first');
});

test('in a sequential crew a task reads every earlier output, none, or exactly those it lists', async () => {
  const { server, model } = await serve(bySubject().respond);
  const worker = agent('Worker', { model });
  const one = new Task({ name: 'one', description: 'one', ...asked, agent: worker });
  const two = new Task({ name: 'two', description: 'two', ...asked, agent: worker });
  const none = new Task({ name: 'none', description: 'none', ...asked, agent: worker, context: [] });
  const listed = new Task({ name: 'listed', description: 'listed', ...asked, agent: worker, context: [two] });
  await new Crew({ name: 'lines', agents: [worker], tasks: [one, two, none, listed] }).kickoff();
  const blocks = [0, 1, 2, 3].map((index) =>
    [...`${messagesOf(server, index)[1]?.content}`.matchAll(/<result task="(.*)">/g)].map((match) => match[1]),
  );
  expect(blocks).toEqual([[], ['one'], [], ['two']]);
});

test('a reference in a template is an edge, renders in place, and adds no block of context', async () => {
  const { server, model } = await serve(bySubject({ facts: '{"n": 3}' }).respond);
  const worker = agent('Worker', { model });
  const facts = new Task({ name: 'facts', description: 'facts', ...asked, agent: worker });
  const text = new Task({
    name: 'text',
    description: 'Write about {{tasks.facts.raw}} today.',
    ...asked,
    agent: worker,
  });
  await new Crew({ name: 'named', agents: [worker], tasks: [text, facts], process: 'parallel' }).kickoff();
  const content = messagesOf(server, 1)[1]?.content;
  expect(content).toContain('Write about {"n": 3} today.');
  expect(content).not.toContain('<result');
});

test('several kickoffs of one crew at once do not mix', async () => {
  const { server, model } = await serve((request) => subjectOf(request).toUpperCase());
  const worker = agent('Worker for {{topic}}', { model });
  const find = new Task({ name: 'find', description: 'find {{topic}}', ...asked, agent: worker });
  const tell = new Task({ name: 'tell', description: 'tell {{tasks.find.output}}', ...asked, agent: worker });
  const crew = new Crew({ name: 'many', agents: [worker], tasks: [find, tell] });
  const topics = Array.from({ length: 8 }, (_, at) => `topic${at}`);
  const results = await Promise.all(topics.map((topic) => crew.kickoff({ inputs: { topic } })));
  expect(results.map((result) => result.raw)).toEqual(topics.map((topic) => `TELL FIND ${topic.toUpperCase()}`));
  expect(new Set(results.map((result) => result.runId)).size).toBe(8);
  expect(server.requests).toHaveLength(16);
  for (let index = 0; index < 16; index += 1) {
    const [system, user] = messagesOf(server, index);
    const topic = /Worker for (topic\d)/.exec(`${system?.content}`)?.[1];
    expect(`${user?.content}`.toLowerCase()).toContain(`${topic}`);
  }
});

test('a crew of one task that needs nothing makes one call and tells its result', async () => {
  const { model } = await serve('All quiet.');
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Say something.', ...asked, agent: worker });
  const result = await new Crew({ name: 'single', agents: [worker], tasks: [only] }).kickoff();
  expect(result).toMatchObject({
    crew: 'single',
    status: 'done',
    raw: 'All quiet.',
    output: 'All quiet.',
    inputs: {},
    error: null,
    tasks: {
      only: { status: 'done', attempts: 1, agent: 'Worker', error: null, skippedBecause: null, children: [] },
    },
  });
});
