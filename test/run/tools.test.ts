import { Crew, Task, tool } from 'crewline';
import type { ServerRequest } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, agentOf, failure, meeting, messagesOf, plain, serve } from '../serve.ts';

const asked = { description: 'Go.', expectedOutput: 'One line.' } as const;
const call = (name: string, args: object | string = {}) => ({ name, arguments: args });
const answersIn = ({ messages }: ServerRequest): string[] =>
  messages.filter((message) => message.role === 'tool').map((message) => plain(message.content));

test('all calls of one turn run at the same time and are answered in order, each once, errors included', async () => {
  const { server, model } = await serve((request) =>
    answersIn(request).length > 0
      ? answersIn(request).join(' | ')
      : {
          toolCalls: [
            call('slow', { n: 1 }),
            call('quick', { n: 2 }),
            call('Slow', { n: 3 }),
            call('quick', { n: 'two', extra: true }),
            call('quick', '{"n": 4'),
            call('broken'),
          ],
        },
  );
  const met = meeting();
  const input = z.object({ n: z.number() });
  const slow = tool({
    name: 'slow',
    description: 'Slow.',
    input,
    execute: async ({ n }) => {
      await met.arrived('quick');
      return { n };
    },
  });
  const quick = tool({
    name: 'quick',
    description: 'Quick.',
    input,
    execute: ({ n }) => {
      met.arrive('quick');
      return `n is ${n}`;
    },
  });
  const broken = tool({
    name: 'broken',
    description: 'Broken.',
    input: z.object({}),
    execute: () => {
      throw new Error('out of order');
    },
  });
  const worker = agent('Worker', { model, tools: [slow, quick, broken] });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  const result = await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff();
  expect(server.requests).toHaveLength(2);
  const answers = messagesOf(server, 1)
    .slice(3)
    .map((message) => message.content);
  expect(result.raw).toBe(answers.join(' | '));
  expect(answers).toHaveLength(6);
  expect(answers.slice(0, 3)).toEqual([
    '{"n":1}',
    'n is 2',
    'There is no tool named "Slow". Your tools are: slow, quick, broken.',
  ]);
  expect(answers[3]).toContain('n: ');
  expect(answers[3]).toContain('extra: there is no such field');
  expect(answers[4]).toMatch(/^"quick" was not called, because its arguments are wrong:\n- .*JSON/);
  expect(answers[5]).toContain('"broken" failed: out of order');
});

test('a tool is told its run, its task, an idempotency key of its own and when to stop', async () => {
  const { model } = await serve((request) =>
    answersIn(request).length > 0 ? 'done' : { toolCalls: [call('note'), call('note')] },
  );
  const scopes: { key: string; runId: string; taskName: string; signal: AbortSignal }[] = [];
  const note = tool({
    name: 'note',
    description: 'Notes.',
    input: z.object({}),
    execute: (_, { key, runId, taskName, signal }) => {
      scopes.push({ key, runId, taskName, signal });
    },
  });
  const worker = agent('Worker', { model, tools: [note] });
  const task = (name: string) => new Task({ name, ...asked, agent: worker });
  const result = await new Crew({ name: 'tools', agents: [worker], tasks: [task('one'), task('two')] }).kickoff();
  expect(scopes.map(({ runId, taskName }) => [runId, taskName])).toEqual([
    [result.runId, 'one'],
    [result.runId, 'one'],
    [result.runId, 'two'],
    [result.runId, 'two'],
  ]);
  expect(new Set(scopes.map(({ key }) => key)).size).toBe(4);
  expect(scopes.every(({ key }) => key.startsWith(result.runId))).toBe(true);
  expect(scopes.every(({ signal }) => signal instanceof AbortSignal && !signal.aborted)).toBe(true);
});

test('an agent that has used up its turns is asked once more for its answer, without tools', async () => {
  const { server, model } = await serve((request) =>
    request.tools.length > 0 ? { toolCalls: [call('look')] } : 'That is all I know.',
  );
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'nothing' });
  const worker = agent('Worker', { model, tools: [look], maxTurns: 2 });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  const result = await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff();
  expect(result.raw).toBe('That is all I know.');
  expect(server.requests).toHaveLength(3);
  expect(messagesOf(server, 2).at(-1)?.content).toMatch(
    /^You have used all 2 turns, and there are no more tool calls\./,
  );
});

test('an agent that never has to be forced is not: an answer in its last turn stands', async () => {
  const { server, model } = await serve('straight away');
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'nothing' });
  const worker = agent('Worker', { model, tools: [look], maxTurns: 1 });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  expect((await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff()).raw).toBe('straight away');
  expect(server.requests).toHaveLength(1);
});

test('the result of a tool with resultAsAnswer is the task’s answer, and the model is not asked again', async () => {
  const { server, model } = await serve({ toolCalls: [call('report')] });
  const report = tool({
    name: 'report',
    description: 'Reports.',
    input: z.object({}),
    resultAsAnswer: true,
    execute: () => 'the {{whole}} report',
  });
  const worker = agent('Worker', { model, tools: [report] });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  expect((await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff()).raw).toBe(
    'the {{whole}} report',
  );
  expect(server.requests).toHaveLength(1);
});

test('maxUses counts over all turns of a task, starts anew in the next, and going over is an error the model sees', async () => {
  const { model } = await serve((request) =>
    answersIn(request).length > 1 ? answersIn(request).join(' | ') : { toolCalls: [call('dig')] },
  );
  let uses = 0;
  const dig = tool({
    name: 'dig',
    description: 'Digs.',
    input: z.object({}),
    maxUses: 1,
    execute: () => {
      uses += 1;
      return 'earth';
    },
  });
  const worker = agent('Worker', { model, tools: [dig] });
  const task = (name: string) => new Task({ name, ...asked, agent: worker, context: [] });
  const { tasks } = await new Crew({ name: 'tools', agents: [worker], tasks: [task('one'), task('two')] }).kickoff();
  const expected =
    'earth | "dig" was not called: its limit for this task is 1, and that is used up. Go on with what you have.';
  expect(Object.values(tasks).map((outcome) => outcome?.raw)).toEqual([expected, expected]);
  expect(uses).toBe(2);
});

test('maxUses counts each piece of delegated work for itself, and the task’s own calls too', async () => {
  const toDigger = {
    name: 'delegate_work_to_coworker',
    arguments: { task: 'dig', context: '', coworker: 'Digger' },
  };
  const { model } = await serve((request) => {
    const answers = answersIn(request);
    if (agentOf(request) === 'Digger')
      return answers.length > 1 ? answers.join(' | ') : { toolCalls: [call('dig'), call('dig')] };
    return answers.length > 0 ? answers.join('\n') : { toolCalls: [toDigger, toDigger, call('dig')] };
  });
  const dig = tool({ name: 'dig', description: 'Digs.', input: z.object({}), maxUses: 1, execute: () => 'earth' });
  const lead = agent('Lead', { tools: [dig], allowDelegation: true });
  const only = new Task({ name: 'only', ...asked, agent: lead });
  const crew = new Crew({ name: 'tools', agents: [lead, agent('Digger', { tools: [dig] })], tasks: [only], model });
  const digger =
    'earth | "dig" was not called: its limit for this task is 1, and that is used up. Go on with what you have.';
  expect((await crew.kickoff()).raw).toBe(`${digger}\n${digger}\nearth`);
});

test('a task’s tools are added to its agent’s, and of two of one name the task’s is used', async () => {
  const { server, model } = await serve((request) =>
    answersIn(request).length > 0 ? answersIn(request).join() : { toolCalls: [call('which'), call('other')] },
  );
  const made = (name: string, says: string) =>
    tool({ name, description: says, input: z.object({}), execute: () => says });
  const worker = agent('Worker', { model, tools: [made('which', 'the agent’s'), made('other', 'the other')] });
  const only = new Task({ name: 'only', ...asked, agent: worker, tools: [made('which', 'the task’s')] });
  expect((await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff()).raw).toBe(
    'the task’s,the other',
  );
  expect(JSON.stringify(server.requests[0]?.body).match(/"name":"which"/g)).toHaveLength(1);
});

test('a model that goes on calling with wrong arguments ends its task, with what it was told', async () => {
  const { server, model } = await serve({ toolCalls: [call('dig', { deep: 'very' })] });
  const dig = tool({
    name: 'dig',
    description: 'Digs.',
    input: z.object({ deep: z.number() }),
    execute: () => 'earth',
  });
  const worker = agent('Worker', { model, tools: [dig] });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  const error = await failure(new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff());
  expect(error.code).toBe('TOOL_ARGS_INVALID');
  expect(error.message).toMatch(/^Agent "Worker" called "dig" with wrong arguments 4 turns in a row/);
  expect(server.requests).toHaveLength(4);
});

test('a tool with a plain JSON schema checks its input, too', async () => {
  const { model } = await serve((request) =>
    answersIn(request).length > 0
      ? answersIn(request).join(' | ')
      : { toolCalls: [call('add', { a: 1, b: 2 }), call('add', { a: 1 })] },
  );
  const add = tool({
    name: 'add',
    description: 'Adds.',
    input: {
      type: 'object',
      properties: { a: { type: 'number' }, b: { type: 'number' } },
      required: ['a', 'b'],
      additionalProperties: false,
    },
    execute: ({ a, b }) => Number(a) + Number(b),
  });
  const worker = agent('Worker', { model, tools: [add] });
  const only = new Task({ name: 'only', ...asked, agent: worker });
  const { raw } = await new Crew({ name: 'tools', agents: [worker], tasks: [only] }).kickoff();
  expect(raw).toMatch(/^3 \| "add" was not called, because its arguments are wrong:\n- .*b/);
});
