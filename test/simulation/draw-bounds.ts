import type { BudgetLimits, ModelLimits, ModelTimeouts } from 'crewline';
import type { Draw } from './draw.ts';
import type { TaskPlan } from './scenario.ts';

/** How many calls a model takes: any mix of the three kinds. */
export function drawLimits(draw: Draw): ModelLimits {
  return {
    ...(draw.chance(0.6) && { maxConcurrency: draw.between(1, 3) }),
    ...(draw.chance(0.4) && { requestsPerMinute: draw.between(2, 20) }),
    ...(draw.chance(0.4) && { tokensPerMinute: draw.pick([1_500, 5_000, 20_000]) }),
  };
}

export function drawTimeouts(draw: Draw): ModelTimeouts {
  return {
    ...(draw.chance(0.5) && { firstByteMs: draw.pick([1_000, 10_000]) }),
    ...(draw.chance(0.5) && { idleMs: draw.pick([300, 20_000]) }),
    ...(draw.chance(0.5) && { totalMs: draw.pick([2_000, 60_000]) }),
  };
}

export function drawBudget(draw: Draw): BudgetLimits {
  return draw.pick([
    { modelCalls: draw.between(1, 12) },
    { tokens: draw.pick([1_000, 4_000, 20_000]) },
    { wallMs: draw.pick([50, 5_000, 60_000]) },
    { modelCalls: draw.between(1, 20), tokens: draw.pick([3_000, 10_000]) },
  ]);
}

/** What a crew of these tasks may be given of a budget: one that calls no model has a time only. */
export function heeded(budget: BudgetLimits, tasks: readonly TaskPlan[]): BudgetLimits | undefined {
  return budget.wallMs !== undefined || tasks.some(({ by }) => by === 'agent') ? budget : undefined;
}

/** What a task's failure leads to, how often it is tried, and what it may use. */
export function drawPolicy(
  draw: Draw,
  { trouble, by }: { readonly trouble: boolean; readonly by: TaskPlan['by'] },
): Pick<TaskPlan, 'onFailure' | 'attempts' | 'retryDelayMs' | 'timeoutMs' | 'budget'> {
  const attempts = trouble && draw.chance(0.2) ? draw.between(2, 3) : 1;
  return {
    onFailure: trouble ? draw.pick(['failRun', 'failRun', 'skipDependents', 'fallback']) : 'failRun',
    attempts,
    retryDelayMs: attempts > 1 ? draw.pick([0, 1, 2_000]) : 0,
    timeoutMs: trouble && draw.chance(0.15) ? draw.pick([10, 1_000, 60_000, 600_000]) : undefined,
    budget: trouble && by === 'agent' && draw.chance(0.08) ? drawBudget(draw) : undefined,
  };
}
