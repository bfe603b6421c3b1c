import { budgetError } from '../internal/budget-error.ts';
import type { Ctx } from '../spec/engine.ts';
import type { BudgetLimits, Spending } from '../spec/limits.ts';
import type { TaskData } from '../task-shape.ts';
import type { CompiledCrew } from './compiled-crew.ts';

/** What pays for the calls made for a task, delegated ones too: its own budget, and its run's. */
export function spendingOf(crew: CompiledCrew, ctx: Ctx, task: TaskData): Spending {
  const { budget } = crew.data;
  if (task.budget === undefined && budget === undefined) return crew.spending;
  const own = task.budget === undefined ? [] : [ctx.budget(`task:${task.name}`, task.budget)];
  const all = budget === undefined ? own : [...own, ctx.budget('run', budget)];
  return { budgets: all, priceOf: crew.spending.priceOf };
}

/** A budget that bounds time ends the work it is for. What is returned stops it from warning of that. */
function limitTime(ctx: Ctx, limits: BudgetLimits, { taskName, from }: { taskName?: string; from?: number }) {
  const { wallMs: allowed } = limits;
  const budget = ctx.budget(taskName === undefined ? 'run' : `task:${taskName}`, limits);
  if (allowed === undefined) return NOTHING;
  const spending = { kind: 'wallMs', used: allowed, reserved: 0, allowed } as const;
  ctx.limitTime(allowed, { overdue: () => budgetError(taskName, spending, { runId: ctx.runId, taskName }) }, from);
  return budget.warnInTime();
}

const NOTHING = (): void => undefined;

/** From now on the run's time counts, where its budget bounds it. What is returned ends its warning. */
export function limitRun({ data: { budget } }: CompiledCrew, ctx: Ctx): () => void {
  return budget === undefined ? NOTHING : limitTime(ctx, budget, {});
}

/** From `from` on a task's time counts, where its budget bounds it. What is returned ends its warning. */
export function limitTask({ name, budget }: TaskData, ctx: Ctx, from: number): () => void {
  return budget?.wallMs === undefined ? NOTHING : limitTime(ctx, budget, { taskName: name, from });
}
