import type { Agent } from '../agent.ts';
import { CrewError } from '../errors.ts';
import type { Bounds } from '../internal/bounded.ts';
import type { Ctx } from '../spec/engine.ts';
import type { CompiledCrew } from './compiled-crew.ts';

/** How long a callback of a task is waited for: for as long as the task has time. */
export function boundsOf(
  crew: CompiledCrew,
  ctx: Ctx,
  called: { readonly what: string; readonly taskName: string },
): Bounds {
  const { what, taskName } = called;
  return { ctx, what: `${what} of task "${taskName}"`, taskName, graceMs: crew.data.cancelGraceMs };
}

/** How long a callback of the run itself is waited for: those of a task have as long as their task. */
export function crewBounds(crew: CompiledCrew, ctx: Ctx, what: string): Bounds {
  const about = `${what} of crew "${crew.data.name}"`;
  const { cancelGraceMs: graceMs, timeouts } = crew.data;
  const ms = timeouts.callbackMs;
  const message = `${about} took longer than ${ms} ms (timeouts.callbackMs).`;
  const error = () => new CrewError('TIMEOUT', message, { runId: ctx.runId });
  return { ctx, what: about, graceMs, limit: { ms, error } };
}

/** Ends one piece of work by an agent when it takes longer than the agent's `timeoutMs`. */
export function limitAgent(ctx: Ctx, { name, timeoutMs }: Agent, taskName: string): void {
  if (timeoutMs === undefined) return;
  const where = { runId: ctx.runId, taskName, agent: name };
  ctx.limitTime(timeoutMs, {
    overdue: (ms) => new CrewError('TIMEOUT', `Agent "${name}" took longer than its timeoutMs of ${ms} ms.`, where),
  });
}
