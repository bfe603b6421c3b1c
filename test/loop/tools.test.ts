import { expect, test } from 'vitest';
import { z } from 'zod';
import { tool } from '../../src/tool.ts';
import { echo, lastAsked, say, shapeOf, work } from './work.ts';

const NOTHING = z.object({});

function toolOf(execute: () => unknown, more: { maxUses?: number; resultAsAnswer?: boolean } = {}) {
  return tool({ name: 'act', description: 'Acts.', input: NOTHING, execute, ...more });
}

/** What the model was told by the only call of its first turn. */
async function told(execute: () => unknown): Promise<string | undefined> {
  const { answer, model } = work([{ toolCalls: [{ name: 'act', arguments: {} }] }, 'ok'], { tools: [toolOf(execute)] });
  await answer;
  return lastAsked(model)[1]?.content;
}

test('all calls of a turn run at the same time and are answered in order', async () => {
  const running: string[] = [];
  const release: (() => void)[] = [];
  const slow = tool({
    name: 'slow',
    description: 'Waits for its sibling.',
    input: z.object({ text: z.string() }),
    execute: async ({ text }) => {
      running.push(text);
      if (running.length === 2) for (const go of release) go();
      else await new Promise<void>((resolve) => release.push(resolve));
      return text;
    },
  });
  const calls = ['a', 'b'].map((text) => ({ name: 'slow', arguments: { text } }));
  const { answer, model, ctx } = work([{ text: 'Looking.', toolCalls: calls }, 'done'], { tools: [slow] });
  await answer;
  expect(running).toEqual(['a', 'b']);
  expect(lastAsked(model)).toEqual([
    {
      role: 'assistant',
      content: 'Looking.',
      toolCalls: [
        { id: 'call_1_1', name: 'slow', arguments: '{"text":"a"}' },
        { id: 'call_1_2', name: 'slow', arguments: '{"text":"b"}' },
      ],
    },
    { role: 'tool', callId: 'call_1_1', name: 'slow', content: 'a' },
    { role: 'tool', callId: 'call_1_2', name: 'slow', content: 'b' },
  ]);
  expect(ctx.ticks).toEqual([['turn.1.model'], ['turn.1.tool.0', 'turn.1.tool.1'], ['turn.2.model']]);
});

test('a call that throws is told to the model, and its siblings are answered all the same', async () => {
  const broken = toolOf(() => {
    throw new Error('disk on fire');
  });
  const { answer, model } = work([{ toolCalls: [{ name: 'act', arguments: {} }, say('hi')] }, 'ok'], {
    tools: [broken, echo],
  });
  expect((await answer).raw).toBe('ok');
  expect(
    lastAsked(model)
      .slice(1)
      .map((message) => message.content),
  ).toEqual(['tool-failed {"name":"act","message":"disk on fire"}', 'echo: hi']);
});

test('an unknown tool is answered with the names there are, whatever its case', async () => {
  const { answer, model } = work(
    [
      {
        toolCalls: [
          { name: 'Echo', arguments: { text: 'a' } },
          { name: '', arguments: {} },
        ],
      },
      'ok',
    ],
    {
      tools: [echo],
    },
  );
  await answer;
  expect(
    lastAsked(model)
      .slice(1)
      .map((message) => message.content),
  ).toEqual(['tool-unknown {"name":"Echo","tools":["echo"]}', 'tool-unknown {"name":"","tools":["echo"]}']);
});

test('an agent without tools that calls one is told so', async () => {
  const { answer, model } = work([{ toolCalls: [say('a')] }, 'ok']);
  await answer;
  expect(lastAsked(model).at(-1)?.content).toBe('tool-unknown {"name":"echo","tools":[]}');
});

test('wrong arguments are told with their path, and can be mended', async () => {
  const { answer, model } = work(
    [
      { toolCalls: [{ name: 'echo', arguments: { text: 5 } }] },
      { toolCalls: [{ name: 'echo', arguments: { text: 'a', loud: true } }] },
      { toolCalls: [{ name: 'echo', arguments: '{"text": ' }] },
      { toolCalls: [say('a')] },
      'ok',
    ],
    { tools: [echo] },
  );
  await answer;
  const contents = lastAsked(model)
    .filter((message) => message.role === 'tool')
    .map((message) => message.content);
  expect(contents[0]).toContain('text: ');
  expect(contents[1]).toBe('tool-arguments {"name":"echo","problems":["loud: there is no such field"]}');
  expect(contents[2]).toContain('JSON');
  expect(contents[3]).toBe('echo: a');
});

test('arguments that are an empty text are no arguments', async () => {
  const { answer, model } = work([{ toolCalls: [{ name: 'act', arguments: '' }] }, 'ok'], {
    tools: [toolOf(() => 'fine')],
  });
  await answer;
  expect(lastAsked(model).at(-1)?.content).toBe('fine');
});

test('keys that would reach a prototype never arrive', async () => {
  let seen: unknown;
  const open = tool({
    name: 'act',
    description: 'Takes anything.',
    input: { type: 'object' },
    execute: (input) => {
      seen = input;
    },
  });
  const { answer } = work(
    [{ toolCalls: [{ name: 'act', arguments: '{"__proto__": {"polluted": true}, "a": 1}' }] }, 'ok'],
    {
      tools: [open],
    },
  );
  await answer;
  expect(seen).toEqual({ a: 1 });
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('wrong arguments are told three turns in a row, then the task fails', async () => {
  const wrong = { toolCalls: [{ name: 'echo', arguments: '{' }] };
  const { answer, model } = work([wrong, wrong, wrong, wrong], { tools: [echo] });
  await expect(answer).rejects.toMatchObject({ code: 'TOOL_ARGS_INVALID', taskName: 'report', agent: 'Writer' });
  expect(() => model.verify()).not.toThrow();
});

test('one good call among wrong ones starts the count again', async () => {
  const wrong = { toolCalls: [{ name: 'echo', arguments: '{' }] };
  const mixed = { toolCalls: [{ name: 'echo', arguments: '{' }, say('a')] };
  const { answer } = work([wrong, wrong, wrong, mixed, wrong, wrong, wrong, 'ok'], { tools: [echo] });
  expect((await answer).raw).toBe('ok');
});

test('results reach the model as text: strings as they are, anything else as JSON', async () => {
  expect(await told(() => 'plain "text"')).toBe('plain "text"');
  expect(await told(() => ({ a: [1, null, true] }))).toBe('{"a":[1,null,true]}');
  expect(await told(() => 0)).toBe('0');
  expect(await told(() => null)).toBe('null');
  expect(await told(() => undefined)).toBe('done');
  expect(await told(async () => 'later')).toBe('later');
});

test('a result that is not JSON is told as an error with its path', async () => {
  expect(await told(() => ({ when: [new Date(0)] }))).toBe(
    'tool-failed {"name":"act","message":"result.when[0] is a Date, which JSON cannot hold"}',
  );
  expect(await told(() => Number.NaN)).toContain('result is NaN');
});

test('empty and repeated call ids are given again, so that each call has its own', async () => {
  const { answer, model } = work(
    [
      { toolCalls: [say('a', ''), say('b', 'x'), say('c', 'x')] },
      { toolCalls: [say('d', 'x'), say('e', 'call_1_0')] },
      'ok',
    ],
    { tools: [echo] },
  );
  await answer;
  const answered = lastAsked(model).flatMap((message) =>
    message.role === 'tool' ? [[message.callId, message.content]] : [],
  );
  expect(answered).toEqual([
    ['call_1_0', 'echo: a'],
    ['x', 'echo: b'],
    ['call_1_2', 'echo: c'],
    ['call_2_0', 'echo: d'],
    ['call_2_1', 'echo: e'],
  ]);
});

test('maxUses counts over the task, and calls with wrong arguments do not count', async () => {
  const limited = { ...echo, maxUses: 2 };
  const { answer, model } = work(
    [
      { toolCalls: [{ name: 'echo', arguments: '{' }, say('a')] },
      { toolCalls: [say('b'), say('c')] },
      { toolCalls: [say('d')] },
      'ok',
    ],
    { tools: [limited] },
  );
  await answer;
  const contents = lastAsked(model)
    .filter((message) => message.role === 'tool')
    .map((message) => message.content);
  expect(contents.slice(1)).toEqual([
    'echo: a',
    'echo: b',
    'tool-uses {"name":"echo","maxUses":2}',
    'tool-uses {"name":"echo","maxUses":2}',
  ]);
});

test('within one turn, too, only calls that are made count, in their order', async () => {
  const limited = { ...echo, maxUses: 1 };
  const { answer, model } = work(
    [
      { toolCalls: [{ name: 'echo', arguments: '{' }, { name: 'echo', arguments: { text: 1 } }, say('a'), say('b')] },
      { toolCalls: [say('c')] },
      'ok',
    ],
    { tools: [limited] },
  );
  await answer;
  const contents = lastAsked(model)
    .filter((message) => message.role === 'tool')
    .map((message) => message.content.split(' {')[0]);
  expect(contents).toEqual(['tool-arguments', 'tool-arguments', 'echo: a', 'tool-uses', 'tool-uses']);
});

test('a call whose arguments were still being checked when the run was cancelled is not made', async () => {
  const ran: string[] = [];
  const slow = {
    ...echo,
    check: async () => {
      ctx.cancel();
      return { ok: true, input: {}, needsApproval: false, run: () => ran.push('ran') } as const;
    },
  };
  const { answer, ctx } = work([{ toolCalls: [say('a')] }], { tools: [slow] });
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ran).toEqual([]);
});

test('a tool is given its run, the inputs, its task, a signal and a key of its own', async () => {
  const scopes: unknown[] = [];
  const spy = tool({
    name: 'act',
    description: 'Looks.',
    input: NOTHING,
    execute: (_, scope) => void scopes.push(scope),
  });
  const call = { name: 'act', arguments: {} };
  const { answer } = work([{ toolCalls: [call, call] }, 'ok'], { tools: [spy] });
  await answer;
  expect(scopes).toMatchObject([
    { runId: 'run-1', taskName: 'report', key: 'run-1/report/turn.1.tool.0', inputs: { topic: 'otters' } },
    { runId: 'run-1', taskName: 'report', key: 'run-1/report/turn.1.tool.1' },
  ]);
});

test('each call is told by one start and one end, with what the model is shown', async () => {
  const { answer, ctx } = work([{ toolCalls: [say('hi'), { name: 'nope', arguments: {} }] }, 'ok'], { tools: [echo] });
  await answer;
  expect(ctx.eventsOf('tool.start')).toMatchObject([
    { tool: 'echo', arguments: '{"text":"hi"}', turn: 1, callId: 'report/turn.1.tool.0', agent: 'Writer' },
    { tool: 'nope', callId: 'report/turn.1.tool.1' },
  ]);
  expect(ctx.eventsOf('tool.end')).toMatchObject([
    { tool: 'nope', callId: 'report/turn.1.tool.1', error: { code: 'TOOL_FAILED' } },
    { tool: 'echo', callId: 'report/turn.1.tool.0', result: 'echo: hi' },
  ]);
});

test('a tool that fails because the run was cancelled ends the task', async () => {
  const { answer, ctx } = work([{ toolCalls: [{ name: 'act', arguments: {} }, say('a')] }], {
    tools: [
      toolOf(async () => {
        ctx.cancel();
        throw new Error('aborted');
      }),
      echo,
    ],
  });
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ctx.eventsOf('tool.end')).toHaveLength(2);
  expect(ctx.eventsOf('tool.end').some((event) => event.error?.code === 'CANCELLED')).toBe(true);
  expect(ctx.eventsOf('model.start')).toHaveLength(1);
});

test('resultAsAnswer ends the task with the result, after all calls of the turn were made', async () => {
  const final = toolOf(() => 'The answer.', { resultAsAnswer: true });
  const { answer, model, ctx } = work([{ toolCalls: [{ name: 'act', arguments: {} }, say('a')] }], {
    tools: [final, echo],
  });
  expect(await answer).toEqual({ output: 'The answer.', raw: 'The answer.', tainted: true });
  expect(model.calls).toHaveLength(1);
  expect(ctx.eventsOf('tool.end')).toHaveLength(2);
});

test('a resultAsAnswer tool that fails does not end the task', async () => {
  const final = toolOf(
    () => {
      throw new Error('no');
    },
    { resultAsAnswer: true },
  );
  const { answer } = work([{ toolCalls: [{ name: 'act', arguments: {} }] }, 'My own answer.'], { tools: [final] });
  expect((await answer).raw).toBe('My own answer.');
});

test('a result that is the answer must fit the schema, and the model may mend it', async () => {
  let count = 'three';
  const final = tool({
    name: 'act',
    description: 'Counts.',
    input: NOTHING,
    execute: () => ({ count }),
    resultAsAnswer: true,
  });
  const act = { toolCalls: [{ name: 'act', arguments: {} }] };
  const { answer, model } = work(
    [
      act,
      () => {
        count = '';
        return { text: '{"count": 3}' };
      },
    ],
    { tools: [final], output: shapeOf(z.object({ count: z.number() })) },
  );
  expect((await answer).output).toEqual({ count: 3 });
  expect(lastAsked(model).map((message) => message.role)).toEqual(['assistant', 'tool', 'user']);
  expect(lastAsked(model).at(-1)?.content).toContain('count: ');
});
