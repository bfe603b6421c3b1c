import assert from 'node:assert/strict';
import type { Suspended, TaskCtx } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import { type EngineCase, gate, probe, reported } from '../engine-probe.ts';

/** A task that waits for its answer without keeping its place, and returns it. */
function asker(): (ctx: TaskCtx) => Promise<Json | Suspended> {
  let asked = false;
  return async (ctx) => {
    const topic = `answer.${ctx.key}`;
    if (!asked) {
      asked = true;
      return { suspended: topic };
    }
    const { signals } = await ctx.wait({ topics: [topic] });
    return signals.map(({ value }) => value);
  };
}

/** What signals promise, and tasks that suspend themselves until one comes. */
export const signalCases: readonly EngineCase[] = [
  {
    name: 'a signal reaches whoever waits for its topic, and nobody else',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const first = await ctx.wait({ topics: ['red', 'blue'] });
          const second = await ctx.wait({ topics: ['green'] });
          return [...first.signals, ...second.signals].map(({ topic, value }) => [topic, value]);
        },
      });
      await clock.advance(10);
      await handle.signal('green', 1, 'key-1');
      await clock.advance(10);
      await handle.signal('blue', { two: 2 }, 'key-2');
      assert.deepEqual(await output(), [
        ['blue', { two: 2 }],
        ['green', 1],
      ]);
    },
  },
  {
    name: 'signals sent before anybody waits are delivered later, all together and in order',
    async run(makeEngine) {
      const hold = gate();
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          await ctx.step('first', () => hold.opened);
          return (await ctx.wait({ topics: ['news'] })).signals.map(({ value }) => value);
        },
      });
      for (const value of [1, 2, 3]) await handle.signal('news', value, `key-${value}`);
      hold.open();
      assert.deepEqual(await output(), [1, 2, 3]);
    },
  },
  {
    name: 'a signal is delivered once, also when its key is sent twice',
    async run(makeEngine) {
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          const first = await ctx.wait({ topics: ['news'] });
          const second = await ctx.wait({ topics: ['news'], timeoutMs: 100 });
          return [first.signals.length, second.signals.length, second.timedOut];
        },
      });
      await handle.signal('news', 'once', 'key-1');
      await handle.signal('news', 'once', 'key-1');
      assert.deepEqual(await output(), [1, 0, true]);
    },
  },
  {
    name: 'one wait ends with all that has happened: children and signals',
    async run(makeEngine) {
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('child');
          await ctx.wait({ timeoutMs: 100 });
          const { settled, signals, timedOut } = await ctx.wait({ children: 'any', topics: ['news'], timeoutMs: 100 });
          return [settled.length, signals.length, timedOut];
        },
      });
      await handle.signal('news', 1, 'key-1');
      assert.deepEqual(await output(), [1, 1, false]);
    },
  },
  {
    name: 'a suspended task goes on with the same key once a signal of its topic has come, and then gets it',
    async run(makeEngine) {
      const keys: string[] = [];
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('review');
          const { settled } = await ctx.wait({ children: 'any' });
          return settled[0]?.outcome?.output ?? null;
        },
        tasks: {
          review: async (ctx) => {
            keys.push(ctx.key);
            const draft = await ctx.step('draft', async () => 'a draft');
            if (keys.length === 1) return { suspended: 'answer' };
            const { signals } = await ctx.wait({ topics: ['answer'] });
            return [draft, ...signals.map(({ value }) => value)];
          },
        },
      });
      await clock.advance(60_000);
      assert.deepEqual(keys, ['review']);
      await handle.signal('other', 'no', 'key-1');
      await clock.advance(60_000);
      assert.deepEqual(keys, ['review']);
      await handle.signal('answer', 'yes', 'key-2');
      assert.deepEqual(await output(), ['a draft', 'yes']);
      assert.deepEqual(keys, ['review', 'review']);
    },
  },
  {
    name: 'a task that suspends itself after its signal has come goes on at once, as often as it likes',
    async run(makeEngine) {
      let calls = 0;
      const { handle, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('review');
          const { settled } = await ctx.wait({ children: 'any' });
          return settled[0]?.outcome?.output ?? null;
        },
        tasks: {
          review: async (ctx) => {
            calls += 1;
            const seen: Json[] = [];
            for (let at = 1; at <= calls; at += 1)
              seen.push(await ctx.step(`segment.${at}`, async () => `${at} of ${calls}`));
            return calls < 4 ? { suspended: `answer.${calls}` } : seen;
          },
        },
      });
      for (const number of [1, 2, 3]) await handle.signal(`answer.${number}`, null, `key-${number}`);
      assert.deepEqual(await output(), ['1 of 1', '2 of 2', '3 of 3', '4 of 4']);
    },
  },
  {
    name: 'of two suspended tasks only the one whose signal came goes on; the other keeps waiting',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          for (const key of ['a', 'b', 'free']) ctx.spawn(key);
          return [...(await reported(ctx, 3))];
        },
        tasks: { a: asker(), b: asker() },
      });
      await clock.advance(1_000);
      await handle.signal('answer.b', 'to b', 'key-1');
      await clock.advance(1_000);
      await handle.signal('answer.a', 'to a', 'key-2');
      assert.deepEqual(await output(), ['free', 'b', 'a']);
    },
  },
];
