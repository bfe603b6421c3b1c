import { type Agent, Crew, Task } from 'crewline';
import { beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { agent, serve } from '../serve.ts';
import { type Idle, refused } from './refused.ts';

let idle: Idle;
let worker: Agent;
beforeEach(async () => {
  idle = await serve();
  worker = agent('Worker', { model: idle.model });
});

interface Given {
  readonly description?: string;
  readonly expectedOutput?: string;
  readonly prompts?: { readonly [name: string]: string };
}

function crewWith({ description = 'd', expectedOutput = 'e', prompts }: Given) {
  const research = new Task({
    name: 'research',
    description: 'd',
    expectedOutput: 'e',
    agent: worker,
    output: z.object({ items: z.array(z.object({ name: z.string() })), note: z.string().optional() }),
  });
  const write = new Task({ name: 'write', description, expectedOutput, agent: worker });
  return new Crew({
    name: 'newsroom',
    agents: [worker],
    tasks: [research, write],
    ...(prompts && { prompts }),
  });
}

function saysAboutInputs(fields: z.ZodRawShape, description: string): Promise<string> {
  const write = new Task({ name: 'write', description, expectedOutput: 'e', agent: worker });
  const inputs = z.object(fields);
  return refused(() => new Crew({ name: 'newsroom', agents: [worker], tasks: [write], inputs }), idle);
}

const saysAbout = (given: Given) => refused(() => crewWith(given), idle);

test('missing variables: all of all templates in one error, before any call', async () => {
  worker = agent('Editor of {{paper}}', { model: idle.model });
  const crew = crewWith({
    description: '{{topic}} in {{year}}',
    expectedOutput: '{{topic}}{{#if deep}} {{depth}} levels deep{{/if}}',
  });
  const said = `TEMPLATE 4 variables have no value:
- task "write", description: {{topic}}, {{year}}
- task "write", expectedOutput: {{topic}}, {{depth}}
- agent "Editor of {{paper}}", role: {{paper}}
Pass them as kickoff({ inputs: { topic: …, year: …, depth: …, paper: … } }), or write {{#if topic}}…{{/if}} around what may be left out.`;
  expect(await refused(() => crew.kickoff({ inputs: { deep: true } }), idle)).toBe(said);
  expect(await refused(() => crew.renderPrompt('write', { inputs: { deep: true } }), idle)).toBe(said);
});

test('one missing variable; with no inputs at all, and when it is null', async () => {
  const crew = crewWith({ description: 'Write about {{topic}}.' });
  const said =
    'TEMPLATE task "write", description: {{topic}} has no value. Pass it as kickoff({ inputs: { topic: … } }), or write {{#if topic}}…{{/if}} around what may be left out.';
  expect(await refused(() => crew.kickoff(), idle)).toBe(said);
  expect(await refused(() => crew.kickoff({ inputs: { topic: null } }), idle)).toBe(said);
});

test('with a schema for the inputs, a misspelt variable is found when the crew is built', async () => {
  expect(await saysAboutInputs({ topic: z.string() }, '{{topc}} {{inputs.topic}} {{inputs.tone}}')).toBe(
    `TEMPLATE crew "newsroom" has 2 mistakes:
- task "write": description: {{topc}}: the crew's inputs have no "topc". Did you mean "topic"?
- task "write": description: {{tone}}: the crew's inputs have no "tone". There is only: topic.`,
  );
});

test('a missing partial', async () => {
  expect(await saysAbout({ description: '{{> house-stile}}', prompts: { 'house-style': 'Be brief.' } })).toBe(
    'TEMPLATE task "write": description: line 1: there is no partial "house-stile". Did you mean "house-style"?',
  );
});

test('unknown helpers', async () => {
  expect(await saysAbout({ description: 'One\n{{upper topic}}\n{{#unles a}}{{/unles}}' })).toBe(
    `TEMPLATE crew "newsroom" has 2 mistakes:
- task "write": description: line 2: there is no helper "upper". There are only: json, join.
- task "write": description: line 3: there is no block helper "unles". Did you mean "unless"?`,
  );
});

test('a template that is not valid', async () => {
  expect(await saysAbout({ description: 'x {{#if a}} y' })).toBe(
    'TEMPLATE task "write": description: line 1: "x {{#if a}} y" is not valid Handlebars: a block, or a {{, is never closed.',
  );
});

test('paths that a task’s schema does not have, or may not have', async () => {
  const description =
    '{{tasks.research.output.itms}} {{tasks.research.output.items.name}} {{tasks.research.output.note}} {{tasks.research.text}} {{tasks.research}}';
  expect(await saysAbout({ description })).toBe(
    `CREW_INVALID crew "newsroom" has 5 mistakes:
- task "write": description: {{tasks.research.output.itms}}: output of task "research" is an object without a field "itms". Did you mean "items"?
- task "write": description: {{tasks.research.output.items.name}}: output.items of task "research" is a list without a field "name". Go through it with {{#each tasks.research.output.items}}.
- task "write": description: {{tasks.research.output.note}}: output.note of task "research" may be absent; put it between {{#if tasks.research.output.note}} and {{/if}}.
- task "write": description: {{tasks.research.text}}: a task has only output and raw, not "text". There are only: output, raw.
- task "write": description: {{tasks.research}} is no text; write {{tasks.research.output}} or {{tasks.research.raw}}.`,
  );
});

test('a prompt that reads what it is not given', async () => {
  expect(await saysAbout({ prompts: { task: '{{descripton}} {{topic}} {{schema}}' } })).toBe(
    `TEMPLATE crew "newsroom" has 3 mistakes:
- crew "newsroom": prompt "task": there is no variable {{descripton}} here. Did you mean "description"? It has: description, expectedOutput, context, schema, inputs; an input is {{inputs.descripton}}.
- crew "newsroom": prompt "task": there is no variable {{topic}} here. It has: description, expectedOutput, context, schema, inputs; an input is {{inputs.topic}}.
- crew "newsroom": prompt "task": {{schema}} is not always there; write {{#if schema}}…{{/if}} around it.`,
  );
});

test('a prompt that replaces nothing because its name is misspelt', async () => {
  expect(await saysAbout({ prompts: { agnet: 'You are {{role}}.' } })).toBe(
    'OPTION_WITHOUT_EFFECT crew "newsroom": prompt "agnet" has no effect: it replaces no template of Crewline, and nothing uses it as a partial. Did you mean "agent"?',
  );
});

test('an input named like something that templates have already', async () => {
  expect(await saysAboutInputs({ tasks: z.string(), topic: z.string() }, 'd')).toBe(
    'NAME_RESERVED crew "newsroom": inputs: "tasks" already means something in templates; give this input another name.',
  );
});
