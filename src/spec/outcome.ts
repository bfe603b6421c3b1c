import type { ErrorCode } from '../error-codes.ts';
import type { RunOutcome, TaskStatus } from '../events.ts';
import type { Usage } from '../usage.ts';
import type { Json } from './json.ts';

/** What an outcome tells of an error; a `CrewError`, seen from the ground. */
export interface Failure extends Error {
  readonly code: ErrorCode;
  readonly runId: string | undefined;
  readonly taskName: string | undefined;
  readonly agent: string | undefined;
  /** True when the run was paused on an engine that can go on with it later. */
  readonly resumable: boolean;
  /** When what was waited for may be over, in milliseconds since 1970, where that is known. */
  readonly until: number | undefined;
}

/** Work that one agent gave to another while working a task. */
export interface ChildResult {
  readonly kind: 'work' | 'question';
  /** Who asked. */
  readonly from: string;
  /** Who worked. */
  readonly agent: string;
  /** What was asked. */
  readonly request: string;
  readonly status: 'done' | 'failed' | 'cancelled';
  readonly raw: string;
  readonly durationMs: number;
  /** All calls made for it, those of its own children included. */
  readonly usage: Usage;
  readonly error: Failure | null;
  readonly children: readonly ChildResult[];
}

/** How one task of a run ended, whatever its types were. Plain data, but for the error, which every engine carries. */
export interface TaskOutcome {
  readonly name: string;
  readonly status: TaskStatus;
  readonly output: Json;
  /** The answer as text; JSON text for structured output; empty when there is none. */
  readonly raw: string;
  /** Name of the agent that worked it; null for code, and for what never started. */
  readonly agent: string | null;
  readonly durationMs: number;
  /** All calls made for this task, those of delegates and judges included. */
  readonly usage: Usage;
  /** How often it was tried; 0 when it never started. */
  readonly attempts: number;
  readonly error: Failure | null;
  /** The task whose end made this one impossible; its own name when its `when` said no; null when it was not skipped. */
  readonly skippedBecause: string | null;
  /** Where the answer was also written, below the working directory; null when it was not. */
  readonly outputFile: string | null;
  readonly children: readonly ChildResult[];
  /** True when a model that worked on it had read text from outside: a tool's result, or an output made with one. */
  readonly tainted: boolean;
  /** True when a tool with effect `'once'` was called for it: worked again, it could do the same thing twice. */
  readonly acted: boolean;
  /**
   * The run whose outcome this is, where it was taken over instead of being worked here: no call was made for it in this
   * run, so it has used nothing and took no time. Null for what is this run's own.
   */
  readonly reusedFrom: string | null;
}

/** How a run ended, whatever its types were. */
export interface RunResult {
  readonly runId: string;
  readonly crew: string;
  readonly status: RunOutcome;
  /** Of the last declared task; empty when it has none. */
  readonly raw: string;
  /** Of the last declared task; null when it has none. */
  readonly output: Json;
  readonly tasks: { readonly [name: string]: TaskOutcome };
  readonly inputs: Json;
  readonly durationMs: number;
  /** The sum over tasks. */
  readonly usage: Usage;
  /** What the run failed of: the first failure. Null when it did not. */
  readonly error: Failure | null;
}
