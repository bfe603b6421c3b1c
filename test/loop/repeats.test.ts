import { expect, test } from 'vitest';
import { z } from 'zod';
import { type Tool, tool } from '../../src/tool.ts';
import { echo, lastAsked, say, work } from './work.ts';

const turns = (count: number, make: (turn: number) => object | string) =>
  Array.from({ length: count }, (_, turn) => ({ toolCalls: [{ name: 'look', arguments: make(turn) }] }));

function look(results: (call: number) => string): Tool {
  let calls = 0;
  const execute = () => {
    calls += 1;
    return results(calls);
  };
  return tool({ name: 'look', description: 'Looks.', input: z.object({ at: z.any(), b: z.any() }).partial(), execute });
}

test('after the third same call with the same result the model is told, and the fifth ends the task', async () => {
  const { answer, model } = work(
    turns(9, () => ({ at: 'x' })),
    { tools: [look(() => 'nothing')] },
  );
  await expect(answer).rejects.toMatchObject({
    code: 'LOOP_DETECTED',
    message: expect.stringContaining('"look" in 5 turns'),
  });
  expect(model.calls).toHaveLength(5);
  const told = lastAsked(model).flatMap(({ role, content }) => (role === 'tool' ? [content] : []));
  expect(told.map((content) => content.includes('tool-repeated'))).toEqual([false, false, true, true]);
  expect(told[2]).toBe('nothing\n\ntool-repeated {"name":"look","count":3}');
});

test('the order of fields and white space make no other call; other arguments do', async () => {
  const same = [{ at: 1, b: { c: 2, d: 3 } }, '{"b":{"d":3,"c":2},"at":1}', '{ "b" : { "c": 2, "d": 3 }, "at": 1 }'];
  const script = turns(9, (turn) => same[turn % 3] ?? {});
  await expect(work(script, { tools: [look(() => 'nothing')] }).answer).rejects.toMatchObject({
    code: 'LOOP_DETECTED',
  });
  const different = [...turns(8, (turn) => ({ at: turn })), 'done'];
  expect((await work(different, { tools: [look(() => 'nothing')] }).answer).raw).toBe('done');
});

test('asking again while the result changes is no loop', async () => {
  const { answer, model } = work([...turns(12, () => ({ at: 'x' })), 'ready'], {
    tools: [look((call) => (call % 3 === 0 ? 'half done' : `step ${call}`))],
  });
  expect((await answer).raw).toBe('ready');
  expect(JSON.stringify(lastAsked(model))).not.toContain('tool-repeated');
});

test('two calls in turn are a loop each, and many of one call in a single turn are none', async () => {
  const script = Array.from({ length: 20 }, (_, turn) => ({ toolCalls: [say(turn % 2 === 0 ? 'a' : 'b')] }));
  const { answer, model } = work(script, { tools: [echo] });
  await expect(answer).rejects.toMatchObject({ code: 'LOOP_DETECTED' });
  expect(model.calls).toHaveLength(9);
  const once = work([{ toolCalls: Array.from({ length: 9 }, () => say('a')) }, 'ok'], { tools: [echo] });
  expect((await once.answer).raw).toBe('ok');
});

test('a tool that fails the same way each time, and a name that does not exist, are loops as well', async () => {
  const fails = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({}),
    execute: () => {
      throw new Error('closed');
    },
  });
  await expect(
    work(
      turns(9, () => ({})),
      { tools: [fails] },
    ).answer,
  ).rejects.toMatchObject({ code: 'LOOP_DETECTED' });
  await expect(
    work(
      turns(9, () => ({})),
      { tools: [echo] },
    ).answer,
  ).rejects.toMatchObject({ code: 'LOOP_DETECTED' });
});
