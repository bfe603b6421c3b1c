import type { Budget, BudgetLimits, Lane, Lease, Limiter, Reservation } from '../spec/limits.ts';
import type { RunFacts } from './run-facts.ts';

const FREE: Lease = Object.freeze({ release: () => {} });
const UNLIMITED: Limiter = Object.freeze({ acquire: () => FREE });
const SPENT: Reservation = Object.freeze({ settle: () => {} });
const ENDLESS: Budget = Object.freeze({ reserve: () => SPENT });

/** The limiter of a model's lane, the same for all runs of this process. */
export function limiterOf(_lane: Lane): Limiter {
  return UNLIMITED;
}

/** A new budget of one run. The run keeps it under its name. */
export function budgetOf(_name: string, _limits: BudgetLimits, _run: RunFacts): Budget {
  return ENDLESS;
}
