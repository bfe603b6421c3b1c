import assert from 'node:assert/strict';
import { CrewError } from '../../errors.ts';
import type { Ctx, Overdue, TaskCtx } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import {
  type EngineCase,
  gate,
  outcomeOf,
  outputOf,
  probe,
  programOf,
  refusal,
  reported,
  silent,
} from '../engine-probe.ts';

const LATE: Overdue = { overdue: (ms) => new CrewError('TIMEOUT', `${ms} ms are over`) };

/** Resolves with the code that this work is aborted with, and when. */
function abortOf(ctx: Ctx): Promise<Json> {
  return new Promise((resolve) => {
    ctx.onAbort(({ code }) => resolve([code, ctx.runtime.monotonic()]));
  });
}

async function outcomesOf(ctx: Ctx, count: number): Promise<Json> {
  const ended: { [key: string]: Json } = {};
  while (Object.keys(ended).length < count) {
    const { settled } = await ctx.wait({ children: 'any' });
    for (const { key, outcome } of settled) ended[key] = outcome?.output ?? null;
  }
  return ended;
}

/** What aborting one piece of work promises, and what its time limits do. */
export const abortCases: readonly EngineCase[] = [
  {
    name: 'aborting a task ends it and the work that it delegated, and nobody else',
    async run(makeEngine) {
      const stopped = new CrewError('TASK_FAILED', 'stopped');
      const started = gate();
      const heard: Json[] = [];
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('parent');
          ctx.spawn('other');
          return outcomesOf(ctx, 2);
        },
        tasks: {
          parent: async (ctx) => {
            ctx.spawn('parent/child');
            await started.opened;
            ctx.abort(stopped);
            ctx.abort(new CrewError('TASK_FAILED', 'too late'));
            await reported(ctx, 1);
            return [
              ctx.aborted?.message ?? '',
              ctx.signal.aborted,
              (await refusal(() => ctx.step('late', async () => 1))) ?? '',
              (await refusal(() => ctx.spawn('parent/late'))) ?? '',
            ];
          },
          'parent/child': async (ctx) => {
            const aborted = abortOf(ctx);
            started.open();
            await aborted;
            heard.push(Object(ctx.signal.reason).message);
            return 'ended';
          },
          other: async (ctx) => {
            await started.opened;
            return ctx.step('fine', async () => ctx.aborted === undefined);
          },
        },
      });
      assert.deepEqual(output, { parent: ['stopped', true, 'TASK_FAILED', 'TASK_FAILED'], other: true });
      assert.deepEqual(heard, ['stopped']);
    },
  },
  {
    name: 'aborting a run from within reaches all its tasks, and it still waits for them',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('one');
          ctx.spawn('two');
          await ctx.step('breath', async () => null);
          ctx.abort(new CrewError('BUDGET_EXCEEDED', 'No more.'));
          return outcomesOf(ctx, 2);
        },
        tasks: { one: abortOf, two: abortOf },
      });
      assert.deepEqual(output, { one: ['BUDGET_EXCEEDED', 0], two: ['BUDGET_EXCEEDED', 0] });
    },
  },
  {
    name: 'who asks to be told of an abort is told once, at once when it is past, and not when that was taken back',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          const told: string[] = [];
          ctx.onAbort(() => told.push('first'));
          ctx.onAbort(() => told.push('taken back'))();
          ctx.abort(new CrewError('TASK_FAILED', 'stopped'));
          ctx.onAbort(({ message }) => told.push(message));
          return told;
        },
      });
      assert.deepEqual(output, ['first', 'stopped']);
    },
  },
  {
    name: 'a time limit aborts the work when it is over, the earliest of several, counted from where it says',
    async run(makeEngine) {
      const { clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('slow');
          ctx.spawn('early');
          ctx.spawn('quick');
          return outcomesOf(ctx, 3);
        },
        tasks: {
          slow: async (ctx) => {
            ctx.limitTime(5_000, LATE);
            ctx.limitTime(1_000, LATE);
            return [ctx.deadline, await abortOf(ctx)];
          },
          early: async (ctx) => {
            await ctx.wait({ timeoutMs: 400 });
            ctx.limitTime(1_000, LATE, 0);
            return [ctx.deadline, await abortOf(ctx)];
          },
          quick: async (ctx) => {
            ctx.limitTime(1_000, LATE);
            return ctx.step('quick', async () => 'done');
          },
        },
      });
      assert.deepEqual(await output(), {
        slow: [1_000, ['TIMEOUT', 1_000]],
        early: [1_000, ['TIMEOUT', 1_000]],
        quick: 'done',
      });
      assert.equal(clock.scheduled + clock.bounds, 0, 'nothing is scheduled when the run is over');
    },
  },
  {
    name: 'delegated work has no more time than the task that it is part of, nor a task than its run',
    async run(makeEngine) {
      const { output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.limitTime(3_000, LATE);
          ctx.spawn('parent');
          return [ctx.deadline, await outcomesOf(ctx, 1)];
        },
        tasks: {
          parent: async (ctx) => {
            const before = ctx.deadline;
            ctx.limitTime(2_000, LATE);
            ctx.spawn('parent/child');
            return [before, await outcomesOf(ctx, 1)];
          },
          'parent/child': async (ctx) => {
            ctx.limitTime(9_000, LATE);
            return [ctx.deadline, await abortOf(ctx)];
          },
        },
      });
      assert.deepEqual(await output(), [3_000, { parent: [3_000, { 'parent/child': [2_000, ['TIMEOUT', 2_000]] }] }]);
    },
  },
  {
    name: 'a try of a task has time and names of its own, and its end leaves the task at work',
    async run(makeEngine) {
      const { output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.limitPlaces(1);
          ctx.spawn('task');
          return outcomesOf(ctx, 1);
        },
        tasks: {
          task: async (ctx) => {
            const keys: string[] = [];
            for (const number of [1, 2]) {
              const attempt = ctx.attempt(number);
              attempt.limitTime(100, LATE);
              keys.push(attempt.key, await attempt.step('once', async ({ key }) => key));
              attempt.spawn(`${attempt.key}/child`);
              await abortOf(attempt);
              keys.push(
                ...(await reported(attempt, 1)),
                (await refusal(() => attempt.step('late', async () => 1))) ?? '',
              );
              attempt.end();
            }
            return [...keys, ctx.aborted === undefined, await ctx.step('after', async () => ctx.runtime.monotonic())];
          },
        },
      });
      assert.deepEqual(await output(), {
        task: [
          ...['task', 'run_1/task#once', 'task/child', 'TIMEOUT'],
          ...['task/attempt.2', 'run_1/task/attempt.2#once', 'task/attempt.2/child', 'TIMEOUT'],
          true,
          200,
        ],
      });
    },
  },
  {
    name: 'a task may be ended without its function, whose own end then changes nothing',
    async run(makeEngine) {
      const late = gate();
      const { clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('stuck');
          return outcomesOf(ctx, 1);
        },
        tasks: {
          stuck: async (ctx) => {
            ctx.limitTime(50, {
              ...LATE,
              aborted: ({ code }) => ctx.endWith(outcomeOf('stuck', code)),
            });
            await late.opened;
            return 'too late';
          },
        },
      });
      assert.deepEqual(await output(), { stuck: 'TIMEOUT' });
      late.open();
      await clock.untilIdle();
    },
  },
  {
    name: 'work without a limit has no deadline, and a model that was closed for a run stays so, for that run only',
    async run(makeEngine) {
      const model = {};
      const close = async (ctx: TaskCtx) => {
        ctx.close(model, new CrewError('QUOTA_EXHAUSTED', 'empty'));
        ctx.close(model, new CrewError('QUOTA_EXHAUSTED', 'still empty'));
        return null;
      };
      const { clock, engine, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const before = ctx.closed(model)?.message ?? '';
          ctx.spawn('close');
          await reported(ctx, 1);
          return [ctx.deadline === Number.POSITIVE_INFINITY, before, ctx.closed(model)?.message ?? ''];
        },
        tasks: { close },
      });
      assert.deepEqual(await output(), [true, '', 'empty']);
      const other = programOf({ crew: 'other', run: async (ctx) => ctx.closed(model)?.code ?? '' });
      await engine.start(other);
      const second = await engine.submit('other', {}, { runId: 'run_2', events: silent() });
      assert.equal((await clock.until(second.result())).output, '');
    },
  },
];
