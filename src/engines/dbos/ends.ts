import type { OutcomeLookup } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import { NO_USAGE } from '../../usage.ts';
import { outcomeFromJson, stepFromJson } from '../outcome-json.ts';
import type { StoredRecord } from '../records.ts';
import type { Ended } from '../spread-run.ts';

/** What `run.end` tells of a result, as it is stored. */
export function endedWith(status: string, result: Json): Json {
  const {
    durationMs = 0,
    usage = recall<Json>(NO_USAGE),
    error,
    thrown,
  } = recall<{ readonly [field: string]: Json }>(result);
  const failure = recall<{ readonly code?: string; readonly message: string } | null>(error ?? thrown ?? null);
  const { code = 'TASK_FAILED', message = '' } = failure ?? {};
  const told = status === 'broken' ? 'failed' : status;
  return { status: told, durationMs, usage, ...(failure !== null && { error: { code, message } }) };
}

/** How a task ended that was worked elsewhere, as it was told. */
export function endedFrom(key: string, value: Json): Ended {
  const { outcome } = recall<{ readonly outcome?: Json }>(value);
  if (outcome !== undefined) return { key, outcome: outcomeFromJson(outcome) };
  const step = stepFromJson(value);
  return { key, error: step.ok ? undefined : step.thrown };
}

/** How tasks ended, as it is recorded: what comes last counts. */
export function lookupIn(records: readonly StoredRecord[]): OutcomeLookup {
  const byKey = new Map(records.map(({ key, value }) => [key, value]));
  return (key) => {
    const value = byKey.get(key);
    return value === undefined ? undefined : outcomeFromJson(value);
  };
}
