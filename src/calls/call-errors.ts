import { BudgetError, CrewError, type ErrorCode, type ErrorDetails, ModelError, messageOf } from '../errors.ts';

const EXCERPT_LENGTH = 300;

/** The beginning of a text, short enough for an error's message. */
export function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH ? text : `${text.slice(0, EXCERPT_LENGTH)}…`;
}

/** What is known of a fault. */
export interface Fault {
  readonly code: ErrorCode;
  /** Goes on from the model's name. */
  readonly did: string;
  /** What had been answered. */
  readonly text: string;
  readonly retryable?: boolean;
}

/** An error about what a model did. */
export function faultError(model: string, { did, ...known }: Fault, place: ErrorDetails): ModelError {
  return new ModelError(known.code, `Model "${model}" ${did}.`, { ...place, ...known });
}

/** What a model threw, as an error that says where. */
export function located(thrown: unknown, model: string, place: ErrorDetails): CrewError {
  if (thrown instanceof CrewError) return thrown.runId === undefined ? copyOf(thrown, { place }) : thrown;
  const message = `Model "${model}" failed: ${messageOf(thrown)}`;
  return new ModelError('MODEL_FAILED', message, { ...place, cause: thrown, retryable: saysRetryable(thrown) });
}

/** A model of the user's own may say of whatever it throws that it passes. */
function saysRetryable(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'retryable' in thrown && thrown.retryable === true;
}

/** The error of a call that was made several times, which says so. */
export function afterTries(error: CrewError, tries: number): CrewError {
  if (tries < 2) return error;
  return copyOf(error, { cause: error.cause, message: `${error.message} It was tried ${tries} times.` });
}

interface Changes {
  readonly place?: ErrorDetails;
  readonly message?: string;
  readonly text?: string;
  readonly cause?: unknown;
}

/** The same error, elsewhere or in other words. */
export function copyOf(error: CrewError, changes: Changes): CrewError {
  const { place, message = error.message, cause = error.cause ?? error } = changes;
  const { runId, taskName, agent, until, resumable } = error;
  const details = { runId, taskName, agent, until, resumable, ...place, cause };
  if (error instanceof BudgetError) return new BudgetError(message, error, details);
  if (!(error instanceof ModelError)) return new CrewError(error.code, message, details);
  const { status, requestId, retryable, retryAfterMs, limits, sent } = error;
  const known = { status, requestId, retryable, retryAfterMs, limits, sent, text: changes.text ?? error.text };
  return new ModelError(error.code, message, { ...details, ...known });
}
