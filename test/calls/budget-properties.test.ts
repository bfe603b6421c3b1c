import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reserveAll } from '../../src/calls/budget.ts';
import { BudgetError } from '../../src/errors.ts';
import type { Budget, CallCost, Reservation } from '../../src/spec/limits.ts';
import { RUNS } from '../sizes.ts';
import { ledger, somebody, tokens } from './spend.ts';

interface PlannedCall {
  readonly estimate: number;
  readonly actual: number;
}

const honest = fc
  .record({ estimate: fc.integer({ min: 1, max: 60 }), part: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ estimate, part }) => ({ estimate, actual: Math.round(estimate * part) }));
const any = fc.record({ estimate: fc.integer({ min: 0, max: 60 }), actual: fc.integer({ min: 0, max: 60 }) });
const lanesOf = (call: fc.Arbitrary<PlannedCall>) =>
  fc.array(fc.array(call, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });

interface Spent {
  readonly spent: number;
  readonly refused: BudgetError[];
  /** What had been spent when each call began. */
  readonly before: readonly number[];
}

/** Every lane makes its calls one after another; which of those under way ends next is the scheduler's to say. */
async function spend(
  lanes: readonly (readonly PlannedCall[])[],
  budgets: readonly Budget[],
  scheduler: fc.Scheduler,
  cost: (count: number) => CallCost = tokens,
): Promise<Spent> {
  let spent = 0;
  const refused: BudgetError[] = [];
  const before: number[] = [];
  const work = async (calls: readonly PlannedCall[]) => {
    for (const { estimate, actual } of calls) {
      let reservation: Reservation | undefined;
      try {
        reservation = await reserveAll(budgets, cost(estimate), somebody);
      } catch (error) {
        if (!(error instanceof BudgetError)) throw error;
        refused.push(error);
        return;
      }
      before.push(spent);
      await scheduler.schedule(Promise.resolve());
      spent += actual;
      reservation?.settle(cost(actual));
    }
  };
  const all = Promise.all(lanes.map(work));
  await scheduler.waitFor(all);
  return { spent, refused, before };
}

test('when no call costs more than was put aside, what is spent exceeds the budget by one call at most', async () => {
  await fc.assert(
    fc.asyncProperty(lanesOf(honest), fc.integer({ min: 1, max: 300 }), fc.scheduler(), async (lanes, bound, s) => {
      const { budget } = ledger({ tokens: bound });
      const { spent, refused } = await spend(lanes, [budget], s);
      const dearest = Math.max(...lanes.flat().map((call) => call.actual));
      expect(spent).toBeLessThanOrEqual(Math.max(bound, bound - 1 + dearest));
      for (const error of refused) expect(error.used).toBeGreaterThanOrEqual(bound);
    }),
    { numRuns: RUNS },
  );
});

test('whatever calls cost, no call begins once the budget is spent, and each lane exceeds it by one call at most', async () => {
  await fc.assert(
    fc.asyncProperty(lanesOf(any), fc.integer({ min: 1, max: 300 }), fc.scheduler(), async (lanes, bound, s) => {
      const { budget } = ledger({ tokens: bound });
      const { spent, before } = await spend(lanes, [budget], s);
      expect(Math.max(...before)).toBeLessThan(bound);
      const perLane = lanes.map((calls) => Math.max(...calls.map((call) => call.actual)));
      expect(spent).toBeLessThan(bound + perLane.reduce((sum, most) => sum + most, 0) + 1);
    }),
    { numRuns: RUNS },
  );
});

test('the number of calls is exact', async () => {
  await fc.assert(
    fc.asyncProperty(lanesOf(any), fc.integer({ min: 1, max: 30 }), fc.scheduler(), async (lanes, bound, s) => {
      const { before, refused } = await spend(lanes, [ledger({ modelCalls: bound }).budget], s);
      const wanted = lanes.flat().length;
      expect(before.length).toBe(Math.min(bound, wanted));
      expect(refused.length === 0).toBe(wanted <= bound);
    }),
    { numRuns: RUNS },
  );
});

test('money is bounded the same way, and no sum has dust', async () => {
  const cents = (count: number) => ({ tokens: 0, costUsd: count / 100 });
  await fc.assert(
    fc.asyncProperty(lanesOf(honest), fc.integer({ min: 1, max: 300 }), fc.scheduler(), async (lanes, bound, s) => {
      const { budget } = ledger({ costUsd: bound / 100 });
      const { spent, refused } = await spend(lanes, [budget], s, cents);
      const dearest = Math.max(...lanes.flat().map((call) => call.actual));
      expect(spent).toBeLessThanOrEqual(Math.max(bound, bound - 1 + dearest));
      for (const { used } of refused) expect(used).toBe(Math.round(used * 100) / 100);
    }),
    { numRuns: RUNS },
  );
});

test("a task's budget and its run's hold at once, and nobody waits for ever", async () => {
  const bounds = fc.record({ run: fc.integer({ min: 1, max: 300 }), task: fc.integer({ min: 1, max: 100 }) });
  await fc.assert(
    fc.asyncProperty(lanesOf(honest), lanesOf(honest), bounds, fc.scheduler(), async (first, second, bound, s) => {
      const run = ledger({ tokens: bound.run }).budget;
      const inTask = (lanes: readonly (readonly PlannedCall[])[]) =>
        spend(lanes, [ledger({ tokens: bound.task }, 'task').budget, run], s);
      const [a, b] = await Promise.all([inTask(first), inTask(second)]);
      const most = (lanes: readonly (readonly PlannedCall[])[]) => Math.max(...lanes.flat().map((call) => call.actual));
      expect(a.spent).toBeLessThanOrEqual(Math.max(bound.task, bound.task - 1 + most(first)));
      expect(b.spent).toBeLessThanOrEqual(Math.max(bound.task, bound.task - 1 + most(second)));
      expect(a.spent + b.spent).toBeLessThanOrEqual(
        Math.max(bound.run, bound.run - 1 + Math.max(most(first), most(second))),
      );
    }),
    { numRuns: RUNS },
  );
});

test('what is put aside always comes back: once all have settled, one call sees everything that is left', async () => {
  await fc.assert(
    fc.asyncProperty(lanesOf(any), fc.scheduler(), async (lanes, s) => {
      const { budget } = ledger({ tokens: 1_000_000, costUsd: 1_000 });
      const { spent } = await spend(lanes, [budget], s);
      expect(budget.exceeded('tokens')).toMatchObject({ used: spent, reserved: 0 });
      expect(budget.exceeded('costUsd')).toMatchObject({ reserved: 0 });
    }),
    { numRuns: RUNS },
  );
});
