import type { ErrorCode } from './error-codes.ts';
import { cleanCause } from './internal/clean-cause.ts';
import { redact } from './internal/redact.ts';
import { type Inspect, shownError } from './internal/shown-error.ts';
import type { BudgetKind, RateLimitNews } from './spec/limits.ts';
import type { Failure, RunResult } from './spec/outcome.ts';

export type { ErrorCode } from './error-codes.ts';

/** Where an error happened, and what it was made of. */
export interface ErrorDetails {
  readonly runId?: string | undefined;
  readonly taskName?: string | undefined;
  readonly agent?: string | undefined;
  /** Kept as it is, unless a secret is in it: then a copy without. */
  readonly cause?: unknown;
  readonly partial?: RunResult | undefined;
  readonly resumable?: boolean | undefined;
  readonly until?: number | undefined;
  readonly callId?: string | undefined;
}

/**
 * The root of every error that Crewline throws: `code` to branch on, `message` saying what to do. Secrets are hidden in its
 * message, and wherever it is printed, in its causes too.
 */
export class CrewError extends Error implements Failure {
  override readonly name: string = 'CrewError';
  readonly code: ErrorCode;
  readonly runId: string | undefined;
  readonly taskName: string | undefined;
  readonly agent: string | undefined;
  /** On the error that a kickoff rejects with: everything that had finished by then. */
  readonly partial: RunResult | undefined;
  /** True when the run was paused on an engine that can go on with it later. */
  readonly resumable: boolean;
  /** When what was waited for may be over, in milliseconds since 1970, where that is known. */
  readonly until: number | undefined;
  /** The call that somebody has to decide about, of a `NEEDS_DECISION`. */
  readonly callId: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(redact(message), details.cause === undefined ? undefined : { cause: cleanCause(details.cause, isOurs) });
    this.code = code;
    this.runId = details.runId;
    this.taskName = details.taskName;
    this.agent = details.agent;
    this.partial = details.partial;
    this.resumable = details.resumable ?? false;
    this.until = details.until;
    this.callId = details.callId;
  }

  /** What `console.log` and `util.inspect` print. */
  [Symbol.for('nodejs.util.inspect.custom')](_depth: number, options: object, inspect: Inspect): string {
    return shownError(this, options, inspect);
  }

  /** The same error, class and all, with everything that had finished by then; not printed along with it. */
  withPartial(partial: RunResult): CrewError {
    return changed(this, { partial: { value: partial, enumerable: false } });
  }

  /** The same error, class and all, of a run that can be gone on with later. */
  asResumable(): CrewError {
    return changed(this, { resumable: { value: true, enumerable: true } });
  }

  /** The same error, class and all, saying where it happened; what it knows of that already stays. */
  located({ runId, taskName, agent }: Pick<ErrorDetails, 'runId' | 'taskName' | 'agent'>): CrewError {
    return changed(this, {
      runId: { value: this.runId ?? runId, enumerable: true },
      taskName: { value: this.taskName ?? taskName, enumerable: true },
      agent: { value: this.agent ?? agent, enumerable: true },
    });
  }
}

function changed(error: CrewError, properties: PropertyDescriptorMap): CrewError {
  return Object.create(Object.getPrototypeOf(error), { ...Object.getOwnPropertyDescriptors(error), ...properties });
}

/**
 * Whether an error is no failure but a pause: the run could go on later, with an account that is filled, after the wait
 * that a provider asks for, with a larger budget, or with somebody's answer. A task's own budget fails that task only.
 */
export function pausesRun(error: Failure): boolean {
  switch (error.code) {
    case 'QUOTA_EXHAUSTED':
    case 'PROVIDER_WAIT':
    case 'NEEDS_DECISION':
    case 'REVIEW_PENDING':
      return true;
    case 'BUDGET_EXCEEDED':
      return !('scope' in error && error.scope === 'task');
    default:
      return false;
  }
}

/** Our own errors are clean from the start. */
function isOurs(thrown: unknown): boolean {
  return thrown instanceof CrewError;
}

/** One mistake in a crew's definition. */
export interface Problem {
  readonly code: ErrorCode;
  /** Where: `task "write"`, `agent "Editor"`, `crew`. */
  readonly place: string;
  readonly message: string;
  /** For `GRAPH_CYCLE`: the walk along the cycle, ending where it began. */
  readonly path?: readonly string[];
}

/** A crew, agent, task or tool is declared wrongly. Holds every mistake; nothing has been spent. */
export class DefinitionError extends CrewError {
  override readonly name = 'DefinitionError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[], subject: string) {
    const first = problems[0]?.code ?? 'CREW_INVALID';
    const code = problems.every((problem) => problem.code === first) ? first : 'CREW_INVALID';
    const lines = problems.map((problem) => `${problem.place}: ${problem.message}`);
    super(
      code,
      lines.length === 1 ? `${lines[0]}` : `${subject} has ${lines.length} mistakes:\n- ${lines.join('\n- ')}`,
    );
    this.problems = problems;
  }
}

/** A budget is used up: what it bounds may make no further call. */
export class BudgetError extends CrewError {
  override readonly name = 'BudgetError';
  /** Whose budget: the run's pauses the run, a task's own fails that task. */
  readonly scope: 'run' | 'task';
  readonly kind: BudgetKind;
  /** What is used, put aside for calls under way, and allowed, in the unit of its kind. */
  readonly used: number;
  readonly reserved: number;
  readonly allowed: number;

  constructor(message: string, spending: BudgetSpending, details: ErrorDetails = {}) {
    super('BUDGET_EXCEEDED', message, details);
    this.scope = spending.scope;
    this.kind = spending.kind;
    this.used = spending.used;
    this.reserved = spending.reserved;
    this.allowed = spending.allowed;
  }
}

/** How far a budget is used. */
export interface BudgetSpending {
  readonly scope: 'run' | 'task';
  readonly kind: BudgetKind;
  readonly used: number;
  readonly reserved: number;
  readonly allowed: number;
}

/** What a model, or the way to it, did wrong. */
export class ModelError extends CrewError {
  override readonly name = 'ModelError';
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The provider's id of the request, for its support. */
  readonly requestId: string | undefined;
  /** True when the same call may succeed later. */
  readonly retryable: boolean;
  /** What had been answered before it went wrong. */
  readonly text: string | undefined;
  /** How long the provider asks to wait before the next call, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the provider says of its limits. */
  readonly limits: RateLimitNews | undefined;
  /** False when the call never left: no connection stood. Then nothing was used. */
  readonly sent: boolean;

  constructor(code: ErrorCode, message: string, details: ErrorDetails & ModelErrorDetails = {}) {
    super(code, message, details);
    this.status = details.status;
    this.requestId = details.requestId && redact(details.requestId);
    this.retryable = details.retryable ?? false;
    this.text = details.text && redact(details.text);
    this.retryAfterMs = details.retryAfterMs;
    this.limits = details.limits;
    this.sent = details.sent ?? true;
  }
}

/** What is known of a failed model call. */
export interface ModelErrorDetails {
  readonly status?: number | undefined;
  readonly requestId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly text?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly limits?: RateLimitNews | undefined;
  /** False when the call never left. @default true */
  readonly sent?: boolean | undefined;
}

/** An error as events carry it. */
export function eventError({ code, message }: Failure): { readonly code: ErrorCode; readonly message: string } {
  return { code, message };
}

/** The message of anything that was thrown, without secrets. Never throws itself, whatever it is given. */
export function messageOf(thrown: unknown): string {
  return redact(wordsOf(thrown));
}

function wordsOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  // Also an error of another realm, which is no instance of this one's Error.
  if ('message' in thrown && typeof thrown.message === 'string') {
    return thrown.message === '' && 'name' in thrown ? String(thrown.name) : thrown.message;
  }
  try {
    return JSON.stringify(thrown);
  } catch {
    return 'an object that says nothing';
  }
}
