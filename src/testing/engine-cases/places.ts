import assert from 'node:assert/strict';
import type { RunCtx, TaskCtx } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import { type EngineCase, keysOf, probe, reported } from '../engine-probe.ts';

/** Spawns these one after another as places are free, as a run's own function does, and tells the order they ended in. */
async function driven(ctx: RunCtx, limit: number, keys: readonly string[]): Promise<readonly string[]> {
  ctx.limitPlaces(limit);
  const waiting = [...keys];
  const ended: string[] = [];
  while (ended.length < keys.length) {
    while (waiting.length > 0 && ctx.hasPlace) ctx.spawn(waiting.shift() ?? '');
    ended.push(...keysOf(await ctx.wait(waiting.length > 0 ? { children: 'any', place: true } : { children: 'any' })));
  }
  return ended;
}

/** Notes who is at work, and how many at most at once. */
class Watch {
  readonly story: string[] = [];
  most = 0;
  #atWork = 0;

  /** Works for so long. */
  async work(ctx: TaskCtx, ms: number): Promise<void> {
    this.#atWork += 1;
    this.most = Math.max(this.most, this.#atWork);
    this.story.push(`${ctx.runtime.monotonic()} ${ctx.key}`);
    await ctx.step(`work.${ctx.runtime.monotonic()}`, () => sleep(ctx, ms));
    this.#atWork -= 1;
  }

  /** Waits for so long without its place. */
  async rest(ctx: TaskCtx, ms: number): Promise<void> {
    await ctx.step(`rest.${ctx.runtime.monotonic()}`, async () => {
      const takeBack = ctx.giveWay();
      await sleep(ctx, ms);
      await takeBack();
    });
  }
}

function sleep(ctx: TaskCtx, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = ctx.runtime.timer(ms, resolve);
    ctx.onAbort(() => {
      cancel();
      resolve();
    });
  });
}

/** What a limit of places promises: how many are at work at once, and who goes first. */
export const placeCases: readonly EngineCase[] = [
  {
    name: 'no more tasks are at work at once than there are places, and none is left idle',
    async run(makeEngine) {
      const watch = new Watch();
      const keys = ['a', 'b', 'c', 'd', 'e'];
      const { clock, output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 2, keys).then(([...ended]): Json => ended),
        tasks: Object.fromEntries(keys.map((key) => [key, (ctx) => watch.work(ctx, 100).then(() => null)])),
      });
      // Two that end in the same moment may be reported either way round.
      assert.deepEqual(Object.values(Object(await output())).sort(), keys);
      assert.equal(watch.most, 2);
      assert.equal(clock.monotonic(), 300);
    },
  },
  {
    name: 'a task that only waits gives its place to another, and takes one again before new tasks start',
    async run(makeEngine) {
      const watch = new Watch();
      const { output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['waits', 'other', 'third']).then(([...ended]): Json => ended),
        tasks: {
          waits: async (ctx) => {
            await watch.work(ctx, 100);
            await watch.rest(ctx, 50);
            await watch.work(ctx, 100);
            return null;
          },
          other: (ctx) => watch.work(ctx, 100).then(() => null),
          third: (ctx) => watch.work(ctx, 100).then(() => null),
        },
      });
      assert.deepEqual(await output(), ['other', 'waits', 'third']);
      assert.deepEqual(watch.story, ['0 waits', '100 other', '200 waits', '300 third']);
      assert.equal(watch.most, 1);
    },
  },
  {
    name: 'of those who wait to go on the most urgent is first, then who asked first',
    async run(makeEngine) {
      const watch = new Watch();
      const resting = async (ctx: TaskCtx) => {
        await watch.rest(ctx, 10);
        await watch.work(ctx, 100);
        return ctx.priority;
      };
      const { output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['low', 'mid', 'also mid', 'high', 'busy']).then(([...ended]): Json => ended),
        tasks: {
          low: resting,
          mid: resting,
          'also mid': resting,
          high: resting,
          busy: (ctx) => watch.work(ctx, 100).then(() => null),
        },
        priorities: { low: 1, mid: 2, 'also mid': 2, high: 3 },
      });
      assert.deepEqual(await output(), ['busy', 'high', 'mid', 'also mid', 'low']);
      assert.equal(watch.most, 1);
    },
  },
  {
    name: 'delegated work is done in the place of its task, which keeps it, so that one place is enough',
    async run(makeEngine) {
      const watch = new Watch();
      const child = (ctx: TaskCtx) => watch.work(ctx, 100).then(() => null);
      const { clock, output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['parent', 'next']).then(([...ended]): Json => ended),
        tasks: {
          parent: async (ctx) => {
            ctx.spawn('parent/1');
            ctx.spawn('parent/2');
            await reported(ctx, 2);
            await watch.work(ctx, 100);
            return null;
          },
          'parent/1': child,
          'parent/2': async (ctx) => {
            ctx.spawn('parent/2/deeper');
            await reported(ctx, 1);
            return null;
          },
          'parent/2/deeper': (ctx) => watch.work(ctx, 150).then(() => null),
          next: child,
        },
      });
      assert.deepEqual(await output(), ['parent', 'next']);
      assert.deepEqual(watch.story, ['0 parent/1', '0 parent/2/deeper', '150 parent', '250 next']);
      assert.equal(clock.monotonic(), 350);
    },
  },
  {
    name: 'when everything that a task delegated only waits, its place is free',
    async run(makeEngine) {
      const watch = new Watch();
      const child = async (ctx: TaskCtx) => {
        await watch.rest(ctx, ctx.key.endsWith('1') ? 100 : 120);
        await watch.work(ctx, 10);
        return null;
      };
      const { output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['parent', 'next']).then(([...ended]): Json => ended),
        tasks: {
          parent: async (ctx) => {
            ctx.spawn('parent/1');
            ctx.spawn('parent/2');
            await reported(ctx, 2);
            return null;
          },
          'parent/1': child,
          'parent/2': child,
          next: (ctx) => watch.work(ctx, 200).then(() => null),
        },
      });
      assert.deepEqual(await output(), ['next', 'parent']);
      assert.deepEqual(watch.story, ['0 next', '200 parent/1', '200 parent/2']);
    },
  },
  {
    name: 'a task of which one step waits and another works keeps its place',
    async run(makeEngine) {
      const watch = new Watch();
      const { output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['both', 'next']).then(([...ended]): Json => ended),
        tasks: {
          both: async (ctx) => {
            await Promise.all([watch.rest(ctx, 100), watch.work(ctx, 50)]);
            return null;
          },
          next: (ctx) => watch.work(ctx, 10).then(() => null),
        },
      });
      assert.deepEqual(await output(), ['next', 'both']);
      assert.deepEqual(watch.story, ['0 both', '50 next']);
    },
  },
  {
    name: 'who waits for a place when the run is cancelled comes to its end without one',
    async run(makeEngine) {
      const watch = new Watch();
      const { clock, handle, output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['waits', 'busy']).then(([...ended]): Json => ended),
        tasks: {
          waits: (ctx) => watch.rest(ctx, 10).then(() => null),
          busy: (ctx) => watch.work(ctx, 1_000).then(() => null),
        },
      });
      await clock.advance(500);
      await handle.cancel();
      assert.deepEqual(new Set(Object.values(Object(await output()))), new Set(['busy', 'waits']));
      assert.equal(clock.monotonic(), 500);
    },
  },
  {
    name: 'a suspended task frees its place, and waits for one when it goes on',
    async run(makeEngine) {
      const watch = new Watch();
      let asked = false;
      const { clock, handle, output } = await probe(makeEngine, {
        run: (ctx) => driven(ctx, 1, ['asks', 'busy']).then(([...ended]): Json => ended),
        tasks: {
          asks: async (ctx) => {
            if (asked) return watch.work(ctx, 10).then(() => null);
            asked = true;
            return { suspended: 'answer' };
          },
          busy: (ctx) => watch.work(ctx, 100).then(() => null),
        },
      });
      await clock.advance(50);
      await handle.signal('answer', 'yes', 'key-1');
      assert.deepEqual(await output(), ['busy', 'asks']);
      assert.deepEqual(watch.story, ['0 busy', '100 asks']);
    },
  },
];
