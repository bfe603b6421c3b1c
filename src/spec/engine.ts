import type { EventBody, EventType } from '../events.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Json } from './json.ts';
import type { RunResult, TaskOutcome } from './outcome.ts';

/** Drives the graph of one run. What it returns is the run's result. */
export type CrewFunction = (ctx: Ctx, inputs: Json) => Promise<RunResult>;

/**
 * Works one task, or one piece of delegated work, of a run. `{ suspended: topic }` frees its place: once a signal
 * of that topic arrives it is called again, with the same key, and sees the steps it has already recorded.
 */
export type TaskFunction = (ctx: TaskCtx, input: Json | undefined) => Promise<TaskOutcome | Suspended>;

/** What a task function returns to wait without keeping its place. */
export interface Suspended {
  readonly suspended: string;
}

/** A crew as an engine knows it: a name, and the two functions that work its runs. */
export interface Program {
  readonly crew: string;
  readonly run: CrewFunction;
  readonly task: TaskFunction;
}

/** Where runs live. Small, so that memory, a file and a database can all be one. */
export interface Engine {
  readonly runtime: Runtime;
  /** Makes a crew known. @throws {CrewError} `CREW_DUPLICATE` when another crew of the same name runs here already. */
  start(program: Program): Promise<void>;
  /** Waits until the runs under way have settled. */
  stop(): Promise<void>;
  /** Starts a run. What happens to it in this process is told to `events`. */
  submit(crew: string, inputs: Json, options: { readonly runId: string; readonly events: Emitter }): Promise<RunHandle>;
  /** A run under way. @throws {CrewError} `RUN_UNKNOWN`. */
  handle(runId: string): RunHandle;
}

/** One run, seen from outside. */
export interface RunHandle {
  readonly runId: string;
  result(): Promise<RunResult>;
  /** Delivers a value to whoever waits for `topic`, now or later. The same `key` twice is delivered once. */
  signal(topic: string, value: Json, key: string): Promise<void>;
  /** No new step starts; the signals of all that run are aborted; the result follows once they have settled. */
  cancel(reason?: string): Promise<void>;
}

/** A task or piece of delegated work under way. */
export interface Child {
  readonly key: string;
}

/** How a child ended. `error` is only for what broke the task function itself; a failed task is an outcome. */
export type Settled =
  | { readonly key: string; readonly outcome: TaskOutcome; readonly error?: undefined }
  | { readonly key: string; readonly outcome?: undefined; readonly error: unknown };

/** What a step's function is given. */
export interface StepScope {
  /** Unique to this step in all runs, and the same when it is tried again: an idempotency key. */
  readonly key: string;
  readonly signal: AbortSignal;
}

/** What a wait ended with: everything that had happened by then. */
export interface Wakeup {
  readonly settled: readonly Settled[];
  readonly signals: readonly { readonly topic: string; readonly value: Json }[];
  readonly timedOut: boolean;
}

/** What to wait for: at least one thing. */
export interface WaitOptions {
  /** Children that have not been reported yet; `'any'` means every child spawned here, at no cost per child. */
  readonly children?: 'any' | readonly Child[];
  readonly topics?: readonly string[];
  readonly timeoutMs?: number;
}

/**
 * The durable seam: what the two functions may do that must survive a crash.
 *
 * Step names are unique within a task, and steps start one after another or together in one tick; every engine
 * checks both (`STEP_DUPLICATE`, `STEP_ORDER`), so that the first test finds what a resume would trip over.
 */
export interface Ctx {
  readonly runId: string;
  /** Aborted when the run is cancelled. */
  readonly signal: AbortSignal;
  readonly events: Emitter;
  /** Time and randomness. What steers the run must be read inside a step. */
  readonly runtime: Runtime;
  /** Runs `fn` once and records its result; a continuation or a resume gets the recorded result instead. */
  step<T>(name: string, fn: (scope: StepScope) => Promise<T>): Promise<T>;
  /** Starts a task. `key` is its identity in the run; `input` is stored, only ids travel. */
  spawn(key: string, input?: Json): Child;
  /** The only place where a run waits. Ends with all that has happened so far, as one journalled step. */
  wait(options: WaitOptions): Promise<Wakeup>;
}

/** How a task of the run ended; undefined when it has not. */
export type OutcomeLookup = (key: string) => TaskOutcome | undefined;

/** What a task function has beyond `Ctx`. */
export interface TaskCtx extends Ctx {
  /** The key it was spawned with. */
  readonly key: string;
  /**
   * Fetches how other tasks of the run ended: those that `keys` names, or all. What comes back looks one up by key.
   * An engine that has them at hand answers at once and never asks for the keys.
   */
  outcomes(keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup>;
}

/** Where events of one run are made. Counts every event; builds one only when somebody listens. */
export interface Emitter {
  /** True when somebody hears events of this type. */
  wants(type: EventType): boolean;
  /**
   * `seq` and `time` are added here. `body` is called at most once, and only if somebody listens. With a `subject`, it can
   * be a function made once: where most events are heard by nobody, a closure for each is most of what they cost.
   */
  emit<T extends EventType>(type: T, body: () => EventBody<T>): void;
  emit<T extends EventType, Subject>(type: T, body: (subject: Subject) => EventBody<T>, subject: Subject): void;
}
