import { BudgetLedger } from '../calls/budget.ts';
import type { Budget, BudgetLimits, CallCost, Reservation, Spender } from '../spec/limits.ts';
import type { Journal } from './journal.ts';
import type { RunFacts } from './run-facts.ts';

/** What names a budget as a task's own. */
const OF_TASK = 'task:';

/** A new budget of one run. The run keeps it under its name. In a durable run, what was paid before it was resumed counts. */
export function budgetOf(name: string, limits: BudgetLimits, run: RunFacts): Budget {
  const { runId, events, runtime, journal } = run;
  const taskName = name.startsWith(OF_TASK) ? name.slice(OF_TASK.length) : undefined;
  const ledger = new BudgetLedger({ runId, taskName, limits, events, runtime });
  return journal === undefined ? ledger : new WrittenBudget(name, ledger, journal);
}

/** A budget whose payments are written down. */
class WrittenBudget implements Budget {
  readonly #name: string;
  readonly #ledger: BudgetLedger;
  readonly #journal: Journal;

  constructor(name: string, ledger: BudgetLedger, journal: Journal) {
    this.#name = name;
    this.#ledger = ledger;
    this.#journal = journal;
    for (const cost of journal.spentOf(name)) ledger.pay(cost);
  }

  reserve(cost: CallCost, spender: Spender): Reservation | Promise<Reservation> {
    const reserved = this.#ledger.reserve(cost, spender);
    return reserved instanceof Promise ? reserved.then((later) => this.#written(later)) : this.#written(reserved);
  }

  warnInTime(): () => void {
    return this.#ledger.warnInTime();
  }

  #written(reservation: Reservation): Reservation {
    let open = true;
    return {
      settle: (spent) => {
        if (open && spent !== undefined) this.#journal.recordSpent(this.#name, spent);
        open = false;
        reservation.settle(spent);
      },
    };
  }
}
