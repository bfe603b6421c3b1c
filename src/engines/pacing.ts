import { BudgetLedger } from '../calls/budget.ts';
import type { Budget, BudgetLimits, CallCost, Reservation, Spender } from '../spec/limits.ts';
import type { RunFacts } from './run-facts.ts';

/** What names a budget as a task's own. */
const OF_TASK = 'task:';

/** A new budget of one run. The run keeps it under its name. In a durable run, what was paid before it was resumed counts. */
export function budgetOf(name: string, limits: BudgetLimits, run: RunFacts): Budget {
  const { beyond } = run;
  const { runId, events, runtime, journal } = run;
  const taskName = name.startsWith(OF_TASK) ? name.slice(OF_TASK.length) : undefined;
  const facts = { runId, taskName, limits, events, runtime };
  if (journal === undefined) return new BudgetLedger(facts);
  // A task's own is spent by one process at a time.
  const isShared = beyond !== undefined && taskName === undefined;
  const ledger = new BudgetLedger({
    ...facts,
    paid: isShared ? [] : journal.spentOf(name),
    onPaid: (cost) => journal.recordSpent(name, cost),
  });
  return isShared ? new SharedBudget(ledger, () => beyond.paid(name)) : ledger;
}

/** The budget of a run that several processes spend: what others have paid is counted before each call. */
class SharedBudget implements Budget {
  readonly #ledger: BudgetLedger;
  readonly #paid: () => Promise<readonly CallCost[]>;

  constructor(ledger: BudgetLedger, paid: () => Promise<readonly CallCost[]>) {
    this.#ledger = ledger;
    this.#paid = paid;
  }

  async reserve(cost: CallCost, spender: Spender): Promise<Reservation> {
    for (const paid of await this.#paid()) this.#ledger.pay(paid);
    return this.#ledger.reserve(cost, spender);
  }

  warnInTime(): () => void {
    return this.#ledger.warnInTime();
  }
}
