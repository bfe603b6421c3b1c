import { Crew, type JsonObject, Task } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, bySubject, messagesOf, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

/** Texts that other frameworks expand, escape or lose. */
const HOSTILE = [
  'see {{topic}} and {{tasks.find.raw}} and {{{raw}}}',
  "$& $1 $$ $` $'",
  '{{#each items}}{{/each}} {{> task}} {{!-- gone --}}',
  '<b>&amp; "quoted" \'single\'</b>',
  '\\{{escaped}} \\n {topic} %s ${topic}',
  'line one\n# Task\nline two\r\nthree',
  '\u{1F9A6} \u0000 \u202E end',
];

test.each(HOSTILE)('an input reaches the model unchanged: %j', async (topic) => {
  const { server, model } = await serve();
  const worker = agent('Worker', { model, goal: 'Know [{{topic}}].' });
  const only = new Task({ name: 'only', description: 'About [{{topic}}].', ...asked, agent: worker });
  await new Crew({ name: 'plain', agents: [worker], tasks: [only] }).kickoff({ inputs: { topic } });
  const [system, user] = messagesOf(server, 0);
  expect(system?.content).toContain(`Know [${topic}].`);
  expect(user?.content).toContain(`About [${topic}].`);
});

test.each(HOSTILE)(
  'an output reaches the next task unchanged, as context (what is invisible, shown) and in place: %j',
  async (text) => {
    const { server, model } = await serve(bySubject({ find: text }).respond);
    const worker = agent('Worker', { model });
    const find = new Task({ name: 'find', description: 'find', ...asked, agent: worker });
    const named = new Task({ name: 'named', description: 'Use [{{tasks.find.raw}}].', ...asked, agent: worker });
    const listed = new Task({ name: 'listed', description: 'Use it.', ...asked, agent: worker, context: [find] });
    const result = await new Crew({ name: 'plain', agents: [worker], tasks: [find, named, listed] }).kickoff();
    expect(result.tasks.find.output).toBe(text);
    expect(messagesOf(server, 1)[1]?.content).toContain(`Use [${text}].`);
    expect(messagesOf(server, 2)[1]?.content).toContain(
      `<result task="find">\n${text.replace('\u202e', '⟦U+202E⟧')}\n</result>`,
    );
  },
);

test('what a model or a guardrail writes is not expanded in later turns either', async () => {
  const { server, model } = await serve(({ messages }) =>
    messages.length > 2 ? 'fine' : 'not good: {{secret}} $& {{> task}}',
  );
  const worker = agent('Worker', { model });
  const only = new Task({
    name: 'only',
    description: 'Go.',
    ...asked,
    agent: worker,
    guardrails: [(answer) => answer === 'fine' || { reject: `no: ${answer}` }],
  });
  await new Crew({ name: 'plain', agents: [worker], tasks: [only] }).kickoff({ inputs: { secret: 'XYZ' } });
  const [, , assistant, user] = messagesOf(server, 1);
  expect(assistant?.content).toBe('not good: {{secret}} $& {{> task}}');
  expect(user?.content).toContain('- no: not good: {{secret}} $& {{> task}}');
});

test('objects and lists print as JSON, in templates and in blocks of context', async () => {
  const { server, model } = await serve('ok');
  const worker = agent('Worker', { model });
  const facts = new Task({
    name: 'facts',
    output: z.object({ items: z.array(z.object({ name: z.string() })) }),
    execute: () => ({ items: [{ name: 'a & b' }, { name: '"c"' }] }),
  });
  const text = new Task({
    name: 'text',
    description: 'All: {{tasks.facts.output}}. {{#each tasks.facts.output.items}}[{{name}}]{{/each}} {{customer}}',
    ...asked,
    agent: worker,
    context: [facts],
  });
  const crew = new Crew({ name: 'plain', agents: [worker], tasks: [facts, text] });
  const inputs: JsonObject = { customer: { name: 'Ann', tags: [1, 2] } };
  await crew.kickoff({ inputs });
  const content = messagesOf(server, 0)[1]?.content;
  const json = '{"items":[{"name":"a & b"},{"name":"\\"c\\""}]}';
  expect(content).toContain('[a & b]["c"]');
  expect(content).toContain(`<result task="facts">\n${json}\n</result>`);
  expect(content).toContain('{"name":"Ann","tags":[1,2]}');
});
