import { BudgetLedger } from '../calls/budget.ts';
import type { Budget, BudgetLimits } from '../spec/limits.ts';
import type { RunFacts } from './run-facts.ts';

/** What names a budget as a task's own. */
const OF_TASK = 'task:';

/** A new budget of one run. The run keeps it under its name. In a durable run, what was paid before it was resumed counts. */
export function budgetOf(name: string, limits: BudgetLimits, run: RunFacts): Budget {
  const { runId, events, runtime, journal } = run;
  const taskName = name.startsWith(OF_TASK) ? name.slice(OF_TASK.length) : undefined;
  const facts = { runId, taskName, limits, events, runtime };
  if (journal === undefined) return new BudgetLedger(facts);
  return new BudgetLedger({
    ...facts,
    paid: journal.spentOf(name),
    onPaid: (cost) => journal.recordSpent(name, cost),
  });
}
