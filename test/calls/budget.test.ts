import { expect, test } from 'vitest';
import { reserveAll } from '../../src/calls/budget.ts';
import type { Reservation } from '../../src/spec/limits.ts';
import { dollars, ledger, somebody, tokens } from './spend.ts';

/** What a reservation that must be there at once came to. */
function now(reservation: Reservation | Promise<Reservation> | undefined): Reservation {
  if (reservation === undefined || reservation instanceof Promise) throw new Error('It had to wait.');
  return reservation;
}

/** Whether it has been granted by now. */
async function granted(reservation: Reservation | Promise<Reservation>): Promise<boolean> {
  return Promise.race([
    Promise.resolve(reservation).then(() => true),
    new Promise<boolean>((no) => setImmediate(no, false)),
  ]);
}

test('calls that fit are let through at once, and count by what they really used', () => {
  const { budget } = ledger({ tokens: 100 });
  const first = now(budget.reserve(tokens(60), somebody));
  const second = now(budget.reserve(tokens(40), somebody));
  first.settle(tokens(10));
  second.settle(tokens(10));
  for (let call = 0; call < 8; call += 1) now(budget.reserve(tokens(80), somebody)).settle(tokens(10));
  expect(() => budget.reserve(tokens(1), somebody)).toThrow('100 of 100 tokens are used');
});

test('a call that does not fit beside others waits for them, and goes on when they cost less than was put aside', async () => {
  const { budget } = ledger({ tokens: 100 });
  const first = now(budget.reserve(tokens(80), somebody));
  const second = budget.reserve(tokens(80), somebody);
  expect(await granted(second)).toBe(false);
  first.settle(tokens(10));
  expect(await granted(second)).toBe(true);
});

test('who waits is served in order: a small call does not overtake a large one', async () => {
  const { budget } = ledger({ tokens: 100 });
  const first = now(budget.reserve(tokens(50), somebody));
  const large = budget.reserve(tokens(90), somebody);
  const small = budget.reserve(tokens(10), somebody);
  expect(await granted(small)).toBe(false);
  first.settle(tokens(0));
  expect([await granted(large), await granted(small)]).toEqual([true, true]);
});

test('alone, a call is let through as long as anything is left, however much it may cost', () => {
  const { budget } = ledger({ tokens: 100 });
  now(budget.reserve(tokens(1_000_000), somebody)).settle(tokens(99));
  now(budget.reserve(tokens(1_000_000), somebody)).settle(tokens(50));
  expect(() => budget.reserve(tokens(1), somebody)).toThrow('149 of 100 tokens');
});

test('who waits is turned away once nothing is left', async () => {
  const { budget } = ledger({ tokens: 100 });
  const first = now(budget.reserve(tokens(100), somebody));
  const second = budget.reserve(tokens(10), somebody);
  first.settle(tokens(100));
  await expect(second).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED', kind: 'tokens', used: 100, allowed: 100 });
});

test('the error says which bound, how much is used, put aside and allowed, and what to raise', () => {
  const { budget } = ledger({ modelCalls: 3 });
  now(budget.reserve(tokens(5), somebody)).settle(tokens(5));
  now(budget.reserve(tokens(5), somebody)).settle(tokens(5));
  now(budget.reserve(tokens(5), somebody));
  expect(() => budget.reserve(tokens(5), somebody)).toThrow(
    expect.objectContaining({
      code: 'BUDGET_EXCEEDED',
      scope: 'run',
      kind: 'modelCalls',
      used: 2,
      reserved: 1,
      allowed: 3,
      runId: 'run_1',
      taskName: 'research',
      agent: 'Ann',
      message:
        'The run has used up its budget: 2 of 3 model calls are used, and 1 more put aside for calls under way. Raise budget.modelCalls of its crew, or give it less to do.',
    }),
  );
});

test("a task's own budget says so, in the error and in the warning", () => {
  const { budget, told } = ledger({ tokens: 100 }, 'research');
  now(budget.reserve(tokens(5), somebody)).settle(tokens(120));
  expect(told).toEqual([{ type: 'budget.warning', taskName: 'research', kind: 'tokens', used: 120, limit: 100 }]);
  expect(() => budget.reserve(tokens(1), somebody)).toThrow(
    'Task "research" has used up its budget: 120 of 100 tokens are used. Raise budget.tokens of the task, or give it less to do.',
  );
});

test('at 80 % there is one warning for each bound', () => {
  const { budget, told } = ledger({ tokens: 100, modelCalls: 5, costUsd: 1 });
  const spend = (cost: number, usd: number) =>
    now(budget.reserve(tokens(1), somebody)).settle({ tokens: cost, costUsd: usd });
  spend(79, 0.1);
  expect(told).toEqual([]);
  spend(1, 0.7);
  spend(1, 0.1);
  spend(1, 0.01);
  expect(told).toEqual([
    { type: 'budget.warning', kind: 'tokens', used: 80, limit: 100 },
    { type: 'budget.warning', kind: 'costUsd', used: 0.8, limit: 1 },
    { type: 'budget.warning', kind: 'modelCalls', used: 4, limit: 5 },
  ]);
});

test('time is a bound too', async () => {
  const { budget, clock, told } = ledger({ wallMs: 1_000 });
  await clock.advance(900);
  now(budget.reserve(tokens(1), somebody)).settle(tokens(1));
  expect(told).toEqual([{ type: 'budget.warning', kind: 'wallMs', used: 900, limit: 1_000 }]);
  await clock.advance(100);
  expect(() => budget.reserve(tokens(1), somebody)).toThrow('1,000 of 1,000 ms are used');
});

test('money is counted without the dust of binary fractions', () => {
  const { budget } = ledger({ costUsd: 0.3 });
  now(budget.reserve(dollars(0.1), somebody)).settle(dollars(0.1));
  now(budget.reserve(dollars(0.2), somebody)).settle(dollars(0.2));
  expect(() => budget.reserve(dollars(0.1), somebody)).toThrow('$0.3 of $0.3 are used');
});

test('a call that costs nothing is let through when all money is spent', () => {
  const { budget } = ledger({ costUsd: 0.3 });
  now(budget.reserve(dollars(0.3), somebody)).settle(dollars(0.3));
  now(budget.reserve(dollars(0), somebody)).settle(dollars(0));
});

test('money cannot be kept together for a call whose cost nobody knows', () => {
  const { budget } = ledger({ costUsd: 1 });
  expect(() => budget.reserve(dollars(null), somebody)).toThrow(expect.objectContaining({ code: 'PRICE_UNKNOWN' }));
  const bounded = ledger({ tokens: 10 }).budget;
  now(bounded.reserve({ tokens: 1, costUsd: null }, somebody)).settle({ tokens: 1, costUsd: null });
});

test('a wait ends when the call is not wanted any more, and lets the next one through', async () => {
  const { budget } = ledger({ tokens: 100 });
  const aborter = new AbortController();
  const reason = new Error('enough');
  now(budget.reserve(tokens(50), somebody));
  const large = budget.reserve(tokens(90), { ...somebody, signal: () => aborter.signal });
  const small = budget.reserve(tokens(10), somebody);
  aborter.abort(reason);
  await expect(large).rejects.toBe(reason);
  expect(await granted(small)).toBe(true);
});

test('who would have to wait but is not wanted already is turned away at once', async () => {
  const { budget } = ledger({ tokens: 100 });
  now(budget.reserve(tokens(50), somebody));
  const late = budget.reserve(tokens(90), { ...somebody, signal: () => AbortSignal.abort('too late') });
  await expect(late).rejects.toBe('too late');
});

test('settling twice counts once, and a call that was not made after all does not count', () => {
  const { budget } = ledger({ modelCalls: 2, tokens: 100 });
  const first = now(budget.reserve(tokens(10), somebody));
  first.settle(tokens(10));
  first.settle(tokens(90));
  now(budget.reserve(tokens(10), somebody)).settle(undefined);
  now(budget.reserve(tokens(10), somebody)).settle(tokens(10));
  expect(() => budget.reserve(tokens(10), somebody)).toThrow('2 of 2 model calls are used');
});

test('of several budgets each must allow a call, and none keeps what another refused', async () => {
  const task = ledger({ modelCalls: 5 }, 'research').budget;
  const run = ledger({ modelCalls: 1 }).budget;
  now(reserveAll([task, run], tokens(1), somebody)).settle(tokens(1));
  expect(() => reserveAll([task, run], tokens(1), somebody)).toThrow(expect.objectContaining({ scope: 'run' }));
  for (let call = 0; call < 4; call += 1) now(task.reserve(tokens(1), somebody)).settle(tokens(1));
  expect(() => task.reserve(tokens(1), somebody)).toThrow('5 of 5 model calls');
  expect(reserveAll([], tokens(1), somebody)).toBeUndefined();
});

test('of several budgets the one that has to wait is waited for, and those after it are asked then', async () => {
  const task = ledger({ tokens: 100 }, 'research').budget;
  const run = ledger({ modelCalls: 2 }).budget;
  const first = now(reserveAll([task, run], tokens(80), somebody));
  const second = reserveAll([task, run], tokens(80), somebody);
  const third = reserveAll([task, run], tokens(80), somebody);
  expect(second).toBeInstanceOf(Promise);
  first.settle(tokens(10));
  (await second)?.settle(tokens(10));
  await expect(third).rejects.toMatchObject({ scope: 'run', kind: 'modelCalls' });
  // The task's budget has back what was put aside for the third.
  now(task.reserve(tokens(80), somebody));
});
