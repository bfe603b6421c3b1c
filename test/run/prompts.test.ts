import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, Crew, loadPrompts, type Message, Task, tool } from 'crewline';
import { withoutMarks } from 'crewline/testing';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { agent, messagesOf, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

/** Marks are made for one run: a preview has its own. */
const unmarked = (message: Message): Message => ({ ...message, content: withoutMarks(message.content) });

test('renderPrompt shows exactly what the server receives with the first call of each task', async () => {
  const { server, model } = await serve(({ index }) => (index === 0 ? '{"items": ["one", "two"]}' : 'written'));
  const worker = agent('{{kind}} worker', { model, backstory: 'You know {{topic}}.' });
  const helper = agent('Helper', { model });
  const find = new Task({
    name: 'find',
    description: 'Find {{topic}}.',
    ...asked,
    agent: worker,
    output: z.object({ items: z.array(z.string()) }),
  });
  const write = new Task({
    name: 'write',
    description: 'Write {{#each tasks.find.output.items}}{{this}} {{/each}}',
    expectedOutput: 'A text on {{topic}}',
    agent: helper,
    context: [find],
  });
  const crew = new Crew({ name: 'preview', agents: [worker, helper], tasks: [find, write] });
  const inputs = { topic: 'otters', kind: 'Careful' };
  const result = await crew.kickoff({ inputs });
  const outputs = { find: result.tasks.find.output };
  expect(crew.renderPrompt('find', { inputs }).map(unmarked)).toEqual(messagesOf(server, 0));
  expect(crew.renderPrompt('write', { inputs, outputs }).map(unmarked)).toEqual(messagesOf(server, 1));
});

test('renderPrompt shows what a manager, a delegating agent and a model without schemas receive, too', async () => {
  const { server, model } = await serve('{"n": 1}', { jsonSchema: false });
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const lead = agent('Lead', { allowDelegation: true });
  const digger = agent('Digger', { goal: 'Dig in {{place}}.', tools: [look] });
  const count = new Task({
    name: 'count',
    description: 'Count.',
    ...asked,
    agent: lead,
    output: z.object({ n: z.number() }),
  });
  const parts = { agents: [lead, digger], tasks: [count], model };
  const inputs = { place: 'Rome' };
  for (const process of ['sequential', 'hierarchical'] as const) {
    const crew = new Crew({ name: process, ...parts, process });
    const before = server.requests.length;
    await crew.kickoff({ inputs });
    expect(crew.renderPrompt('count', { inputs })).toEqual(messagesOf(server, before));
  }
  expect(messagesOf(server, 0)[0]?.content).toContain('Goal: Dig in Rome.');
  expect(messagesOf(server, 0)[1]?.content).toContain('"type": "number"');
});

test('a prompt replaced for a task wins over the agent’s, that over the crew’s, and that over the shipped one', async () => {
  const { server, model } = await serve();
  const own = agent('Own', { model, prompts: { task: 'AGENT {{description}} {{> tone}}', tone: 'kindly' } });
  const plain = agent('Plain', { model });
  const task = (name: string, who: Agent, prompts?: { [name: string]: string }) =>
    new Task({ name, description: name, ...asked, agent: who, context: [], ...(prompts && { prompts }) });
  const crew = new Crew({
    name: 'words',
    agents: [own, plain],
    prompts: { task: 'CREW {{description}} {{> tone}}', tone: 'briefly', agent: 'I am {{role}} of {{inputs.firm}}' },
    tasks: [
      task('one', plain),
      task('two', own),
      task('three', own, { task: 'TASK {{description}} {{> tone}}' }),
      task('four', plain, { tone: 'loudly' }),
    ],
  });
  await crew.kickoff({ inputs: { firm: 'ACME' } });
  expect([0, 1, 2, 3].map((index) => messagesOf(server, index)[1]?.content)).toEqual([
    'CREW one briefly',
    'AGENT two kindly',
    'TASK three kindly',
    'CREW four loudly',
  ]);
  expect(messagesOf(server, 0)[0]?.content).toBe('I am Plain of ACME');
});

test('a folder of prompts replaces shipped words and serves as partials', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'crewline-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'legal'));
  await writeFile(join(folder, 'agent.hbs'), '{{role}}. {{> legal/disclaimer}}\n');
  await writeFile(join(folder, 'tone.hbs'), 'Be kind to {{name}}.');
  await writeFile(join(folder, 'legal', 'disclaimer.hbs'), 'No advice from {{inputs.firm}}.\n');
  const { server, model } = await serve();
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go. {{> tone}}', ...asked, agent: worker });
  const crew = new Crew({ name: 'words', agents: [worker], tasks: [only], prompts: loadPrompts(folder) });
  await crew.kickoff({ inputs: { firm: 'ACME', name: 'Ann' } });
  const [system, user] = messagesOf(server, 0);
  expect(system?.content).toBe('Worker. No advice from ACME.');
  expect(user?.content).toContain('Go. Be kind to Ann.');
});

test('words the loop says later can be replaced, too', async () => {
  const { server, model } = await serve(({ index }) => (index === 0 ? 'not JSON' : '{"n": 1}'));
  const worker = agent('Worker', { model, prompts: { 'output-repair': 'Again: {{#each problems}}{{this}}{{/each}}' } });
  const only = new Task({
    name: 'only',
    description: 'Go.',
    ...asked,
    agent: worker,
    output: z.object({ n: z.number() }),
  });
  await new Crew({ name: 'words', agents: [worker], tasks: [only] }).kickoff();
  expect(messagesOf(server, 1).at(-1)?.content).toMatch(/^Again: the answer is not JSON: /);
});

test('stable text comes first: two tasks of one agent share their system message to the letter', async () => {
  const { server, model } = await serve();
  const worker = agent('Worker', { model });
  const task = (name: string) => new Task({ name, description: name, ...asked, agent: worker });
  await new Crew({ name: 'cache', agents: [worker], tasks: [task('one'), task('two')] }).kickoff();
  expect(messagesOf(server, 0)[0]).toEqual(messagesOf(server, 1)[0]);
});
