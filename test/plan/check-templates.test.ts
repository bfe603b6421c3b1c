import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent } from '../../src/agent.ts';
import type { CrewData } from '../../src/definition.ts';
import { jsonSchemaOf } from '../../src/internal/schema.ts';
import { checkCrew } from '../../src/plan/check.ts';
import { Task } from '../../src/task.ts';
import type { TaskData } from '../../src/task-shape.ts';
import { agentNamed, crewOf } from './crews.ts';

const writer = agentNamed('Writer');
const texts = { description: 'Write.', expectedOutput: 'A text.', agent: writer };
const findings = z.object({
  items: z.array(z.object({ title: z.string() })),
  note: z.string().optional(),
  source: z.object({ url: z.string(), page: z.number().optional() }).optional(),
});
const research = new Task({ ...texts, name: 'research', output: findings });
const plain = new Task({ ...texts, name: 'plain' });
const code = new Task({ name: 'code', execute: () => ({ count: 1 }) });

function mistakes(crew: CrewData): string[] {
  return checkCrew(crew).problems.map(({ code: kind, place, message }) => `${kind} ${place}: ${message}`);
}

/** What is wrong with a task of this description, next to three others that it may read. */
function reading(description: string): string[] {
  const tasks: TaskData[] = [research, plain, code, new Task({ ...texts, name: 'write', description })];
  return mistakes(crewOf({ agents: [writer], tasks }));
}

/** What is wrong with this description when these are the inputs. */
function asking(description: string, inputs: z.ZodType): string[] {
  const tasks = [new Task({ ...texts, name: 'write', description })];
  return mistakes(crewOf({ agents: [writer], tasks, inputs, inputsSchema: jsonSchemaOf(inputs) }));
}

test('outputs may be read as text, and field by field where the schema has the field', () => {
  const sound = [
    '{{tasks.research.raw}} {{tasks.research.output}} {{json tasks.research.output.items}}',
    '{{#each tasks.research.output.items}}{{title}} of {{../tasks.research.raw}}{{/each}}',
    '{{#if tasks.research.output.note}}{{tasks.research.output.note}}{{/if}}',
    '{{#if tasks.research.output.source}}{{tasks.research.output.source.url}}{{/if}}',
    '{{#if tasks.research.output.source}}{{#if tasks.research.output.source.page}}{{tasks.research.output.source.page}}{{/if}}{{/if}}',
    '{{#with tasks.research.output.source}}{{url}}{{#if page}}{{page}}{{/if}}{{/with}}',
    '{{#with tasks.research}}{{output.items}}{{/with}}',
    '{{tasks.plain.output}} {{tasks.plain.raw}} {{tasks.plain.output.length}}',
    '{{tasks.code.output.count}} {{tasks.code.output.what.ever}}',
  ];
  for (const description of sound) expect([description, reading(description)]).toEqual([description, []]);
});

test('a field that the schema does not have is refused, with the one that was probably meant', () => {
  expect(reading('{{tasks.research.output.itens}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research.output.itens}}: output of task "research" is an object without a field "itens". Did you mean "items"?',
  ]);
  expect(reading('{{#if tasks.research.output.source}}{{tasks.research.output.source.uri}}{{/if}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research.output.source.uri}}: output.source of task "research" is an object without a field "uri". Did you mean "url"?',
  ]);
  expect(reading('{{tasks.research.output.items.title}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research.output.items.title}}: output.items of task "research" is a list without a field "title". Go through it with {{#each tasks.research.output.items}}.',
  ]);
});

test('a field that may be absent must stand under a condition', () => {
  expect(reading('{{tasks.research.output.note}}')).toEqual([
    'PATH_OPTIONAL task "write": description: {{tasks.research.output.note}}: output.note of task "research" may be absent; put it between {{#if tasks.research.output.note}} and {{/if}}.',
  ]);
  expect(reading('{{tasks.research.output.source.url}}')).toEqual([
    'PATH_OPTIONAL task "write": description: {{tasks.research.output.source.url}}: output.source of task "research" may be absent; put it between {{#if tasks.research.output.source}} and {{/if}}.',
  ]);
  expect(reading('{{#with tasks.research.output.source}}{{page}}{{/with}}')).toHaveLength(1);
  expect(reading('{{#if tasks.research.output}}{{tasks.research.output.note}}{{/if}}')).toHaveLength(1);
});

test('a task has only output and raw, and text has no fields', () => {
  expect(reading('{{tasks.research.result}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research.result}}: a task has only output and raw, not "result". There are only: output, raw.',
  ]);
  expect(reading('{{tasks.research.ouput.items}}')[0]).toContain('Did you mean "output"?');
  expect(reading('{{tasks.plain.output.title}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.plain.output.title}}: task "plain" has no output schema, so its output is text and has no fields.',
  ]);
  expect(reading('{{tasks.research.raw.items}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research.raw.items}}: raw is text and has no fields.',
  ]);
});

test('a task or all tasks cannot be printed whole', () => {
  expect(reading('{{tasks.research}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.research}} is no text; write {{tasks.research.output}} or {{tasks.research.raw}}.',
  ]);
  expect(reading('{{json tasks}}')).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks}} is no text; write {{tasks.NAME.output}} or {{tasks.NAME.raw}}.',
  ]);
});

test('a task that does not exist is reported once, not its fields too', () => {
  expect(reading('{{tasks.reserch.output.items}} {{tasks.reserch.raw}}')).toEqual([
    'TASK_UNKNOWN task "write": description names "reserch", which is no task of this crew. Did you mean "research"?',
  ]);
});

test('a mistake made several times in one text is reported once, in two texts twice', () => {
  const wrong = '{{tasks.plain.output.x}} {{tasks.plain.output.x}} {{#if tasks.plain.output.x}}!{{/if}}';
  const tasks = [plain, new Task({ ...texts, name: 'write', description: wrong, expectedOutput: wrong })];
  const found = mistakes(crewOf({ agents: [writer], tasks }));
  expect(found.map((line) => line.slice(0, 48))).toEqual([
    'PATH_UNKNOWN task "write": description: {{tasks.',
    'PATH_UNKNOWN task "write": expectedOutput: {{tas',
  ]);
});

test('agents cannot read tasks', () => {
  const agent = new Agent({ role: 'Writer', goal: 'Improve {{tasks.plain.raw}}', backstory: 'b' });
  const tasks = [new Task({ ...texts, agent, name: 'plain' })];
  expect(mistakes(crewOf({ agents: [agent], tasks }))).toEqual([
    'TEMPLATE agent "Writer": goal: {{tasks.plain.raw}} reads a task, which only a task\'s own templates can; put it into a description.',
  ]);
});

test('variables are checked against the inputs, where the crew says what they are', () => {
  const inputs = z.object({
    topic: z.string(),
    tone: z.string().optional(),
    who: z.object({ name: z.string() }),
    size: z.number().default(3),
  });
  expect(asking('{{topic}} {{who.name}} {{size}} {{#if tone}}{{tone}}{{/if}}', inputs)).toEqual([]);
  expect(asking('{{topc}}', inputs)).toEqual([
    'TEMPLATE task "write": description: {{topc}}: the crew\'s inputs have no "topc". Did you mean "topic"?',
  ]);
  expect(asking('{{#if topc}}yes{{/if}}', inputs)).toHaveLength(1);
  expect(asking('{{who.nam}}', inputs)).toEqual([
    'PATH_UNKNOWN task "write": description: {{who.nam}}: who of the crew\'s inputs is an object without a field "nam". Did you mean "name"?',
  ]);
  expect(asking('{{tone}}', inputs)).toEqual([
    'PATH_OPTIONAL task "write": description: {{tone}}: tone of the crew\'s inputs may be absent; put it between {{#if tone}} and {{/if}}.',
  ]);
  expect(asking('{{inputs.topic}}', inputs)).toEqual([]);
});

test('inputs that a crew leaves open may be named anything', () => {
  expect(asking('{{whatever}}', z.looseObject({ topic: z.string() }))).toEqual([]);
  expect(asking('{{whatever}}', z.record(z.string(), z.string()))).toEqual([]);
  expect(
    mistakes(crewOf({ agents: [writer], tasks: [new Task({ ...texts, name: 'a', description: '{{whatever}}' })] })),
  ).toEqual([]);
});

test('inputs of agents and of the manager are checked too', () => {
  const agent = new Agent({ name: 'Writer', role: 'Writer of {{topics}}', goal: 'g', backstory: '{{#each}}' });
  const manager = new Agent({ name: 'Boss', role: 'Boss', goal: '{{tpic}}', backstory: 'b' });
  const inputs = z.object({ topic: z.string() });
  const crew = crewOf({
    process: 'hierarchical',
    agents: [agent],
    manager,
    tasks: [code],
    inputs,
    inputsSchema: jsonSchemaOf(inputs),
  });
  const places = checkCrew(crew).problems.map(({ code: kind, place, message }) => [kind, place, message.split(':')[0]]);
  expect(places).toEqual([
    ['TEMPLATE', 'agent "Writer"', 'role'],
    ['TEMPLATE', 'agent "Writer"', 'backstory'],
    ['TEMPLATE', 'agent "Boss"', 'goal'],
  ]);
});

test('inputs named like something that templates already have are refused', () => {
  const shape = Object.fromEntries(
    ['tasks', 'inputs', 'if', 'each', 'json', 'join', 'log', 'topic'].map((name) => [name, z.string()]),
  );
  const found = asking('Write.', z.object(shape));
  expect(found).toHaveLength(7);
  expect(found[0]).toBe(
    'NAME_RESERVED crew "newsroom": inputs: "tasks" already means something in templates; give this input another name.',
  );
});

test('wrong syntax, unknown helpers and missing partials are reported where they stand', () => {
  const found = mistakes(
    crewOf({
      agents: [writer],
      tasks: [
        new Task({ ...texts, name: 'a', description: 'Line one\n{{#if topic}}' }),
        new Task({ ...texts, name: 'b', expectedOutput: '{{shout topic}}' }),
        new Task({ ...texts, name: 'c', outputFile: '{{> house-stile}}' }),
      ],
      prompts: { 'house-style': 'Short.' },
    }),
  );
  expect(found).toEqual([
    expect.stringMatching(/^TEMPLATE task "a": description: line 2: /),
    expect.stringMatching(/^TEMPLATE task "b": expectedOutput: line 1: .*shout/),
    expect.stringMatching(/^TEMPLATE task "c": outputFile: line 1: .*"house-stile".* Did you mean "house-style"\?$/),
  ]);
});

test('partials come from the task, its agent, the crew; and what they read counts', () => {
  const agent = new Agent({ role: 'Poet', goal: 'g', backstory: 'b', prompts: { style: '{{tasks.plain.raw}}' } });
  const own = { style: '{{tasks.plain.output.x}}' };
  const crew = crewOf({
    agents: [agent, writer],
    prompts: { style: 'Plain.' },
    tasks: [
      plain,
      new Task({ ...texts, name: 'crews', description: '{{> style}}' }),
      new Task({ ...texts, agent, name: 'agents', description: '{{> style}}' }),
      new Task({ ...texts, agent, name: 'own', description: '{{> style}}', prompts: own }),
    ],
  });
  const { graph, problems } = checkCrew(crew);
  expect([...graph.inDegrees.slice()]).toEqual([0, 0, 1, 1]);
  expect(problems.map(({ place, code: kind }) => [place, kind])).toEqual([['task "own"', 'PATH_UNKNOWN']]);
});

test('prompts that replace shipped ones are checked with the crew, a shared set once', () => {
  const prompts = Object.freeze({ task: '{{descripton}}' });
  const crew = crewOf({
    agents: [writer],
    tasks: [new Task({ ...texts, name: 'a', prompts }), new Task({ ...texts, name: 'b', prompts })],
  });
  const found = mistakes(crew);
  expect(found).toHaveLength(1);
  expect(found[0]).toContain('TEMPLATE task "a": prompt "task":');
  expect(found[0]).toContain('Did you mean "description"?');
});
