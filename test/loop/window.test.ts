import { expect, test } from 'vitest';
import { z } from 'zod';
import { ModelError } from '../../src/errors.ts';
import type { Message } from '../../src/spec/message.ts';
import type { ModelRequest } from '../../src/spec/model.ts';
import { tool } from '../../src/tool.ts';
import { SYSTEM, USER, work } from './work.ts';

const LENGTH = 40_000;
const read = tool({
  name: 'read',
  description: 'Reads.',
  input: z.object({ part: z.number() }),
  execute: ({ part }) => `begin ${part} ${'.'.repeat(LENGTH)} end ${part}`,
});
const reading = (part: number) => ({ toolCalls: [{ name: 'read', arguments: { part } }] });
const size = (messages: readonly Message[]) => messages.reduce((sum, { content }) => sum + content.length, 0);

/** Answers by `reply` what has at most `most` characters, as a provider with a small window does. */
function upTo(most: number, reply: (request: ModelRequest) => string | object) {
  return (request: ModelRequest) =>
    size(request.messages) > most ? new ModelError('CONTEXT_OVERFLOW', 'too long') : reply(request);
}

function wellFormed(messages: readonly Message[]): void {
  expect(messages.slice(0, 2)).toEqual([SYSTEM, USER]);
  const open: string[] = [];
  for (const message of messages) {
    if (message.role === 'tool') expect(open.shift()).toBe(message.callId);
    else {
      expect(open).toEqual([]);
      if (message.role === 'assistant') open.push(...(message.toolCalls ?? []).map(({ id }) => id));
    }
  }
  expect(open).toEqual([]);
}

test('where the model says how much it takes, the oldest outputs are trimmed before it is too much', async () => {
  const { answer, model, ctx } = work(
    [reading(1), reading(2), reading(3), 'done'],
    { tools: [read] },
    {
      model: { contextWindow: 28_000 },
    },
  );
  expect((await answer).raw).toBe('done');
  expect(model.calls).toHaveLength(4);
  for (const { request } of model.calls) {
    wellFormed(request.messages);
    expect(size(request.messages)).toBeLessThan(28_000 * 4);
  }
  const results = model.calls[3]?.request.messages.filter(({ role }) => role === 'tool') ?? [];
  expect(results.map(({ content }) => content.length > LENGTH)).toEqual([false, true, true]);
  expect(results[0]?.content).toMatch(/^begin 1 [\s\S]*left-out \{"count":\d+\}[\s\S]* end 1$/);
  expect(ctx.eventsOf('tool.end').every(({ result }) => result.length > LENGTH)).toBe(true);
});

test('when the provider says that it is too much, outputs are trimmed and the call is made again', async () => {
  const last = upTo(60_000, () => 'done');
  const { answer, model, ctx } = work([reading(1), reading(2), last, last], { tools: [read] });
  expect((await answer).raw).toBe('done');
  expect(ctx.started).toContain('turn.3.model.fitted.1!');
  for (const { request } of model.calls) wellFormed(request.messages);
});

test('when trimming is not enough, the model sums up what was, once, and the last turn stays as it was', async () => {
  const chatty = (part: number) => ({ ...reading(part), text: `thinking ${part} ${'x'.repeat(30_000)}` });
  const small = upTo(40_000, ({ messages }) =>
    messages[0]?.content.startsWith('summary') ? 'notes: 1 and 2' : 'done',
  );
  const script = [chatty(1), chatty(2), ...Array.from({ length: 5 }, () => small)];
  const { answer, model, ctx, records } = work(script, { tools: [read] });
  expect((await answer).raw).toBe('done');
  expect(ctx.started.filter((name) => name.includes('summary'))).toEqual(['turn.3.summary!']);
  const messages = model.calls.at(-1)?.request.messages ?? [];
  wellFormed(messages);
  expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'user', 'assistant', 'tool']);
  expect(messages[2]?.content).toContain('notes: 1 and 2');
  expect(messages[3]?.content).toContain('thinking 2');
  expect(records).toHaveLength(model.calls.length);
});

test('what cannot be made to fit ends the task, naming the largest parts', async () => {
  const never = Array.from({ length: 9 }, () => new ModelError('CONTEXT_OVERFLOW', 'too long'));
  const { answer, model } = work([reading(1), reading(2), ...never], { tools: [read] });
  const error = await answer.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'CONTEXT_OVERFLOW', taskName: 'report', agent: 'Writer' });
  expect(String(Object(error).message)).toMatch(/Its largest parts: a result of read \(about \d+ tokens\)/);
  expect(model.calls.length).toBeLessThan(9);
  const huge = { ...USER, content: 'u'.repeat(9_000) };
  const declared = work(['never asked'], { messages: [SYSTEM, huge] }, { model: { contextWindow: 2_000 } });
  await expect(declared.answer).rejects.toThrow('context window of model "scripted" of 2000 tokens');
  expect(declared.model.calls).toHaveLength(0);
});

test('an output of ten megabytes is kept whole, and the model reads its beginning and its end', async () => {
  const text = `begin${'0123456789'.repeat(1_000_000)}end`;
  const big = tool({ name: 'big', description: 'x', input: z.object({}), execute: () => text });
  const { answer, model, ctx } = work([{ toolCalls: [{ name: 'big', arguments: {} }] }, 'ok'], {
    tools: [big],
    maxPromptChars: 1_000,
  });
  await answer;
  const told = model.calls[1]?.request.messages.at(-1)?.content ?? '';
  expect(told.length).toBeLessThan(1_100);
  expect(told).toMatch(/^begin0[\s\S]*left-out \{"count":9999008\}[\s\S]*9end$/);
  expect(ctx.eventsOf('tool.end')[0]?.result === text).toBe(true);
});
