import assert from 'node:assert/strict';
import type { StepScope } from '../../spec/step.ts';
import { type EngineCase, gate, outputOf, probe, refusal, reported, silent } from '../engine-probe.ts';

/** What a step promises: once, in order, recorded. */
export const stepCases: readonly EngineCase[] = [
  {
    name: 'a step returns what its function returns, and rejects with what it throws',
    async run(makeEngine) {
      const broken = new Error('the network is down');
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          await assert.rejects(
            ctx.step('broken', () => Promise.reject(broken)),
            broken,
          );
          return ctx.step('fine', async () => ({ list: [1, 'two', null] }));
        },
      });
      assert.deepEqual(output, { list: [1, 'two', null] });
    },
  },
  {
    name: 'steps that start in one tick run side by side',
    async run(makeEngine) {
      const second = gate();
      const output = await outputOf(makeEngine, {
        run: (ctx) =>
          Promise.all([
            ctx.step('first', () => second.opened.then(() => 'first')),
            ctx.step('second', async () => {
              second.open();
              return 'second';
            }),
          ]),
      });
      assert.deepEqual(output, ['first', 'second']);
    },
  },
  {
    name: 'two steps of one name in a task are refused, also when the first one failed',
    async run(makeEngine) {
      const runs: string[] = [];
      const noted = (name: string) => async () => {
        runs.push(name);
        if (name === 'failed') throw new Error('no');
        return null;
      };
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          await ctx.step('done', noted('done'));
          await ctx.step('failed', noted('failed')).catch(() => null);
          return [
            (await refusal(() => ctx.step('done', noted('done')))) ?? '',
            (await refusal(() => ctx.step('failed', noted('failed')))) ?? '',
          ];
        },
      });
      assert.deepEqual(output, ['STEP_DUPLICATE', 'STEP_DUPLICATE']);
      assert.deepEqual(runs, ['done', 'failed']);
    },
  },
  {
    name: 'a step that starts after an await, while another is under way, is refused and does not run',
    async run(makeEngine) {
      const hold = gate();
      let ran = false;
      const output = await outputOf(makeEngine, {
        run: async (ctx) => {
          const first = ctx.step('first', () => hold.opened.then(() => 'first'));
          await Promise.resolve().then(() => undefined);
          const code = await refusal(() =>
            ctx.step('second', async () => {
              ran = true;
            }),
          );
          hold.open();
          const last = await first;
          return [code ?? '', last, await ctx.step('third', async () => 'third')];
        },
      });
      assert.deepEqual(output, ['STEP_ORDER', 'first', 'third']);
      assert.equal(ran, false);
    },
  },
  {
    name: 'steps of different tasks of a run keep out of the way of each other',
    async run(makeEngine) {
      const second = gate();
      await outputOf(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('a');
          ctx.spawn('b');
          return [...(await reported(ctx, 2))].sort();
        },
        tasks: {
          a: (ctx) => ctx.step('work', () => second.opened.then(() => null)),
          b: async (ctx) => {
            await null;
            return ctx.step('work', async () => {
              second.open();
              return null;
            });
          },
        },
      });
    },
  },
  {
    name: 'the key of a step is unique among all steps of all tasks and runs',
    async run(makeEngine) {
      const keys: string[] = [];
      const note = async ({ key }: StepScope) => {
        keys.push(key);
        return null;
      };
      const { engine, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          await ctx.step('a', note);
          for (const key of ['x', 'x/y']) ctx.spawn(key);
          await reported(ctx, 2);
          return null;
        },
        tasks: {
          x: async (ctx) => {
            await ctx.step('a', note);
            return ctx.step('y/a', note);
          },
          'x/y': (ctx) => ctx.step('a', note),
        },
      });
      await output();
      const other = await engine.submit('newsroom', {}, { runId: 'run_2', events: silent() });
      await clock.until(other.result());
      assert.equal(keys.length, 8);
      assert.equal(new Set(keys).size, 8);
    },
  },
  {
    name: 'a continuation gets recorded results without running their steps again, and runs the failed ones again',
    async run(makeEngine) {
      const runs: string[] = [];
      const keys = new Map<string, Set<string>>();
      const note = (name: string, { key }: StepScope) => {
        runs.push(name);
        keys.set(name, (keys.get(name) ?? new Set()).add(key));
      };
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const child = ctx.spawn('review');
          const { settled } = await ctx.wait({ children: [child] });
          return settled[0]?.outcome?.output ?? null;
        },
        tasks: {
          review: async (ctx) => {
            const draft = await ctx.step('draft', async (scope) => {
              note('draft', scope);
              return `draft ${runs.length}`;
            });
            const sent = await ctx
              .step('send', async (scope) => {
                note('send', scope);
                if (runs.filter((name) => name === 'send').length === 1) throw new Error('not sent');
                return 'sent';
              })
              .catch(() => undefined);
            return sent === undefined ? { suspended: 'answer' } : [draft, sent];
          },
        },
      });
      await handle.signal('answer', 'yes', 'answer-1');
      assert.deepEqual(await output(), ['draft 1', 'sent']);
      assert.deepEqual(runs, ['draft', 'send', 'send']);
      assert.equal(keys.get('send')?.size, 1, 'a step that is tried again keeps its key');
    },
  },
];
