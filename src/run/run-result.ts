import { CrewError } from '../errors.ts';
import type { RunOutcome, TaskStatus } from '../events.ts';
import type { Ctx } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Failure, RunResult, TaskOutcome } from '../spec/outcome.ts';
import { mergeUsage, NO_USAGE, type Usage } from '../usage.ts';
import type { CompiledCrew } from './compiled-crew.ts';

/** What a result is made of. */
export interface ResultParts {
  readonly crew: CompiledCrew;
  readonly ctx: Ctx;
  readonly inputs: Json;
  readonly durationMs: number;
  readonly outcomes: readonly TaskOutcome[];
  /** The first failure that fails the run. */
  readonly failure: Failure | null;
  /** The first that pauses it. */
  readonly pause: Failure | null;
}

/** Adds the outcomes of a run's tasks up to the run's own. */
export function runResult({ crew, ctx, inputs, durationMs, outcomes, failure, pause }: ResultParts): RunResult {
  const tasks: { [name: string]: TaskOutcome } = {};
  const usages: Usage[] = [];
  const ends = new Set<TaskStatus>();
  for (const outcome of outcomes) {
    tasks[outcome.name] = outcome;
    if (outcome.usage !== NO_USAGE) usages.push(outcome.usage);
    ends.add(outcome.status);
  }
  const last = outcomes[outcomes.length - 1];
  const status = statusOf(ends, { failure, pause, cancelled: ctx.aborted?.code === 'CANCELLED' });
  return {
    runId: ctx.runId,
    crew: crew.data.name,
    status,
    raw: last?.raw ?? '',
    output: last?.output ?? null,
    tasks,
    inputs,
    durationMs,
    usage: mergeUsage(usages),
    error: status === 'paused' ? allPending(pause, outcomes) : failure,
  };
}

/** A run that waits for several people says so of all of them at once. */
function allPending(pause: Failure | null, outcomes: readonly TaskOutcome[]): Failure | null {
  if (pause?.code !== 'REVIEW_PENDING') return pause;
  const pending = outcomes.flatMap(({ error }) => (error?.code === 'REVIEW_PENDING' ? [error] : []));
  if (pending.length < 2) return pause;
  const lines = pending.map(({ message }) => `\n- ${message}`).join('');
  const { runId } = pause;
  return new CrewError('REVIEW_PENDING', `${pending.length} tasks wait for a person:${lines}`, { runId });
}

function statusOf(
  ends: ReadonlySet<TaskStatus>,
  { failure, pause, cancelled }: Pick<ResultParts, 'failure' | 'pause'> & { readonly cancelled: boolean },
): RunOutcome {
  if (failure !== null) return 'failed';
  if (ends.has('cancelled')) return pause !== null && !cancelled ? 'paused' : 'cancelled';
  // A failure that is not the run's: what required that task was skipped, the rest is done.
  return ends.has('failed') ? 'partial' : 'done';
}
