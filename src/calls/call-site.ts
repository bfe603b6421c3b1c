import { CrewError, type ErrorDetails } from '../errors.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Spending } from '../spec/limits.ts';
import type { ToolCall } from '../spec/message.ts';
import type { FinishReason, ModelRequest } from '../spec/model.ts';
import type { CallRecord } from '../usage.ts';

/** One call to make, for whom, and what has come of it so far. */
export interface Call {
  readonly ctx: TaskCtx;
  readonly taskName: string;
  readonly agent: string;
  readonly turn: number;
  /** Names the call within its run, the same on every replay: `research/turn.1.model`. */
  readonly callId: string;
  readonly request: ModelRequest;
  readonly spending: Spending;
  /** After a cancellation, how long a model may take to heed its signal. */
  readonly graceMs: number;
  /** True when an answer that its limit of tokens cut short is still of use. */
  readonly mayBeCut: boolean;
  /** A record of every attempt, in the order they ended: what the caller counts, however the call ends. */
  readonly records: CallRecord[];
  /** Attempts begun so far, whichever model they went to. */
  attempts: number;
}

/** What a model said, as its step records it: plain JSON. */
export interface ModelAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** `length` only where the call may be cut. */
  readonly finishReason: FinishReason;
  /** A record of every attempt made for it, lost ones too. */
  readonly calls: readonly CallRecord[];
}

/** Where a call is made, for an error to carry. */
export function placeOf({ ctx, taskName, agent }: Call): ErrorDetails {
  return { runId: ctx.runId, taskName, agent };
}

/** Why a call is no longer wanted, as an error. */
export function unwanted(reason: unknown, place: ErrorDetails): CrewError {
  if (reason instanceof CrewError) return reason;
  return new CrewError('CANCELLED', 'The run was cancelled.', { ...place, cause: reason });
}
