import { BudgetLedger } from '../../src/calls/budget.ts';
import type { CrewEvent } from '../../src/events.ts';
import type { Emitter } from '../../src/spec/engine.ts';
import type { BudgetLimits, Spender } from '../../src/spec/limits.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

/** Who spends, in tests that do not care. */
export const somebody: Spender = {
  taskName: 'research',
  agent: 'Ann',
  signal: () => new AbortController().signal,
};

/** A ledger, with what it told and the clock that it reads. */
export function ledger(limits: BudgetLimits, taskName?: string) {
  const told: object[] = [];
  const events: Emitter = {
    wants: () => true,
    emit: (type: CrewEvent['type'], body: (subject?: never) => object) => {
      told.push({ type, ...body() });
    },
  };
  const clock = fakeClock();
  return { told, clock, budget: new BudgetLedger({ runId: 'run_1', taskName, limits, events, runtime: clock }) };
}

/** A call of so many tokens that costs nothing. */
export const tokens = (count: number) => ({ tokens: count, costUsd: 0 });
export const dollars = (costUsd: number | null) => ({ tokens: 0, costUsd });
