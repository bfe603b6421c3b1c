import { expect, test } from 'vitest';
import { CrewError } from '../../src/errors.ts';
import { type Bounds, bounded } from '../../src/internal/bounded.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

/** Work on a standing clock that can be aborted, with what it told. */
function workOf(options: Partial<Pick<Bounds, 'graceMs' | 'limit'>> = {}) {
  const clock = fakeClock({ patienceMs: 20 });
  const listeners = new Set<(reason: CrewError) => void>();
  const logs: string[] = [];
  const bounds: Bounds = {
    what: 'tool "dig"',
    graceMs: 1_000,
    ...options,
    ctx: {
      runtime: clock,
      events: {
        wants: () => true,
        emit: (_type: unknown, body: (subject?: never) => object) => logs.push(String(Object(body()).message)),
      },
      onAbort: (fn) => {
        listeners.add(fn);
        return () => listeners.delete(fn);
      },
    },
  };
  const abort = (reason: CrewError) => {
    for (const listener of listeners) listener(reason);
  };
  return { clock, bounds, logs, listeners, abort };
}

const CANCELLED = new CrewError('CANCELLED', 'Enough.');
const LATE = new CrewError('TIMEOUT', 'Time is over.');
const code = (work: unknown) => Promise.resolve(work).then(String, (thrown: unknown) => Object(thrown).code);

test('what is returned at once, or thrown at once, is nothing to wait for', () => {
  const { bounds, clock, listeners } = workOf({ limit: { ms: 5, error: () => LATE } });
  expect(bounded(() => 7, bounds)).toBe(7);
  expect(() =>
    bounded(() => {
      throw LATE;
    }, bounds),
  ).toThrow(LATE);
  expect([clock.scheduled + clock.bounds, listeners.size]).toEqual([0, 0]);
});

test('what settles in time is what it is, and leaves nothing behind', async () => {
  const { bounds, clock, listeners, logs } = workOf({ limit: { ms: 500, error: () => LATE } });
  expect(await clock.until(Promise.resolve(bounded(() => clock.sleep(400).then(() => 'earth'), bounds)))).toBe('earth');
  const failing = bounded(() => clock.sleep(400).then(() => Promise.reject(new Error('rock'))), bounds);
  await expect(clock.until(Promise.resolve(failing))).rejects.toThrow('rock');
  expect([clock.bounds, listeners.size, logs]).toEqual([0, 0, []]);
});

test('a limit of its own ends the wait; what comes later is dropped and told', async () => {
  const { bounds, clock, logs } = workOf({ limit: { ms: 500, error: () => LATE } });
  const ended = code(bounded(() => clock.sleep(600).then(() => 'earth'), bounds));
  await clock.advance(500);
  expect(await ended).toBe('TIMEOUT');
  await clock.untilIdle();
  expect(logs).toEqual([
    'tool "dig" is left behind: it had not ended when its time was over (TIMEOUT). Have it heed its signal.',
    'tool "dig" returned after it had been left behind; that is ignored.',
  ]);
});

test('a deadline has no grace, a cancellation has, and what ends within it counts', async () => {
  const overdue = workOf();
  const late = code(bounded(() => overdue.clock.sleep(600), overdue.bounds));
  overdue.abort(LATE);
  expect(await late).toBe('TIMEOUT');
  expect(overdue.logs).toEqual([expect.stringContaining('tool "dig" is left behind')]);
  const cancelled = workOf();
  const ended = code(bounded(() => cancelled.clock.sleep(600).then(() => 'earth'), cancelled.bounds));
  cancelled.abort(CANCELLED);
  await cancelled.clock.advance(600);
  expect([await ended, cancelled.clock.bounds, cancelled.logs]).toEqual(['earth', 0, []]);
});

test('what outlasts the grace is abandoned, and named', async () => {
  const { bounds, clock, logs, abort } = workOf();
  const work = bounded(() => new Promise(() => {}), { ...bounds, taskName: 'garden' });
  const ended = Promise.resolve(work).catch((thrown: unknown) => thrown);
  abort(CANCELLED);
  await clock.advance(1_000);
  expect(await ended).toMatchObject({
    code: 'CANCELLED',
    message: 'Enough.',
    cause: { code: 'TOOL_ABANDONED', taskName: 'garden' },
  });
  expect(logs).toEqual([
    'TOOL_ABANDONED: tool "dig" went on for more than 1000 ms after its run was cancelled, and was left behind. Have it heed its signal.',
  ]);
});
