import assert from 'node:assert/strict';
import { CrewError } from '../../errors.ts';
import type { Overdue, RunCtx, TaskCtx } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { AskOptions } from '../../spec/question.ts';
import { type EngineCase, probe, refusal, reported } from '../engine-probe.ts';

const QUESTION = { id: 'draft/review.1', taskName: 'draft', about: { text: 'A draft.' } };

const LATE: Overdue = { overdue: (ms) => new CrewError('TIMEOUT', `${ms} ms are over`) };

/** Asks as a task does: in a step, standing still. */
function asking(ctx: TaskCtx, options: AskOptions = {}, question = QUESTION): Promise<Json> {
  return ctx.step('review.1', async () => {
    const back = ctx.standStill();
    try {
      return (await ctx.ask(question, options)) ?? 'open';
    } finally {
      await back();
    }
  });
}

/** Starts the task `draft`, and ends with its output. */
async function draftOnly(ctx: RunCtx): Promise<Json> {
  ctx.spawn('draft');
  const { settled } = await ctx.wait({ children: 'any' });
  return settled[0]?.outcome?.output ?? null;
}

/** What only a person can say: how it is asked, seen and answered. */
export const questionCases: readonly EngineCase[] = [
  {
    name: 'a question is seen from outside until it is answered, and its answer reaches who asked',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: { draft: (ctx) => asking(ctx) },
      });
      await clock.advance(10);
      const [open] = await handle.questions();
      assert.deepEqual({ ...open, askedAt: 0 }, { ...QUESTION, askedAt: 0, answer: undefined });
      await handle.answer(QUESTION.id, { approve: true });
      assert.deepEqual(await output(), { approve: true });
    },
  },
  {
    name: 'the first answer counts: the same once more changes nothing, another is refused, and so is one to what nobody asked',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: { draft: (ctx) => asking(ctx) },
      });
      await clock.advance(10);
      assert.equal(await refusal(() => handle.answer('draft/review.2', 'yes')), 'REVIEW_UNKNOWN');
      await handle.answer(QUESTION.id, 'yes');
      await handle.answer(QUESTION.id, 'yes');
      assert.equal(await refusal(() => handle.answer(QUESTION.id, 'no')), 'REVIEW_ANSWERED');
      assert.equal(await output(), 'yes');
    },
  },
  {
    name: 'a question that nobody answers in time has the answer that was named for that, from then on',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: { draft: (ctx) => asking(ctx, { timeout: { ms: 5_000, answer: 'late' } }) },
      });
      assert.equal(await output(), 'late');
      assert.ok(clock.monotonic() >= 5_000);
      assert.equal(await refusal(() => handle.answer(QUESTION.id, 'yes')), 'REVIEW_ANSWERED');
    },
  },
  {
    name: 'who is here is asked as well; whoever answers first counts, and the other is told that it is over',
    async run(makeEngine) {
      let over = false;
      const never = (signal: AbortSignal) =>
        new Promise<Json>(() => {
          signal.addEventListener('abort', () => {
            over = true;
          });
        });
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.spawn('draft');
          ctx.spawn('other');
          return [...(await reported(ctx, 2))];
        },
        tasks: {
          draft: (ctx) => asking(ctx, { here: never }),
          other: (ctx) => asking(ctx, { here: async () => 'here' }, { ...QUESTION, id: 'other/review.1' }),
        },
      });
      await clock.advance(10);
      await handle.answer(QUESTION.id, 'elsewhere');
      assert.deepEqual(await output(), ['other', 'draft']);
      assert.ok(over);
      const answers = (await handle.questions()).map(({ id, answer }) => [id, answer]);
      assert.deepEqual(Object.fromEntries(answers), { [QUESTION.id]: 'elsewhere', 'other/review.1': 'here' });
    },
  },
  {
    name: 'who does not wait gets nothing while a question is open, and its answer once it has one',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: {
          draft: async (ctx) => {
            const first = (await ctx.ask(QUESTION, { wait: false })) ?? 'open';
            await ctx.wait({ topics: ['go on'] });
            return [first, (await ctx.ask(QUESTION, { wait: false })) ?? 'open'];
          },
        },
      });
      await clock.advance(10);
      await handle.answer(QUESTION.id, 'yes');
      await handle.signal('go on', null, 'key-1');
      assert.deepEqual(await output(), ['open', 'yes']);
    },
  },
  {
    name: 'the same question about something else is asked anew: an answer holds for what was seen',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: {
          draft: async (ctx) => {
            const first = (await ctx.ask(QUESTION)) ?? 'open';
            const about = { text: 'Another draft.' };
            return [first, (await ctx.ask({ ...QUESTION, about }, { wait: false })) ?? 'open'];
          },
        },
      });
      await clock.advance(10);
      await handle.answer(QUESTION.id, 'yes');
      assert.deepEqual(await output(), ['yes', 'open']);
    },
  },
  {
    name: 'while a task stands still its place is free, and neither its time nor that of what it is part of runs out',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: async (ctx) => {
          ctx.limitPlaces(1);
          ctx.spawn('draft');
          await ctx.wait({ children: 'any', place: true });
          ctx.spawn('other');
          const first = await reported(ctx, 1);
          const { settled } = await ctx.wait({ children: 'any' });
          return [...first, settled[0]?.outcome?.output ?? null];
        },
        tasks: {
          draft: async (ctx) => {
            ctx.limitTime(1_000, LATE);
            ctx.spawn('draft/part');
            await ctx.wait({ children: 'any' });
            return ctx.aborted === undefined && ctx.stoodMs >= 60_000;
          },
          'draft/part': async (ctx) => {
            ctx.limitTime(1_000, LATE);
            return asking(ctx);
          },
        },
      });
      await clock.advance(60_000);
      await handle.answer(QUESTION.id, 'yes');
      assert.deepEqual(await output(), ['other', true]);
    },
  },
  {
    name: 'a question is waited for no longer than its run goes on',
    async run(makeEngine) {
      const { handle, clock, output } = await probe(makeEngine, {
        run: draftOnly,
        tasks: { draft: async (ctx) => (await refusal(() => asking(ctx))) ?? 'answered' },
      });
      await clock.advance(10);
      await handle.cancel('enough');
      assert.equal(await output(), 'CANCELLED');
    },
  },
];
