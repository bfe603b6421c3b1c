import assert from 'node:assert/strict';
import { CrewError } from '../../errors.ts';
import type { Ctx } from '../../spec/engine.ts';
import { type EngineCase, gate, keysOf, probe, refusal, reported } from '../engine-probe.ts';

const REASON = 'The editor went home.';

function isCancellation(thrown: unknown): boolean {
  return thrown instanceof CrewError && thrown.code === 'CANCELLED' && thrown.message === REASON;
}

/** Resolves when the run is cancelled. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What cancelling a run promises. */
export const cancelCases: readonly EngineCase[] = [
  {
    name: 'cancelling aborts the signals of the run, of its tasks and of steps under way, with the reason given',
    async run(makeEngine) {
      const reasons: unknown[] = [];
      const noted = async (signal: AbortSignal) => {
        await aborted(signal);
        reasons.push(signal.reason);
        return null;
      };
      const started = gate();
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('task');
          ctx.spawn('step');
          await Promise.all([noted(ctx.signal), reported(ctx, 2)]);
          return null;
        },
        tasks: {
          task: (ctx) => noted(ctx.signal),
          step: (ctx) =>
            ctx.step('slow', ({ signal }) => {
              started.open();
              return noted(signal);
            }),
        },
      });
      await started.opened;
      await handle.cancel(REASON);
      await output();
      assert.equal(reasons.length, 3);
      assert.ok(reasons.every(isCancellation));
    },
  },
  {
    name: 'a signal first looked at after the cancellation is aborted already, with the first reason given',
    async run(makeEngine) {
      const hold = gate();
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          await hold.opened;
          return [ctx.signal.aborted, isCancellation(ctx.signal.reason)];
        },
      });
      await handle.cancel(REASON);
      await handle.cancel('Somebody else says so too.');
      hold.open();
      assert.deepEqual(await output(), [true, true]);
    },
  },
  {
    name: 'after a cancellation no step and no task starts, and steps under way come to their end',
    async run(makeEngine) {
      const started: string[] = [];
      const hold = gate();
      const under = gate();
      const tryAll = async (ctx: Ctx) => {
        const last = await ctx.step('under way', async () => {
          under.open();
          await hold.opened;
          return 'finished';
        });
        const step = await refusal(() => ctx.step('late', async () => started.push('late')));
        const task = await refusal(() => ctx.spawn('late'));
        return [last, step ?? '', task ?? ''];
      };
      const { handle, clock, output } = await probe(makeEngine, {
        run: tryAll,
        tasks: { late: async () => started.push('task') },
      });
      await under.opened;
      await handle.cancel(REASON);
      hold.open();
      assert.deepEqual(await output(), ['finished', 'CANCELLED', 'CANCELLED']);
      await clock.untilIdle();
      assert.deepEqual(started, []);
    },
  },
  {
    name: 'after a cancellation children are waited for until they have settled',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('slow');
          ctx.spawn('slower');
          const first = await ctx.wait({ children: 'any', topics: ['never'] });
          const second = await ctx.wait({ children: 'any', topics: ['never'] });
          return [...keysOf(first), ...keysOf(second)];
        },
        tasks: {
          slow: (ctx) => ctx.step('tidy', () => sleep(ctx, 1_000)),
          slower: (ctx) => ctx.step('tidy', () => sleep(ctx, 2_000)),
        },
      });
      await clock.advance(500);
      await handle.cancel(REASON);
      assert.deepEqual(await output(), ['slow', 'slower']);
      assert.equal(clock.monotonic(), 2_000);
    },
  },
  {
    name: 'a wait for a topic or for time ends with the cancellation, whether it began before or after',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => [
          (await refusal(() => ctx.wait({ topics: ['never'], timeoutMs: 1_000 }))) ?? '',
          (await refusal(() => ctx.wait({ topics: ['never'] }))) ?? '',
          (await refusal(() => ctx.wait({ timeoutMs: 1_000 }))) ?? '',
          (await refusal(() => ctx.wait({ children: 'any', topics: ['never'] }))) ?? '',
        ],
      });
      await clock.advance(10);
      await handle.cancel(REASON);
      assert.deepEqual(await output(), ['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED']);
      assert.equal(clock.monotonic(), 10);
      assert.equal(clock.scheduled, 0);
    },
  },
  {
    name: 'a wait for time alone ends with the cancellation',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => (await refusal(() => ctx.wait({ timeoutMs: 60_000 }))) ?? '',
      });
      await clock.advance(10);
      await handle.cancel(REASON);
      assert.equal(await output(), 'CANCELLED');
      assert.equal(clock.monotonic(), 10);
    },
  },
  {
    name: 'a suspended task ends when its run is cancelled',
    async run(makeEngine) {
      let segments = 0;
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('review');
          const { settled } = await ctx.wait({ children: 'any' });
          return settled.map(({ error }) => isCancellation(error));
        },
        tasks: {
          review: async (ctx) => {
            segments += 1;
            if (segments === 1) return { suspended: 'answer' };
            return (await ctx.wait({ topics: ['answer'] })).signals.length;
          },
        },
      });
      await clock.advance(10);
      await handle.cancel(REASON);
      assert.deepEqual(await output(), [true]);
    },
  },
];

/** Time passing within a step, whatever the run's signals say. */
function sleep(ctx: Ctx, ms: number): Promise<null> {
  return new Promise((resolve) => {
    ctx.runtime.timer(ms, () => resolve(null));
  });
}
