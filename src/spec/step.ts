import type { Decision } from './decision.ts';

/** What a durable run knows of something that may not be done twice. */
export interface Once {
  /**
   * What was decided, where it was begun before and its end is not known; undefined where it may be done.
   * @throws {CrewError} `NEEDS_DECISION` where nobody has decided yet; `what` is told: a tool and its arguments.
   */
  decided(what: string): Exclude<Decision, 'retry'> | undefined;
  /** Resolves once it is on record that it begins. */
  begin(): Promise<void>;
}

/** What a step's function is given. */
export interface StepScope {
  /** Unique to this step in all runs, and the same when it is tried again: an idempotency key. */
  readonly key: string;
  readonly signal: AbortSignal;
  /** Absent where nothing outlives the process. */
  readonly once?: Once | undefined;
}
