import { budgetError } from '../internal/budget-error.ts';
import { LONGEST_TIMER_MS } from '../internal/runtime.ts';
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

const NOTHING = (): void => undefined;

/**
 * From now on the run's time counts, where its budget bounds it: then the run is paused, whatever is under way. What is
 * returned ends that. It is no deadline of its tasks: a call that can only be made again later does not fail of it.
 */
export function limitRun({ data: { budget } }: CompiledCrew, ctx: Ctx): () => void {
  if (budget === undefined) return NOTHING;
  // Its books are opened here, for they count the time too.
  ctx.budget('run', budget);
  const { wallMs } = budget;
  if (wallMs === undefined) return NOTHING;
  const end = () => ctx.abort(budgetError(undefined, timeOver(wallMs), { runId: ctx.runId }));
  return ctx.runtime.timer(Math.min(wallMs, LONGEST_TIMER_MS), end, 'bound');
}

/** Tells when most of the run's time is used, for as long as what is returned is not called. */
export function warnRun({ data: { budget } }: CompiledCrew, ctx: Ctx): () => void {
  return budget === undefined ? NOTHING : ctx.budget('run', budget).warnInTime();
}

/** From `from` on a task's time counts, where its budget bounds it: then it fails. What is returned ends its warning. */
export function limitTask(
  { name, budget }: TaskData,
  ctx: Ctx,
  { from, agent }: { readonly from: number; readonly agent: string | undefined },
): () => void {
  if (budget?.wallMs === undefined) return NOTHING;
  const { wallMs } = budget;
  const where = { runId: ctx.runId, taskName: name, agent };
  ctx.limitTime(wallMs, { overdue: () => budgetError(name, timeOver(wallMs), where) }, from);
  return ctx.budget(`task:${name}`, budget).warnInTime();
}

function timeOver(allowed: number) {
  return { kind: 'wallMs', used: allowed, reserved: 0, allowed } as const;
}
