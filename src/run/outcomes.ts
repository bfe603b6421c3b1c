import { CrewError, eventError, messageOf, pausesRun } from '../errors.ts';
import type { EventBody } from '../events.ts';
import type { Ctx } from '../spec/engine.ts';
import type { Failure, TaskOutcome } from '../spec/outcome.ts';
import { NO_USAGE } from '../usage.ts';

const NOTHING: readonly never[] = Object.freeze([]);

/** A task that never started, as far as it is known. */
function unstarted(name: string): TaskOutcome {
  return {
    name,
    status: 'cancelled',
    output: null,
    raw: '',
    agent: null,
    durationMs: 0,
    usage: NO_USAGE,
    attempts: 0,
    error: null,
    skippedBecause: null,
    outputFile: null,
    children: NOTHING,
    tainted: false,
    acted: false,
    reusedFrom: null,
  };
}

export function skippedTask(name: string, because: string): TaskOutcome {
  return { ...unstarted(name), status: 'skipped', skippedBecause: because };
}

export function cancelledTask(name: string): TaskOutcome {
  return unstarted(name);
}

/** How something that started has ended, by its error. What pauses the run is no failure: the work was stopped. */
export function endStatus(error: Failure | null): 'done' | 'failed' | 'cancelled' {
  if (error === null) return 'done';
  return error.code === 'CANCELLED' || pausesRun(error) ? 'cancelled' : 'failed';
}

/** A task that started: done without an error, else failed, or cancelled when that is what the error says. */
export function endedTask(
  name: string,
  ended: Omit<TaskOutcome, 'name' | 'status' | 'attempts' | 'skippedBecause' | 'outputFile' | 'reusedFrom'>,
): TaskOutcome {
  const { output, raw, agent, durationMs, usage, error, children, tainted, acted } = ended;
  const status = endStatus(error);
  return {
    name,
    status,
    output,
    raw,
    agent,
    durationMs,
    usage,
    attempts: 1,
    error,
    skippedBecause: null,
    outputFile: null,
    children,
    tainted,
    acted,
    reusedFrom: null,
  };
}

/** A task whose function itself broke, outside anything that it guards. */
export function brokenTask(ctx: Ctx, name: string, thrown: unknown): TaskOutcome {
  const error = asCrewError(thrown, { runId: ctx.runId, taskName: name });
  return endedTask(name, {
    output: null,
    raw: '',
    agent: null,
    durationMs: 0,
    usage: NO_USAGE,
    error,
    children: NOTHING,
    tainted: false,
    acted: false,
  });
}

/** Where something was thrown. */
export interface Where {
  readonly runId: string;
  readonly taskName: string;
  readonly agent?: string;
}

/**
 * What was thrown, as an error that says where; a foreign one travels as its cause. So does what ended another run that was
 * kicked off within the task: a pause or a cancellation of that run is none of this one.
 */
export function asCrewError(thrown: unknown, where: Where): CrewError {
  if (isOfRun(thrown, where.runId)) return thrown.taskName === undefined ? thrown.located(where) : thrown;
  return new CrewError('TASK_FAILED', `Task "${where.taskName}" failed: ${messageOf(thrown)}`, {
    ...where,
    cause: thrown,
  });
}

/** An error of Crewline's that no other run ended with. */
export function isOfRun(thrown: unknown, runId: string): thrown is CrewError {
  return thrown instanceof CrewError && (thrown.runId === undefined || thrown.runId === runId);
}

/** What `task.end` tells of a task that started. */
export function taskEnd(outcome: TaskOutcome): EventBody<'task.end'> {
  const { name: taskName, agent, attempts: attempt, durationMs, usage, output, outputFile, error } = outcome;
  const common = { taskName, attempt, durationMs, usage, ...(agent !== null && { agent }) };
  const failed = error !== null && { error: eventError(error) };
  if (outcome.status !== 'done')
    return { ...common, status: outcome.status === 'cancelled' ? 'cancelled' : 'failed', ...failed };
  return { ...common, status: 'done', output, ...(outputFile !== null && { outputFile }), ...failed };
}

/** What `task.reused` tells of an outcome that was there before. */
export function taskReused({ runId }: Ctx, outcome: TaskOutcome): EventBody<'task.reused'> {
  const { name: taskName, status, agent, output, outputFile, error, reusedFrom } = outcome;
  return {
    taskName,
    status,
    from: reusedFrom ?? runId,
    ...(agent !== null && { agent }),
    ...(status === 'done' && { output }),
    ...(outputFile !== null && { outputFile }),
    ...(error !== null && { error: eventError(error) }),
  };
}
