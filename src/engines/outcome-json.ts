import {
  BudgetError,
  type BudgetSpending,
  CrewError,
  type ErrorCode,
  type ErrorDetails,
  ModelError,
  type ModelErrorDetails,
  messageOf,
} from '../errors.ts';
import { frozenInPlace, frozenJson } from '../internal/frozen.ts';
import type { Json } from '../spec/json.ts';
import type { ChildResult, Failure, RunResult, TaskOutcome } from '../spec/outcome.ts';
import { recall } from '../types.ts';
import { NO_USAGE, type Usage } from '../usage.ts';
import type { RecordedStep } from './journal.ts';

/** An error as a store keeps it: what it says and knows, without its stack, and its causes as their words. */
interface StoredError extends ModelErrorDetails, Partial<Omit<BudgetSpending, 'kind'>> {
  readonly name: string;
  readonly message: string;
  readonly code?: ErrorCode;
  readonly runId?: string;
  readonly taskName?: string;
  readonly agent?: string;
  readonly resumable?: boolean;
  readonly until?: number;
  readonly callId?: string;
  readonly kind?: BudgetSpending['kind'];
  readonly cause?: string;
}

/** Plain JSON but for the errors; fields that are undefined are left out when it is written. What a store gives back has been proved to be what was written, so it is taken as that. */
type Stored<T extends { readonly error: Failure | null }> = Omit<T, 'error' | 'children'> & {
  readonly error: Json;
  readonly children?: readonly Json[];
};

/** With the fingerprint that it belongs to, where it has one. */
export function outcomeToJson(outcome: TaskOutcome, fingerprint?: string): Json {
  const { error, children } = outcome;
  if (error !== null || children.length > 0) {
    return recall<Json>({ ...outcome, error: errorToJson(error), children: children.map(childToJson), fingerprint });
  }
  return recall<Json>(fingerprint === undefined ? outcome : { ...outcome, fingerprint });
}

export function fingerprintIn(value: Json): string | undefined {
  return recall<{ readonly fingerprint?: string }>(value).fingerprint;
}

export function outcomeFromJson(value: Json): TaskOutcome {
  const stored = recall<Stored<TaskOutcome>>(value);
  const { error, children = [] } = stored;
  // Field by field: where ten thousand are given back, leaving some out of a copy is most of what they cost.
  return {
    name: stored.name,
    status: stored.status,
    // As it was before it was written: nobody can change it.
    output: frozenJson(stored.output),
    raw: stored.raw,
    agent: stored.agent,
    durationMs: stored.durationMs,
    usage: stored.usage.modelCalls === 0 ? NO_USAGE : frozenUsage(stored.usage),
    attempts: stored.attempts,
    error: failureFromJson(error),
    skippedBecause: stored.skippedBecause,
    outputFile: stored.outputFile,
    children: children.length === 0 ? NO_CHILDREN : Object.freeze(children.map(childFromJson)),
    tainted: stored.tainted,
    acted: stored.acted,
    reusedFrom: stored.reusedFrom,
  };
}

const NO_CHILDREN: readonly never[] = Object.freeze([]);

function frozenUsage(usage: Usage): Usage {
  frozenInPlace(usage);
  return usage;
}

/** How a task ended and whether a tool was called for it that may be called once only, the rest left as it is stored. */
export function endIn(value: Json): Pick<TaskOutcome, 'status' | 'acted'> {
  return recall<TaskOutcome>(value);
}

export function resultToJson({ error, tasks, ...rest }: RunResult): Json {
  const stored = Object.entries(tasks).map(([name, outcome]) => [name, outcomeToJson(outcome)] as const);
  return recall<Json>({ ...rest, error: errorToJson(error), tasks: Object.fromEntries(stored) });
}

export function resultFromJson(value: Json): RunResult {
  const { error, tasks, ...rest } = recall<Stored<RunResult> & { readonly tasks: { readonly [name: string]: Json } }>(
    frozenJson(value),
  );
  const outcomes = Object.entries(tasks).map(([name, outcome]) => [name, outcomeFromJson(outcome)] as const);
  return { ...rest, error: failureFromJson(error), tasks: Object.fromEntries(outcomes) };
}

/** What a step came to. A step that returns nothing is told apart from one that returns null. */
export function stepToJson(step: RecordedStep): Json {
  if (!step.ok) return { thrown: errorToJson(step.thrown) };
  return step.value === undefined ? {} : recall<Json>({ value: step.value });
}

export function stepFromJson(stored: Json): RecordedStep {
  const { thrown, value } = recall<{ readonly thrown?: Json; readonly value?: unknown }>(stored);
  return thrown === undefined ? { ok: true, value } : { ok: false, thrown: errorFromJson(thrown) };
}

function childToJson({ error, children, ...rest }: ChildResult): Json {
  return recall<Json>({ ...rest, error: errorToJson(error), children: children.map(childToJson) });
}

function childFromJson(value: Json): ChildResult {
  const { error, children = [], ...rest } = recall<Stored<ChildResult>>(value);
  return { ...rest, error: failureFromJson(error), children: children.map(childFromJson) };
}

export function errorToJson(thrown: unknown): Json {
  if (thrown === null) return null;
  if (!(thrown instanceof CrewError)) {
    return { name: thrown instanceof Error ? thrown.name : 'Error', message: messageOf(thrown) };
  }
  const { cause, partial: _, ...known } = { ...thrown, cause: thrown.cause };
  const { name, message } = thrown;
  return recall<Json>({ ...known, name, message, ...(cause !== undefined && { cause: messageOf(cause) }) });
}

function failureFromJson(value: Json): CrewError | null {
  if (value === null) return null;
  const error = errorFromJson(value);
  return error instanceof CrewError ? error : new CrewError('TASK_FAILED', messageOf(error), { cause: error });
}

function errorFromJson(value: Json): Error {
  const stored = recall<StoredError>(value);
  const { name, message, code, cause, scope = 'run', kind, used = 0, reserved = 0, allowed = 0 } = stored;
  if (code === undefined) return Object.assign(new Error(message), { name });
  const details: ErrorDetails = { ...stored, cause: cause === undefined ? undefined : new Error(cause) };
  if (kind !== undefined) return new BudgetError(message, { scope, kind, used, reserved, allowed }, details);
  return name === 'ModelError'
    ? new ModelError(code, message, { ...stored, ...details })
    : new CrewError(code, message, details);
}
