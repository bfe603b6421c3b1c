import assert from 'node:assert/strict';
import { type EngineCase, gate, keysOf, outputOf, probe, refusal, reported } from '../engine-probe.ts';

/** What `wait` promises about children and about time. */
export const waitCases: readonly EngineCase[] = [
  {
    name: 'every child is reported exactly once, with its outcome or with what broke it',
    async run(makeEngine) {
      const broken = new Error('the task function broke');
      const seen = new Map<string, unknown>();
      await outputOf(makeEngine, {
        run: async (ctx) => {
          for (const key of ['fine', 'broken', 'slow']) ctx.spawn(key, `input of ${key}`);
          while (seen.size < 3) {
            for (const { key, outcome, error } of (await ctx.wait({ children: 'any' })).settled) {
              assert.ok(!seen.has(key), `${key} was reported twice`);
              seen.set(key, outcome === undefined ? error : outcome.output);
            }
          }
          return null;
        },
        tasks: {
          fine: async (ctx, input) => [ctx.key, input ?? null],
          broken: () => Promise.reject(broken),
          slow: async (ctx) => (await ctx.wait({ timeoutMs: 50 })).timedOut,
        },
      });
      assert.deepEqual(seen.get('fine'), ['fine', 'input of fine']);
      assert.match(String(seen.get('broken')), /the task function broke/);
      assert.equal(seen.get('slow'), true);
    },
  },
  {
    name: 'all that have settled so far are reported by one wait',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          for (const key of ['a', 'b', 'c']) ctx.spawn(key);
          await ctx.wait({ timeoutMs: 1_000 });
          return [...keysOf(await ctx.wait({ children: 'any' }))].sort();
        },
      });
      assert.deepEqual(output, ['a', 'b', 'c']);
    },
  },
  {
    name: 'a wait for listed children reports only those; the others are kept',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('early');
          const late = ctx.spawn('late');
          const { settled, timedOut } = await ctx.wait({ children: [late] });
          return [settled.map(({ key }) => key), timedOut, [...(await reported(ctx, 1))]];
        },
        tasks: { late: async (ctx) => (await ctx.wait({ timeoutMs: 100 })).timedOut },
      });
      assert.deepEqual(output, [['late'], false, ['early']]);
    },
  },
  {
    name: 'a child is reported to whoever spawned it, and to nobody else',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('parent');
          ctx.spawn('other');
          return [...(await reported(ctx, 2))].sort();
        },
        tasks: {
          parent: async (ctx) => {
            ctx.spawn('parent/child');
            assert.deepEqual(await reported(ctx, 1), ['parent/child']);
            return null;
          },
        },
      });
      assert.deepEqual(output, ['other', 'parent']);
    },
  },
  {
    name: 'a wait ends after timeoutMs, and what did not happen in time is reported by a later one',
    async run(makeEngine) {
      const { clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const slow = ctx.spawn('slow');
          const early = await ctx.wait({ children: [slow], topics: ['news'], timeoutMs: 300 });
          const at = ctx.runtime.monotonic();
          const later = await ctx.wait({ children: [slow], timeoutMs: 10_000 });
          return [early.timedOut, early.settled.length, early.signals.length, at, later.timedOut, later.settled.length];
        },
        tasks: { slow: async (ctx) => (await ctx.wait({ timeoutMs: 500 })).timedOut },
      });
      assert.deepEqual(await output(), [true, 0, 0, 300, false, 1]);
      assert.equal(clock.monotonic(), 500);
      assert.equal(clock.scheduled, 0, 'the timer of a wait that has ended is released');
    },
  },
  {
    name: 'a wait is refused while a step or another wait is under way, and a step while a wait is',
    async run(makeEngine) {
      const hold = gate();
      const codes = { waitInStep: '', waitInWait: '', stepInWait: '' };
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const step = ctx.step('slow', () => hold.opened);
          codes.waitInStep = (await refusal(() => ctx.wait({ timeoutMs: 5 }))) ?? '';
          hold.open();
          await step;
          const wait = ctx.wait({ topics: ['go'] });
          await null;
          codes.waitInWait = (await refusal(() => ctx.wait({ timeoutMs: 5 }))) ?? '';
          codes.stepInWait = (await refusal(() => ctx.step('early', async () => null))) ?? '';
          return (await wait).signals.length;
        },
      });
      await clock.advance(1_000);
      await handle.signal('go', null, 'go-1');
      assert.equal(await output(), 1);
      assert.deepEqual(codes, { waitInStep: 'STEP_ORDER', waitInWait: 'STEP_ORDER', stepInWait: 'STEP_ORDER' });
    },
  },
  {
    name: 'a wait for nothing that can still happen is refused instead of waiting for ever',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          const child = ctx.spawn('only');
          await ctx.wait({ children: [child] });
          return [
            (await refusal(() => ctx.wait({ children: 'any' }))) ?? '',
            (await refusal(() => ctx.wait({}))) ?? '',
          ];
        },
      });
      assert.deepEqual(output, ['STEP_ORDER', 'STEP_ORDER']);
    },
  },
];
