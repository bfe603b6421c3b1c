import { expect, test } from 'vitest';
import { z } from 'zod';
import { Agent, Crew, Task } from '../../src/index.ts';
import { scriptedModel } from '../../src/testing/index.ts';

const analyst = new Agent({ role: 'Analyst', goal: 'g', backstory: 'b', model: scriptedModel([]) });
const research = new Task({
  name: 'research',
  description: 'Look into {{topic}}.',
  expectedOutput: 'Facts',
  agent: analyst,
});
const options = { name: 'preview', tasks: [research], agents: [analyst] } as const;
const userMessage = (messages: readonly { readonly role: string; readonly content: string }[]) =>
  messages.at(-1)?.content;

test('a plan drawn for inputs refuses inputs that a template misses, and costs nothing', () => {
  const crew = new Crew(options);
  expect(() => crew.plan({ subject: 'cats' })).toThrow('{{topic}} has no value');
  expect(crew.plan({ topic: 'cats' }).layers).toEqual([['research']]);
  expect(crew.plan().layers).toEqual([['research']]);
});

test("a prompt is shown with the schema's defaults, as the run would have them", () => {
  const crew = new Crew({ ...options, inputs: z.object({ topic: z.string().default('the sea') }) });
  expect(userMessage(crew.renderPrompt('research'))).toContain('Look into the sea.');
  expect(() => crew.plan({ topic: '' })).not.toThrow();
});

test('inputs that do not fit the schema are named before anything runs', () => {
  const crew = new Crew({ ...options, inputs: z.object({ topic: z.string().min(3) }) });
  expect(() => crew.renderPrompt('research', { inputs: { topic: 'x' } })).toThrow(/do not fit crew "preview": topic: /);
});

test('outputs for a task that the crew does not have are refused, with the one that was probably meant', () => {
  const crew = new Crew(options);
  const show = (outputs: Record<string, unknown>) => () =>
    crew.renderPrompt('research', { inputs: { topic: 'cats' }, outputs });
  expect(show({ reserch: 'x' })).toThrow(
    'outputs.reserch: crew "preview" has no task "reserch". Did you mean "research"?',
  );
  expect(show({ constructor: 'x' })).toThrow('outputs.constructor: crew "preview" has no task "constructor".');
  expect(show({ research: 'x' })).not.toThrow();
});

test('an input can be written by its name, or below inputs, in every template', async () => {
  const model = scriptedModel(['done']);
  const writer = new Agent({ role: 'Writer on {{inputs.topic}}', goal: 'g', backstory: 'b', model });
  const write = new Task({
    name: 'write',
    description: '{{topic}} and {{inputs.topic}}: {{> tone}}',
    expectedOutput: 'e',
    agent: writer,
    prompts: { tone: 'speak of {{inputs.topic}}', 'final-answer': '{{> tone}}' },
  });
  const crew = new Crew({ name: 'both', tasks: [write], agents: [writer] });
  await crew.kickoff({ inputs: { topic: 'tea' } });
  const [system, user] = model.calls[0]?.request.messages ?? [];
  expect(system?.content).toContain('Writer on tea');
  expect(user?.content).toContain('tea and tea: speak of tea');
  await expect(crew.kickoff({ inputs: { inputs: 1 } })).rejects.toThrow(
    '"inputs" already means something in templates',
  );
});
