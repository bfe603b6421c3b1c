import { CrewError, type ErrorCode, type ErrorDetails, ModelError, messageOf } from '../errors.ts';
import { placeOf, type Work } from './work.ts';

const EXCERPT_LENGTH = 300;

/** The beginning of a text, short enough for an error's message. */
export function excerpt(text: string): string {
  return text.length <= EXCERPT_LENGTH ? text : `${text.slice(0, EXCERPT_LENGTH)}…`;
}

/** What is known of a fault. */
export interface Fault {
  readonly code: ErrorCode;
  /** What had been answered. */
  readonly text: string;
  readonly retryable?: boolean;
}

/** An error about what the assignment's model did; `did` goes on from its name. */
export function wrong(work: Work, did: string, { code, ...known }: Fault): ModelError {
  return new ModelError(code, `Model "${work.assignment.model.name}" ${did}.`, { ...placeOf(work), ...known });
}

/** What a model threw, as an error that says where. */
export function located(work: Work, thrown: unknown): CrewError {
  const place = placeOf(work);
  if (thrown instanceof CrewError) return thrown.runId === undefined ? relocated(thrown, place) : thrown;
  const { name } = work.assignment.model;
  return new ModelError('MODEL_FAILED', `Model "${name}" failed: ${messageOf(thrown)}`, { ...place, cause: thrown });
}

function relocated(error: CrewError, place: ErrorDetails): CrewError {
  const details = { ...place, cause: error.cause ?? error };
  if (!(error instanceof ModelError)) return new CrewError(error.code, error.message, details);
  const { status, requestId, retryable, text } = error;
  return new ModelError(error.code, error.message, { ...details, status, requestId, retryable, text });
}
