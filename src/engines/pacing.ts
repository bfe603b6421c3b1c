import { BudgetLedger } from '../calls/budget.ts';
import type { Budget, BudgetLimits } from '../spec/limits.ts';
import type { RunFacts } from './run-facts.ts';

/** What names a budget as a task's own. */
const OF_TASK = 'task:';

/** A new budget of one run. The run keeps it under its name. */
export function budgetOf(name: string, limits: BudgetLimits, run: RunFacts): Budget {
  const { runId, events, runtime } = run;
  const taskName = name.startsWith(OF_TASK) ? name.slice(OF_TASK.length) : undefined;
  return new BudgetLedger({ runId, taskName, limits, events, runtime });
}
