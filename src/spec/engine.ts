import type { CrewEvent, EventBody, EventType } from '../events.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Json } from './json.ts';

/** A crew as an engine knows it: a name, and whatever `run` and `task` need. Engines never look inside. */
export interface CrewDefinition {
  readonly name: string;
}

/** Drives the graph of one run. What it returns is the run's result. */
export type CrewFunction = (ctx: Ctx, crew: CrewDefinition, inputs: Json) => Promise<Json>;

/**
 * Works one task, or one piece of delegated work, of a run. `{ suspended: topic }` frees its place: once a signal
 * of that topic arrives it is called again, with the same key, and sees the steps it has already recorded.
 */
export type TaskFunction = (ctx: TaskCtx, crew: CrewDefinition, input: Json | undefined) => Promise<Json | Suspended>;

/** What a task function returns to wait without keeping its place. */
export interface Suspended {
  readonly suspended: string;
}

/** The two functions of Crewline, and the crews they may be asked to run. */
export interface Program {
  readonly crews: ReadonlyMap<string, CrewDefinition>;
  readonly run: CrewFunction;
  readonly task: TaskFunction;
}

/** How far a run is. */
export type RunStatus = 'running' | 'done' | 'failed' | 'cancelled';

/** Where durable runs live. Small, and of plain JSON, so that memory, a file and a database can all be one. */
export interface Engine {
  readonly runtime: Runtime;
  /** @throws {CrewError} `CREW_DUPLICATE` when another crew of the same name runs here already. */
  start(program: Program): Promise<void>;
  /** Waits until the runs under way have settled. */
  stop(): Promise<void>;
  submit(crew: string, inputs: Json, options: { runId: string }): Promise<RunHandle>;
  /** @throws {CrewError} `RUN_UNKNOWN`. */
  handle(runId: string): RunHandle;
}

/** One run, seen from outside. */
export interface RunHandle {
  readonly runId: string;
  status(): Promise<RunStatus>;
  result(): Promise<Json>;
  /** The stream to listen to; listening is free of side effects on the run. */
  readonly events: EventSource;
  signal(topic: string, value: Json, key: string): Promise<void>;
  cancel(reason?: string): Promise<void>;
}

/** Where events of one run can be heard. */
export interface EventSource {
  subscribe(listener: (event: CrewEvent) => void, types?: readonly EventType[]): () => void;
}

/** A task or piece of delegated work under way. */
export interface Child {
  readonly key: string;
}

/** How a child ended. */
export type Settled =
  | { readonly key: string; readonly ok: true; readonly value: Json }
  | { readonly key: string; readonly ok: false; readonly error: unknown };

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

/**
 * The durable seam: what the two functions may do that must survive a crash.
 *
 * Step names are unique within a task, and steps start one after another or together in one tick; every engine
 * checks both (`STEP_DUPLICATE`, `STEP_ORDER`), so that the first test finds what a resume would trip over.
 */
export interface Ctx {
  readonly runId: string;
  readonly signal: AbortSignal;
  /** Runs `fn` once and records its result; a continuation or a resume gets the recorded result instead. */
  step<T>(name: string, fn: (scope: StepScope) => Promise<T>): Promise<T>;
  /** Starts a task. `key` is its identity in the run; `input` is stored, only ids travel. */
  spawn(key: string, input?: Json): Child;
  /**
   * The only place where a run waits: for at least one of the children that have not been reported yet, or one
   * signal of these topics, or the timeout. `children: 'any'` means every child spawned here.
   */
  wait(options: {
    readonly children?: 'any' | readonly Child[];
    readonly topics?: readonly string[];
    readonly timeoutMs?: number;
  }): Promise<Wakeup>;
  readonly events: Emitter;
  /** Time and randomness. What steers the run must be read inside a step. */
  readonly runtime: Runtime;
}

/** What a task function has beyond `Ctx`. */
export interface TaskCtx extends Ctx {
  /** The key it was spawned with. */
  readonly key: string;
  /** What other tasks of the run ended with, by key, in the order asked; null for one that has no result. */
  results(keys: readonly string[]): Promise<readonly (Json | null)[]>;
}

/** Where events of one run are made. Counts every event; builds one only when somebody listens. */
export interface Emitter {
  /** True when somebody hears events of this type. */
  wants(type: EventType): boolean;
  /** `seq` and `time` are added here. `body` is called at most once, and only if somebody listens. */
  emit<T extends EventType>(type: T, body: () => EventBody<T>): void;
}
