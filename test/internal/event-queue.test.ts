import type { CrewEvent } from 'crewline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventQueue } from '../../src/internal/event-queue.ts';
import { NO_USAGE } from '../../src/usage.ts';
import { RUNS } from '../sizes.ts';

const MOST = 5;
const AT = { runId: 'r', time: 0 };
const told = (seq: number): CrewEvent => ({ type: 'log', level: 'info', message: '', ...AT, seq });
const last = (seq: number): CrewEvent => ({
  type: 'run.end',
  status: 'done',
  durationMs: 0,
  usage: NO_USAGE,
  ...AT,
  seq,
});

/** Pushes (above 0) and reads (below 0), in bursts; what is asked for before it is there is waited for. */
const moves = fc.array(fc.integer({ min: -8, max: 20 }), { maxLength: 30 });

test('what is read, with what is told to be dropped, is every event in order, and each gap is told once and in place', async () => {
  await fc.assert(
    fc.asyncProperty(moves, async (bursts) => {
      const queue = new EventQueue(() => {}, MOST);
      const reads: Promise<IteratorResult<CrewEvent>>[] = [];
      let seq = 0;
      for (const burst of bursts) {
        for (let left = burst; left > 0; left -= 1) {
          seq += 1;
          queue.push(told(seq));
        }
        for (let left = burst; left < 0; left += 1) reads.push(queue.next());
      }
      seq += 1;
      queue.push(last(seq));
      const read: CrewEvent[] = [];
      for (const early of await Promise.all(reads)) if (early.done !== true) read.push(early.value);
      for await (const event of queue) read.push(event);
      let heard = 0;
      let wasNotice = false;
      for (const event of read) {
        const isNotice = event.type === 'events.dropped';
        expect(isNotice ? event.from : event.seq).toBe(heard + 1);
        expect(isNotice && wasNotice).toBe(false);
        heard = isNotice ? event.to : event.seq;
        wasNotice = isNotice;
      }
      expect(heard).toBe(seq);
      expect(read.at(-1)?.type).toBe('run.end');
    }),
    { numRuns: RUNS },
  );
});

test('who has read all that was kept learns at once what was dropped, though nothing more happens', async () => {
  const queue = new EventQueue(() => {}, MOST);
  for (let seq = 1; seq <= MOST + 3; seq += 1) queue.push(told(seq));
  for (let seq = 1; seq <= MOST; seq += 1) expect((await queue.next()).value).toMatchObject({ type: 'log', seq });
  expect((await queue.next()).value).toMatchObject({ type: 'events.dropped', from: MOST + 1, to: MOST + 3 });
  const next = queue.next();
  queue.push(told(MOST + 4));
  expect((await next).value).toMatchObject({ type: 'log', seq: MOST + 4 });
});
