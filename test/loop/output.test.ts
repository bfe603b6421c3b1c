import { expect, test } from 'vitest';
import { z } from 'zod';
import { findJson } from '../../src/loop/find-json.ts';
import { echo, lastAsked, SYSTEM, say, shapeOf, USER, work } from './work.ts';

const COUNT = shapeOf(z.object({ count: z.number() }));

test('the answer is read by the schema, and raw is its JSON text', async () => {
  const { answer } = work(['Here it is:\n```json\n{ "count": 3, "extra": 1 }\n```\nEnjoy!'], { output: COUNT });
  expect(await answer).toEqual({ output: { count: 3 }, raw: '{"count":3}', tainted: false });
});

test('a model with a JSON mode is given the schema, another is not', async () => {
  const able = work(['{"count": 1}'], { output: COUNT }, { model: { jsonSchema: true } });
  await able.answer;
  expect(able.model.calls[0]?.request.output).toEqual({ name: 'report', schema: COUNT.jsonSchema });
  const unable = work(['{"count": 1}'], { output: COUNT });
  await unable.answer;
  expect(unable.model.calls[0]?.request.output).toBeUndefined();
});

test('only an object goes to the JSON mode; other shapes are validated all the same', async () => {
  const list = work(['[1, "2"]', '[1, 2]'], { output: shapeOf(z.array(z.number())) }, { model: { jsonSchema: true } });
  expect((await list.answer).output).toEqual([1, 2]);
  expect(list.model.calls[0]?.request.output).toBeUndefined();
  const number = work(['```\n42\n```'], { output: shapeOf(z.number()) });
  expect((await number.answer).output).toBe(42);
  const choice = shapeOf(z.enum(['yes', 'no']));
  expect(await work([' yes\n'], { output: choice }).answer).toEqual({ output: 'yes', raw: '"yes"', tainted: false });
  expect(await work(['"no"'], { output: choice }).answer).toEqual({ output: 'no', raw: '"no"', tainted: false });
});

test('a wrong answer is sent back into the same conversation with the exact paths', async () => {
  const { answer, model } = work(['{"count": "3"}', '{"count": 3}'], { output: COUNT });
  expect((await answer).output).toEqual({ count: 3 });
  const asked = model.calls[1]?.request.messages;
  expect(asked?.slice(0, 3)).toEqual([SYSTEM, USER, { role: 'assistant', content: '{"count": "3"}' }]);
  expect(asked?.at(-1)?.content).toContain('output-repair {"problems":["count: ');
  expect(asked?.at(-1)?.content).toContain('"schema":"{');
});

test('a model with a JSON mode is not told the schema again', async () => {
  const { answer, model } = work(['{}', '{"count": 3}'], { output: COUNT }, { model: { jsonSchema: true } });
  await answer;
  expect(lastAsked(model).at(-1)?.content).not.toContain('schema');
});

test('an agent with tools may use them between a wrong answer and the right one', async () => {
  const { answer, model } = work(
    [{ toolCalls: [say('a')] }, '{"count": "many"}', { toolCalls: [say('b')] }, '{"count": 2}'],
    {
      tools: [echo],
      output: COUNT,
    },
  );
  expect((await answer).output).toEqual({ count: 2 });
  expect(lastAsked(model).map((message) => message.role)).toEqual([
    'assistant',
    'tool',
    'assistant',
    'user',
    'assistant',
    'tool',
  ]);
});

test('after three repairs the task fails, with the last answer and what is wrong with it', async () => {
  const { answer, records } = work(['one', 'two', 'three', '{"count": "four"}'], { output: COUNT });
  await expect(answer).rejects.toMatchObject({
    code: 'OUTPUT_INVALID',
    text: '{"count": "four"}',
    taskName: 'report',
    agent: 'Writer',
  });
  await expect(answer).rejects.toThrow('count: ');
  expect(records).toHaveLength(4);
});

test('an output that its schema makes into something else than JSON is an error with its path', async () => {
  const dates = {
    ...COUNT,
    schema: z.object({ count: z.number() }).transform(({ count }) => ({ days: [new Date(count)] })),
  };
  await expect(work(['{"count": 1}'], { output: dates }).answer).rejects.toMatchObject({
    code: 'OUTPUT_NOT_JSON',
    message: expect.stringContaining('output.days[0] is a Date'),
  });
});

test('a schema that throws fails the task as its own code', async () => {
  const cause = new Error('oops');
  const broken = shapeOf(
    z.object({ count: z.number() }).refine(() => {
      throw cause;
    }),
  );
  await expect(work(['{"count": 1}'], { output: broken }).answer).rejects.toMatchObject({ code: 'TASK_FAILED', cause });
});

test.each([
  ['the whole', '{"a":1}', { a: 1 }],
  ['with spaces', ' \n{"a":1}\n', { a: 1 }],
  ['fenced', '```json\n{"a":1}\n```', { a: 1 }],
  ['fenced among sentences', 'Sure!\n```\n{"a":1}\n```\nBye.', { a: 1 }],
  ['among sentences', 'The result is {"a":{"b":"}"}} as asked.', { a: { b: '}' } }],
  ['with fences inside', '{"a":"```json\\n{}\\n```"}', { a: '```json\n{}\n```' }],
  ['after brackets of another kind', 'As in [1] and [2]: {"a":"\\"{"}', { a: '"{' }],
  ['after braces that are no JSON', 'With {placeholders}: {"a":1}', { a: 1 }],
])('a JSON object is found %s', (_, text, value) => {
  expect(findJson(text, 'object')).toEqual({ ok: true, value });
});

test.each([
  ['none', 'I could not do it.'],
  ['a cut one', '{"a": [1, 2'],
  ['two', '{"a":1} or {"a":2}'],
  ['one too deep', `${'{"a":'.repeat(70)}1${'}'.repeat(70)}`],
])('a text with %s is refused with a reason', (_, text) => {
  const found = findJson(text, 'object');
  expect(found.ok ? undefined : found.problem).toMatch(/JSON|levels/);
});

test.each([
  '{',
  '[',
  '"',
  '\\',
  '```',
  '{"',
  '[{',
  '}',
  '{}',
  '{]',
  '"{',
  '\\"',
  '<',
  '{"a":',
  '{"a":1},',
  '`',
  '\n',
  '```json\n',
  '[[]',
  '{\\"',
])('a megabyte of %j is read through', (pump) => {
  // Anything worse than linear would not end before the test does.
  const { ok } = findJson(pump.repeat(Math.ceil(1_000_000 / pump.length)), 'object');
  expect(ok).toBe(false);
});
