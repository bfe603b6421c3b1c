import type { CrewError } from '../errors.ts';
import type { EventBody } from '../events.ts';
import type { Model } from '../spec/model.ts';
import { type CallRecord, sumUsage } from '../usage.ts';
import type { Call } from './call-site.ts';

/** An attempt, as its events tell of it. */
export interface ToldAttempt {
  readonly call: Call;
  readonly model: Model;
  readonly number: number;
}

/** An attempt that is over. */
export interface EndedAttempt {
  readonly attempt: ToldAttempt;
  readonly record: CallRecord;
  readonly error: CrewError | undefined;
  readonly durationMs: number;
}

// Functions made once: where nobody listens, an event then costs next to nothing.

export function startOf({ call, model, number }: ToldAttempt): EventBody<'model.start'> {
  const { taskName, agent, turn, callId } = call;
  return { taskName, agent, turn, callId, model: model.name, attempt: number };
}

/** Written out: spreading one object into another costs more than half of what an event does. */
export function endOf({ attempt, record, error, durationMs }: EndedAttempt): EventBody<'model.end'> {
  const { call, model, number } = attempt;
  const { taskName, agent, turn, callId } = call;
  const usage = sumUsage([record]);
  if (error === undefined)
    return { taskName, agent, turn, callId, model: model.name, attempt: number, durationMs, usage };
  return { ...startOf(attempt), durationMs, usage, error: { code: error.code, message: error.message } };
}

/** An attempt whose model went on after a cancellation. */
export function abandonedOf({ call, model }: ToldAttempt): EventBody<'log'> {
  const { taskName, graceMs } = call;
  const message = `TOOL_ABANDONED: model "${model.name}" went on for more than ${graceMs} ms after its run was cancelled, and was left behind. Have it heed its signal.`;
  return { level: 'warn', message, taskName };
}
