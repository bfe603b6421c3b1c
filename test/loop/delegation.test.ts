import { expect, test } from 'vitest';
import { CrewError } from '../../src/errors.ts';
import type { Delegation } from '../../src/loop/delegation.ts';
import type { Json } from '../../src/spec/json.ts';
import type { TaskOutcome } from '../../src/spec/outcome.ts';
import { sumUsage } from '../../src/usage.ts';
import { outcomeOf } from './ctx.ts';
import { echo, lastAsked, say, work } from './work.ts';

interface Policy extends Delegation {
  /** Keys and how their children ended, in the order of `end`. */
  readonly ended: string[];
}

/** A policy that lets anybody but "nobody" do anything. */
function policyOf(reminder?: string): Policy {
  const ended: string[] = [];
  return {
    ended,
    tools: [{ name: 'delegate', description: 'Gives work away.', parameters: { type: 'object' } }],
    begin({ input }) {
      if (typeof input !== 'string') return { status: 'invalid', problems: ['coworker: missing'] };
      if (input === 'nobody') return { status: 'refused', code: 'TOOL_FAILED', text: 'There is no nobody.' };
      return { status: 'begun', kind: 'work', coworker: input, request: `do it, ${input}`, input: { coworker: input } };
    },
    end(key, { outcome }) {
      ended.push(`${key} ${outcome?.status}`);
    },
    unfinished: () => [],
    reminder: reminder === undefined ? undefined : () => reminder,
  };
}

function to(coworker: Json) {
  return { name: 'delegate', arguments: JSON.stringify(coworker) };
}

async function done(key: string, input: Json | undefined): Promise<TaskOutcome> {
  return outcomeOf(key, { raw: `done by ${JSON.stringify(input)}` });
}

test('a delegation becomes a child in the same tick, and its outcome answers the call', async () => {
  const delegation = policyOf();
  const { answer, model, ctx } = work(
    [{ toolCalls: [say('a'), to('Ann'), to('Bob')] }, 'ok'],
    { tools: [echo], delegation },
    { ctx: { child: done } },
  );
  await answer;
  expect(model.calls[0]?.request.tools?.map((tool) => tool.name)).toEqual(['echo', 'delegate']);
  expect(ctx.spawned).toEqual([
    { key: 'report/turn.1.tool.1', input: { coworker: 'Ann' } },
    { key: 'report/turn.1.tool.2', input: { coworker: 'Bob' } },
  ]);
  expect(lastAsked(model).slice(1)).toMatchObject([
    { content: 'echo: a' },
    { callId: 'call_1_2', content: 'done by {"coworker":"Ann"}' },
    { callId: 'call_1_3', content: 'done by {"coworker":"Bob"}' },
  ]);
});

test('children run at the same time; answers and ends come in the order of the calls', async () => {
  const delegation = policyOf();
  const running: string[] = [];
  let release = () => {};
  const child = async (key: string): Promise<TaskOutcome> => {
    running.push(key);
    if (key.endsWith('0')) await new Promise<void>((resolve) => (release = resolve));
    else release();
    return outcomeOf(key, { raw: key });
  };
  const { answer, model, ctx } = work(
    [{ toolCalls: [to('Ann'), to('Bob')] }, 'ok'],
    { delegation },
    { ctx: { child } },
  );
  await answer;
  expect(running).toHaveLength(2);
  expect(
    lastAsked(model)
      .slice(1)
      .map((message) => message.content),
  ).toEqual(['report/turn.1.tool.0', 'report/turn.1.tool.1']);
  expect(delegation.ended).toEqual(['report/turn.1.tool.0 done', 'report/turn.1.tool.1 done']);
  expect(ctx.eventsOf('delegation.end').map((event) => event.callId)).toHaveLength(2);
});

test('a delegation is told by one start and one end, with what it used', async () => {
  const usage = sumUsage([{ agent: 'Ann', model: 'm', inputTokens: 1, outputTokens: 2 }]);
  const child = async (key: string) => outcomeOf(key, { usage, durationMs: 30 });
  const { answer, ctx } = work([{ toolCalls: [to('Ann')] }, 'ok'], { delegation: policyOf() }, { ctx: { child } });
  await answer;
  const at = {
    taskName: 'report',
    agent: 'Writer',
    turn: 1,
    callId: 'report/turn.1.tool.0',
    kind: 'work',
    coworker: 'Ann',
  };
  expect(ctx.eventsOf('delegation.start')).toMatchObject([{ ...at, request: 'do it, Ann' }]);
  expect(ctx.eventsOf('delegation.end')).toMatchObject([{ ...at, durationMs: 30, usage }]);
  expect(ctx.eventsOf('tool.start')).toEqual([]);
});

test('what the policy refuses is told to the model, and nothing is started', async () => {
  const { answer, model, ctx } = work(
    [{ toolCalls: [to('nobody'), to(5), { name: 'delegate', arguments: '{' }] }, 'ok'],
    { delegation: policyOf() },
  );
  await answer;
  const contents = lastAsked(model)
    .slice(1)
    .map((message) => message.content);
  expect(contents.slice(0, 2)).toEqual([
    'There is no nobody.',
    'tool-arguments {"name":"delegate","problems":["coworker: missing"]}',
  ]);
  expect(contents[2]).toContain('JSON');
  expect(ctx.spawned).toEqual([]);
  expect(ctx.eventsOf('tool.end').map((event) => event.error?.code)).toEqual([
    'TOOL_FAILED',
    'TOOL_ARGS_INVALID',
    'TOOL_ARGS_INVALID',
  ]);
});

test('a child that failed is a failed tool to the model', async () => {
  const error = new CrewError('PROVIDER_DOWN', 'The provider is down.');
  const child = async (key: string) => outcomeOf(key, { status: 'failed', error });
  const { answer, model, ctx } = work(
    [{ toolCalls: [to('Ann')] }, 'ok'],
    { delegation: policyOf() },
    { ctx: { child } },
  );
  await answer;
  expect(lastAsked(model)[1]?.content).toBe('tool-failed {"name":"delegate","message":"The provider is down."}');
  expect(ctx.eventsOf('delegation.end')[0]?.error?.code).toBe('PROVIDER_DOWN');
});

test('a cancelled child ends its parent, once its siblings have ended too', async () => {
  const error = new CrewError('CANCELLED', 'The run was cancelled.');
  const child = async (key: string) =>
    key.endsWith('0') ? outcomeOf(key, { status: 'cancelled', error }) : outcomeOf(key, { raw: 'fine' });
  const { answer, ctx } = work([{ toolCalls: [to('Ann'), to('Bob')] }], { delegation: policyOf() }, { ctx: { child } });
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ctx.eventsOf('delegation.end')).toHaveLength(2);
});

test('a tool that is cancelled waits for the children of its turn', async () => {
  let ended = false;
  const { answer, ctx } = work(
    [{ toolCalls: [say('a'), to('Ann')] }],
    {
      delegation: policyOf(),
      tools: [
        {
          ...echo,
          check: async () => ({ ok: true, input: {}, needsApproval: false, run: () => Promise.reject(ctx.cancel()) }),
        },
      ],
    },
    {
      ctx: {
        child: async (key) => {
          for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
          ended = true;
          return outcomeOf(key, { status: 'cancelled', error: new CrewError('CANCELLED', 'The run was cancelled.') });
        },
      },
    },
  );
  await expect(answer).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(ended).toBe(true);
});

test('what breaks the child itself breaks the parent', async () => {
  const child = async () => Promise.reject(new CrewError('STEP_ORDER', 'oops'));
  const { answer, ctx } = work([{ toolCalls: [to('Ann')] }], { delegation: policyOf() }, { ctx: { child } });
  await expect(answer).rejects.toMatchObject({ code: 'STEP_ORDER' });
  expect(ctx.eventsOf('delegation.end')).toHaveLength(1);
});

test('an agent that answers without delegating is reminded once, then its answer stands', async () => {
  const { answer, model } = work(['My answer.', 'I insist.'], { delegation: policyOf('Ask Ann.') });
  expect((await answer).raw).toBe('I insist.');
  expect(lastAsked(model)).toEqual([
    { role: 'assistant', content: 'My answer.' },
    { role: 'user', content: 'Ask Ann.' },
  ]);
});

test('an agent that has delegated is not reminded', async () => {
  const { answer, model } = work(
    [{ toolCalls: [to('Ann')] }, 'ok'],
    { delegation: policyOf('Ask Ann.') },
    { ctx: { child: done } },
  );
  await answer;
  expect(model.calls).toHaveLength(2);
});

test('an agent that may not call tools any more is not reminded', async () => {
  const { answer } = work(['My answer.'], { delegation: policyOf('Ask Ann.'), maxTurns: 1 });
  expect((await answer).raw).toBe('My answer.');
});
