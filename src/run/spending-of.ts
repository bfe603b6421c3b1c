import type { Ctx } from '../spec/engine.ts';
import type { Spending } from '../spec/limits.ts';
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
