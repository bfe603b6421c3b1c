import assert from 'node:assert/strict';
import type { Ctx, TaskCtx } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import { type EngineCase, gate, outputOf, probe, silent } from '../engine-probe.ts';

/** Spawns one child, waits for it, and returns its output. */
async function outputOfChild(ctx: Ctx, key: string, input: Json): Promise<Json> {
  const { settled } = await ctx.wait({ children: [ctx.spawn(key, input)] });
  const [child] = settled;
  assert.equal(child?.key, key);
  if (child.outcome === undefined) throw child.error;
  return child.outcome.output;
}

/** What tasks promise: delegation within a task, and reading how others ended. */
export const taskCases: readonly EngineCase[] = [
  {
    name: 'a task may spawn children and wait for them, and they theirs',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: (ctx) => outputOfChild(ctx, 'a', ['run']),
        tasks: {
          a: async (ctx, input) => outputOfChild(ctx, 'a/b', [input ?? null, 'a']),
          'a/b': async (ctx, input) => outputOfChild(ctx, 'a/b/c', [input ?? null, 'b']),
          'a/b/c': async (ctx, input) => [input ?? null, ctx.key, ctx.runId],
        },
      });
      assert.deepEqual(output, [[[['run'], 'a'], 'b'], 'a/b/c', 'run_1']);
    },
  },
  {
    name: 'children work side by side while their parent waits',
    async run(makeEngine) {
      const met = { left: gate(), right: gate() };
      const output = await outputOf(makeEngine, {
        run: (ctx) => outputOfChild(ctx, 'parent', null),
        tasks: {
          parent: async (ctx) => {
            const children = [ctx.spawn('left'), ctx.spawn('right')];
            const keys: string[] = [];
            while (keys.length < 2) {
              const waiting = children.filter(({ key }) => !keys.includes(key));
              keys.push(...(await ctx.wait({ children: waiting })).settled.map(({ key }) => key));
            }
            return keys.sort();
          },
          left: async () => {
            met.left.open();
            await met.right.opened;
            return null;
          },
          right: async () => {
            met.right.open();
            await met.left.opened;
            return null;
          },
        },
      });
      assert.deepEqual(output, ['left', 'right']);
    },
  },
  {
    name: 'a child that breaks is an error to its parent, which may go on',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          const tried = await outputOfChild(ctx, 'broken', null).catch((error: unknown) => String(error));
          return [tried, await outputOfChild(ctx, 'fine', null)];
        },
        tasks: { broken: () => Promise.reject(new Error('out of paper')) },
      });
      assert.deepEqual(output, ['Error: out of paper', 'fine']);
    },
  },
  {
    name: 'a task reads how others ended: those it names, or all; undefined for what has not ended',
    async run(makeEngine) {
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          await outputOfChild(ctx, 'a', null);
          await outputOfChild(ctx, 'b', null);
          return outputOfChild(ctx, 'reader', null);
        },
        tasks: {
          a: async () => ({ from: 'a' }),
          reader: async (ctx) => {
            const named = await ctx.outcomes(() => ['b', 'reader', 'nobody']);
            const all = await ctx.outcomes();
            return [
              named('b')?.output ?? null,
              named('reader')?.status ?? 'not ended',
              named('nobody')?.status ?? 'not ended',
              all('a')?.output ?? null,
              all('b')?.status ?? 'not ended',
            ];
          },
        },
      });
      assert.deepEqual(output, ['b', 'not ended', 'not ended', { from: 'a' }, 'done']);
    },
  },
  {
    name: 'two runs of one crew at once have their own tasks, outcomes and signals',
    async run(makeEngine) {
      const script = {
        run: async (ctx: Ctx, inputs: Json) => {
          const first = await outputOfChild(ctx, 'a', inputs);
          const { signals } = await ctx.wait({ topics: ['news'] });
          return [first, await outputOfChild(ctx, 'reader', null), ...signals.map(({ value }) => value)];
        },
        tasks: {
          a: async (_: unknown, input: Json | undefined) => input ?? null,
          reader: async (ctx: TaskCtx) => (await ctx.outcomes())('a')?.output ?? null,
        },
      };
      const { engine, handle, clock, output } = await probe(makeEngine, script, 'first');
      const other = await engine.submit('newsroom', 'second', { runId: 'run_2', events: silent() });
      await other.signal('news', 'for the second', 'key-1');
      await handle.signal('news', 'for the first', 'key-1');
      assert.deepEqual(await output(), ['first', 'first', 'for the first']);
      assert.deepEqual((await clock.until(other.result())).output, ['second', 'second', 'for the second']);
    },
  },
];
