import type { RunOutcome } from '../events.ts';
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
  readonly failure: Failure | null;
}

/** Adds the outcomes of a run's tasks up to the run's own. */
export function runResult({ crew, ctx, inputs, durationMs, outcomes, failure }: ResultParts): RunResult {
  const tasks: { [name: string]: TaskOutcome } = {};
  const usages: Usage[] = [];
  let cancelled = false;
  for (const outcome of outcomes) {
    tasks[outcome.name] = outcome;
    if (outcome.usage !== NO_USAGE) usages.push(outcome.usage);
    if (outcome.status === 'cancelled') cancelled = true;
  }
  const last = outcomes[outcomes.length - 1];
  return {
    runId: ctx.runId,
    crew: crew.data.name,
    status: statusOf(failure, cancelled),
    raw: last?.raw ?? '',
    output: last?.output ?? null,
    tasks,
    inputs,
    durationMs,
    usage: mergeUsage(usages),
    error: failure,
  };
}

function statusOf(failure: Failure | null, cancelled: boolean): RunOutcome {
  if (failure !== null) return 'failed';
  return cancelled ? 'cancelled' : 'done';
}
