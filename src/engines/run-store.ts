import type { CrewError } from '../errors.ts';
import type { Json } from '../spec/json.ts';
import type { RecordedQuestion } from './journal.ts';
import type { GivenAnswer, StoredRecord } from './records.ts';
import type { RunSummary } from './run-summary.ts';

type Awaitable<T> = T | Promise<T>;

/**
 * Runs as they are kept, to be looked at and put away without being worked: what the command line needs of every engine
 * that keeps them.
 * @throws {CrewError} from every method: `STORE_FAILED` and others for what is wrong with the store, `RUN_UNKNOWN`.
 */
export interface RunStore {
  /** Ids of runs, those begun last first; where there may be many, only those that begin so. */
  ids(start: string): Awaitable<readonly string[]>;
  /** Those begun last first. */
  runs(options: { readonly limit: number }): Awaitable<readonly RunSummary[]>;
  summary(runId: string): Awaitable<RunSummary>;
  /** What a run was begun with. */
  admission(runId: string): Awaitable<Admission>;
  /** All that it has recorded. */
  records(runId: string): Awaitable<KeptRun>;
  readonly answers: {
    /** What runs that are not done wait for, those begun last first. */
    waiting(): Awaitable<readonly WaitingRun[]>;
  };
  /** Removes the runs that ended before that time, in milliseconds since 1970; how many. */
  prune(options: { readonly before: number }): Awaitable<number>;
  /** What can be trusted of a damaged run. Absent where the store itself answers for what it gives back. */
  salvage?(runId: string): Awaitable<Salvaged>;
  close(): Promise<void>;
}

/** The run whose outcomes another takes over, and which: those that are named, or those that would be the same. */
export interface RunSource {
  readonly kind: 'replay' | 'reuse';
  readonly runId: string;
}

/** What a run was begun with. */
export interface Admission {
  readonly runId: string;
  readonly crew: string;
  /** Where the crew was found, as seen from the working directory; not known of a run that code started. */
  readonly crewFile?: string | undefined;
  /** As JSON, since most are only compared. */
  readonly definition: string;
  readonly inputs: Json;
  readonly source?: RunSource | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Another process went on with a run. */
export interface Takeover {
  readonly at: number;
  readonly pid: number;
  readonly host: string;
}

/** A run with all that it has recorded, in that order. */
export interface KeptRun {
  readonly run: Admission;
  readonly records: readonly StoredRecord[];
  readonly takeovers: readonly Takeover[];
  /** Tasks that were begun, ended or not, where the records do not tell of all of them. */
  readonly begun?: readonly string[];
  /** What people have answered. */
  readonly answers: readonly GivenAnswer[];
  /** How it ended; absent while it has not, or when somebody has gone on with it since. */
  readonly end?: { readonly status: string; readonly result: Json };
}

/** What one run waits for somebody to say. */
export interface WaitingRun {
  readonly runId: string;
  readonly crew: string;
  readonly questions: readonly RecordedQuestion[];
  /** What is wrong with what is stored of it. */
  readonly problem: CrewError | undefined;
}

/** What of a run is proved to be what was written. */
export interface Salvaged {
  readonly run: Admission | undefined;
  /** How many rows that is. */
  readonly size: number;
  /** Empty for a run that is whole. */
  readonly problems: readonly string[];
}
