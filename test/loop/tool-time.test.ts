import { expect, test } from 'vitest';
import { z } from 'zod';
import { realRuntime } from '../../src/internal/runtime.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { tool } from '../../src/tool.ts';
import { lastAsked, work } from './work.ts';

const input = z.object({});
const call = (name: string) => ({ toolCalls: [{ name, arguments: {} }] });

test('a tool that never answers and ignores its signal is answered for at its deadline, and the task goes on', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  let answerLate: ((text: string) => void) | undefined;
  const signals: AbortSignal[] = [];
  const hang = tool({
    name: 'hang',
    description: 'Hangs.',
    input,
    timeoutMs: 1_000,
    execute: (_, { signal }) => {
      signals.push(signal);
      return new Promise<string>((resolve) => {
        answerLate = resolve;
      });
    },
  });
  const { answer, ctx, model } = work([call('hang'), 'went on'], { tools: [hang] }, { ctx: { runtime: clock } });
  expect((await clock.until(answer)).raw).toBe('went on');
  expect(clock.monotonic()).toBe(1_000);
  expect(lastAsked(model)[1]?.content).toContain('it did not answer within 1 s.');
  expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  answerLate?.('too late');
  await new Promise(setImmediate);
  const ends = ctx.eventsOf('tool.end');
  expect(ends.map(({ tool: name, error }) => [name, error?.code])).toEqual([['hang', 'TOOL_TIMEOUT']]);
  expect(ctx.eventsOf('log').map(({ level, message }) => [level, message])).toEqual([
    [
      'warn',
      expect.stringContaining('tool "hang" is left behind: it had not ended when its time was over (TOOL_TIMEOUT)'),
    ],
    ['info', expect.stringContaining('tool "hang" returned after it had been left behind')],
  ]);
  // Of the tool's, nothing is left; the bound of a model call may still stand.
  expect(clock.bounds + clock.scheduled).toBeLessThanOrEqual(1);
});

test('arguments that are checked for ever, and a tool that only fails late, end at the deadline, too', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  const slowly = { ...tool({ name: 'slowly', description: 'x', input, timeoutMs: 50, execute: () => 1 }) };
  const checking = { ...slowly, name: 'checking', check: () => new Promise<never>(() => {}) };
  const { answer, ctx } = work([call('checking'), 'ok'], { tools: [checking] }, { ctx: { runtime: clock } });
  await clock.until(answer);
  expect(clock.monotonic()).toBe(50);
  expect(ctx.eventsOf('tool.end').map(({ error }) => error?.code)).toEqual(['TOOL_TIMEOUT']);
});

test('a call whose arguments were checked too late is not made any more', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  let ran = 0;
  const run = () => {
    ran += 1;
  };
  const made = tool({ name: 'late', description: 'x', input, timeoutMs: 50, execute: run });
  const check = () => clock.sleep(80).then(() => ({ ok: true, input: {}, needsApproval: false, run }) as const);
  const script = [call('late'), async () => clock.sleep(100).then(() => 'ok')];
  const { answer } = work(script, { tools: [{ ...made, check }] }, { ctx: { runtime: clock } });
  expect((await clock.until(answer)).raw).toBe('ok');
  expect([ran, clock.monotonic()]).toEqual([0, 150]);
});

test('a tool that heeds neither signal nor cancellation is left behind after the grace, and named', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  const deaf = tool({ name: 'deaf', description: 'x', input, execute: () => new Promise<never>(() => {}) });
  const { answer, ctx } = work([call('deaf')], { tools: [deaf], cancelGraceMs: 300 }, { ctx: { runtime: clock } });
  clock.timer(100, () => ctx.cancel());
  const error = await clock.until(answer.catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({ code: 'CANCELLED', cause: { code: 'TOOL_ABANDONED' } });
  expect(clock.monotonic()).toBe(400);
  expect(ctx.eventsOf('tool.end').map((end) => end.error?.code)).toEqual(['TOOL_ABANDONED']);
  expect(clock.bounds + clock.scheduled).toBe(0);
});

test('a tool that ends within the grace is waited for, and then the task is cancelled', async () => {
  const clock = fakeClock();
  const tidy = tool({ name: 'tidy', description: 'x', input, execute: () => clock.sleep(200).then(() => 'tidied') });
  const { answer, ctx } = work([call('tidy')], { tools: [tidy] }, { ctx: { runtime: clock } });
  clock.timer(100, () => ctx.cancel());
  const error = await clock.until(answer.catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({ code: 'CANCELLED' });
  expect(clock.monotonic()).toBe(200);
  expect(ctx.eventsOf('tool.start')).toHaveLength(1);
  expect(ctx.eventsOf('tool.end')).toHaveLength(1);
});

test('when its task runs out of time, a tool gets no grace', async () => {
  const clock = fakeClock({ patienceMs: 5 });
  const deaf = tool({ name: 'deaf', description: 'x', input, execute: () => new Promise<never>(() => {}) });
  const { answer, ctx } = work([call('deaf')], { tools: [deaf] }, { ctx: { runtime: clock } });
  ctx.limitTime(1_000, { overdue: () => Object.assign(new Error('over'), { code: 'TIMEOUT' }) as never });
  const error = await clock.until(answer.catch((thrown: unknown) => thrown));
  expect(error).toMatchObject({ code: 'TIMEOUT' });
  expect(clock.monotonic()).toBe(1_000);
});

test('a tool that keeps the event loop is named in a log event, once', async () => {
  let now = 0;
  const runtime = { ...realRuntime, monotonic: () => now };
  const busy = tool({
    name: 'busy',
    description: 'x',
    input,
    execute: () => {
      now += 1_500;
      return 'computed';
    },
  });
  const quick = tool({ name: 'quick', description: 'x', input, execute: () => 'done' });
  const { answer, ctx } = work(
    [{ toolCalls: [...call('quick').toolCalls, ...call('busy').toolCalls] }, 'ok'],
    { tools: [quick, busy] },
    { ctx: { runtime } },
  );
  await answer;
  expect(ctx.eventsOf('log').map(({ level, message }) => [level, message])).toEqual([
    ['warn', expect.stringMatching(/^Nothing in this process could go on for 1500 ms while tool "busy" was at work\./)],
  ]);
});

test('it is noticed as well when a tool computes only after a while, and nobody looks when no tool is at work', async () => {
  const watching: ((ms: number) => void)[] = [];
  let stopped = 0;
  const watchLoop = (onBlocked: (ms: number) => void) => {
    watching.push(onBlocked);
    return () => {
      stopped += 1;
    };
  };
  const later = tool({
    name: 'later',
    description: 'x',
    input,
    execute: async () => {
      await null;
      for (const watcher of watching) watcher(2_000);
      for (const watcher of watching) watcher(3_000);
      return 'done';
    },
  });
  const { answer, ctx } = work(
    [call('later'), 'ok'],
    { tools: [later] },
    { ctx: { runtime: { ...realRuntime, watchLoop } } },
  );
  await answer;
  expect(ctx.eventsOf('log').map(({ message }) => message)).toEqual([
    expect.stringContaining('for 2000 ms while tool "later"'),
  ]);
  expect([watching.length, stopped]).toEqual([1, 1]);
});

test('a tool that keeps the event loop beyond its time has taken too long, although no timer could say so', async () => {
  let now = 0;
  const runtime = { ...realRuntime, monotonic: () => now };
  const signals: AbortSignal[] = [];
  const taking = (name: string, ms: number) =>
    tool({
      name,
      description: 'x',
      input,
      timeoutMs: 200,
      execute: (_, { signal }) => {
        signals.push(signal);
        now += ms;
        return 'computed';
      },
    });
  const { answer, ctx, model } = work(
    [{ toolCalls: [...call('just').toolCalls, ...call('over').toolCalls] }, 'ok'],
    { tools: [taking('just', 200), taking('over', 201)] },
    { ctx: { runtime } },
  );
  await answer;
  const ends = ctx.eventsOf('tool.end').map(({ tool: name, error }) => [name, error?.code]);
  expect(ends.sort()).toEqual([
    ['just', undefined],
    ['over', 'TOOL_TIMEOUT'],
  ]);
  expect(signals.map((signal) => signal.aborted)).toEqual([false, true]);
  expect(lastAsked(model).at(-1)?.content).toContain('it did not answer within 200 ms.');
});
