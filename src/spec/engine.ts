import type { CrewError } from '../errors.ts';
import type { CrewEvent, EventBody, EventType, TaskStatus } from '../events.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Usage } from '../usage.ts';
import type { Decisions } from './decision.ts';
import type { FingerprintOf, FingerprintSource } from './fingerprint.ts';
import type { Json, JsonObject } from './json.ts';
import type { Learnt } from './learnt.ts';
import type { Budget, BudgetLimits, Lane, Limiter } from './limits.ts';
import type { RunResult, TaskOutcome } from './outcome.ts';
import type { AskOptions, Question, QuestionDesk } from './question.ts';
import type { ServeOptions, Service } from './service.ts';
import type { StepScope } from './step.ts';

/** Drives the graph of one run. What it returns is the run's result. */
export type CrewFunction = (ctx: RunCtx, inputs: Json) => Promise<RunResult>;

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
  /**
   * What the crew is made of, as JSON: one text for each place, such as `task "research", description`. Worked out only where
   * that is kept, and written at once, since most are kept and compared as a whole. Absent: no change is noticed.
   */
  readonly definition?: () => string;
  /** How urgent that task is: the longest path ahead, by what was learnt. Asked only where somebody waits. @default 0 */
  readonly priority?: (key: string, learnt: Learnt | undefined) => number;
  /**
   * What tells one outcome of a task from another. Asked once a run, and only by engines that keep outcomes. @default none: no
   * outcome of an earlier run is taken over
   */
  readonly fingerprints?: (run: FingerprintSource) => FingerprintOf;
}

/** Where runs live. Small, so that memory, a file and a database can all be one. */
export interface Engine {
  readonly runtime: Runtime;
  /** Makes a crew known. @throws {CrewError} `CREW_DUPLICATE` when another crew of the same name runs here already. */
  start(program: Program): Promise<void>;
  /** Waits until the runs under way have settled. */
  stop(): Promise<void>;
  /** Starts a run. What happens to it in this process is told to `events`. */
  submit(crew: string, inputs: Json, options: SubmitOptions): Promise<RunHandle>;
  /** A run under way. @throws {CrewError} `RUN_UNKNOWN`. */
  handle(runId: string): RunHandle;
  /**
   * Goes on with a run where it stood, wherever it was started; of one that has ended, what it came to. Absent where runs
   * are gone with their process.
   * @throws {CrewError} `RUN_UNKNOWN`, `RUN_LOCKED` while another process works it, `RUN_CHANGED` when its crew is not what
   * it was started with, `STORE_CORRUPT`.
   */
  resume?(crew: string, options: ResumeRequest): Promise<RunHandle>;
  /**
   * Starts a run that takes over outcomes of an earlier one, with the inputs of that. Absent where runs are gone with their
   * process; `SubmitOptions.reuse` is refused there, too.
   * @throws {CrewError} `RUN_UNKNOWN`, `STORE_CORRUPT`.
   */
  replay?(crew: string, options: ReplayRequest): Promise<RunHandle>;
  /** What earlier runs of a crew tell; undefined for nothing yet. Absent where no runs are kept. */
  learnt?(crew: string): Promise<Learnt | undefined>;
  /**
   * What a run asks people, whoever works it: to be seen and answered without taking it over. Absent where runs are gone
   * with their process.
   * @throws {CrewError} `RUN_UNKNOWN`, `STORE_CORRUPT`.
   */
  desk?(crew: string, runId: string): Promise<QuestionDesk>;
  /** This process as one that works what others start. Absent where no other process can. */
  serve?(options?: ServeOptions): Promise<Service>;
}

/** How a run is started. */
export interface SubmitOptions {
  readonly runId: string;
  readonly events: Emitter;
  /** Where its crew was found: kept with the run, so that it can be found again. */
  readonly crewFile?: string | undefined;
  /** Whether somebody holds the run and may answer what it asks people: then it waits for that, else it pauses. @default false */
  readonly attended?: boolean;
  /** An earlier run of this crew: the outcome of a task that would be worked from the same is taken over from there. */
  readonly reuse?: string | undefined;
  /** Given the run before it begins, so that one which is cancelled already begins nothing. */
  readonly onHandle?: (handle: RunHandle) => void;
}

/** How a run is started that takes over outcomes of an earlier one, whatever has changed since. */
export interface ReplayRequest extends SubmitOptions {
  readonly source: string;
  /** Inputs that are others than those of that run, by name. */
  readonly inputs: JsonObject;
  /** Given what that run has of each of its tasks, done or skipped by its own condition: which of them are taken over. */
  readonly keep: (recorded: ReadonlyMap<string, TaskStatus>) => ReadonlySet<string>;
}

/** How a run is gone on with. */
export interface ResumeRequest extends SubmitOptions {
  /** Goes on although the crew has changed. */
  readonly acceptChanges: boolean;
  /** What becomes of calls that were cut off. */
  readonly decisions: Decisions;
}

/** One run, seen from outside. */
export interface RunHandle extends QuestionDesk {
  result(): Promise<RunResult>;
  /** Delivers a value to whoever waits for `topic`, now or later. The same `key` twice is delivered once. */
  signal(topic: string, value: Json, key: string): Promise<void>;
  /** No new step starts; the signals of all that run are aborted; the result follows once they have settled. */
  cancel(reason?: string): Promise<void>;
  /** What has happened, from that number on, and happens until the run ends; no pieces of answers. Absent where no events are kept. */
  eventsFrom?(seq: number): AsyncIterable<CrewEvent>;
}

/** A task or piece of delegated work under way. */
export interface Child {
  readonly key: string;
}

/** How a child ended. `error` is only for what broke the task function itself; a failed task is an outcome. */
export type Settled =
  | {
      readonly key: string;
      readonly outcome: TaskOutcome;
      readonly error?: undefined;
      /** True when it had ended before, and was not worked. @default false */
      readonly recorded?: boolean;
    }
  | { readonly key: string; readonly outcome?: undefined; readonly error: unknown };

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
  /** Ends the wait also when `hasPlace` is true: only a run's own function asks for it. @default false */
  readonly place?: boolean;
}

/** Who looks after the time of some work. An object, so that it costs nothing until then. */
export interface Overdue {
  /** The error that the work is aborted with when its time is over. */
  overdue(ms: number): CrewError;
  /** Told when the work is aborted, for whatever reason, unless it has ended. */
  aborted?(reason: CrewError): void;
}

/**
 * The durable seam: what the two functions may do that must survive a crash.
 *
 * Step names are unique within a task, and steps start one after another or together in one tick; every engine
 * checks both (`STEP_DUPLICATE`, `STEP_ORDER`), so that the first test finds what a resume would trip over.
 */
export interface Ctx {
  readonly runId: string;
  /** Aborted when the run is cancelled, and when this work is aborted. Made when first read, for it is not cheap. */
  readonly signal: AbortSignal;
  /** Why this work was aborted, or its run cancelled; undefined while it goes on. */
  readonly aborted: CrewError | undefined;
  /** Ends this work and all that it spawned: no new step starts, signals abort with this reason. Only the first call counts. */
  abort(reason: CrewError): void;
  /** Calls `fn` when this work is aborted or its run cancelled, at once when it was; what is returned takes it back. Cheap. */
  onAbort(fn: (reason: CrewError) => void): () => void;
  /** When the time of this work is over, on the monotonic clock: its own or that of what it is part of. Infinity: never. */
  readonly deadline: number;
  /** Aborts this work `ms` after `from`. Of several limits the earliest ends it. @default from now */
  limitTime(ms: number, overdue: Overdue, from?: number): void;
  readonly events: Emitter;
  /** Time and randomness. What steers the run must be read inside a step. */
  readonly runtime: Runtime;
  /** Runs `fn` once and records its result; a continuation or a resume gets the recorded result instead. */
  step<T>(name: string, fn: (scope: StepScope) => Promise<T>): Promise<T>;
  /** Starts a task. `key` is its identity in the run; `input` is stored, only ids travel. */
  spawn(key: string, input?: Json): Child;
  /** The only place where a run waits. Ends with all that has happened so far, as one journalled step. */
  wait(options: WaitOptions): Promise<Wakeup>;
  /** What paces the calls of one model: the same for all that run on this engine. */
  limiter(lane: Lane): Limiter;
  /** What is left of a budget: one for each name and run (`run`, `task:research`); the limits of the first call hold. */
  budget(name: string, limits: BudgetLimits): Budget;
  /** Why this run calls that model no more, such as an account that is empty; undefined while it does. */
  closed(model: object): CrewError | undefined;
  /** Ends all further calls of that model by this run with `reason`. Only the first call for a model counts. */
  close(model: object, reason: CrewError): void;
}

/** What a run's own function has beyond `Ctx`. */
export interface RunCtx extends Ctx {
  /** How many of its tasks may be at work at once, delegated work counted with its task. Said once, before the first. @default no limit */
  limitPlaces(limit: number): void;
  /** What earlier runs of this crew tell; undefined for nothing. Looked up when first read. */
  readonly learnt: Learnt | undefined;
  /** Waits for no person any more, for nothing can come of it: what is asked stays open, and `ask` resolves with undefined. */
  stopAsking(): void;
  /** True when one more task may start. Tasks that have to go on after a wait come first. */
  readonly hasPlace: boolean;
}

/** How a task of the run ended; undefined when it has not. */
export type OutcomeLookup = (key: string) => TaskOutcome | undefined;

/** What a task function has beyond `Ctx`. */
export interface TaskCtx extends Ctx {
  /** The key it was spawned with. */
  readonly key: string;
  /** How urgent it is among those that wait: the longest path ahead of its task. Worked out when first asked for. */
  readonly priority: number;
  /** `SubmitOptions.attended`, where the run may be held by another process than the one that works this; else undefined. */
  readonly attended: boolean | undefined;
  /** What was used for it before it was begun anew, in an earlier stretch of its run; undefined for nothing. */
  readonly usedBefore: Usage | undefined;
  /**
   * This task only waits from now on: its place among those at work is free for another. What is returned takes it back,
   * to be called once, waiting for a place when there is none; it does not wait for one when this work is aborted.
   */
  giveWay(): () => void | Promise<void>;
  /**
   * This task waits for a person from now on: its place is free as with `giveWay`, and no time runs out meanwhile, its own or
   * that of what it is part of. What is returned ends that, and is called once.
   */
  standStill(): () => void | Promise<void>;
  /** For how many milliseconds this work has stood still so far. */
  readonly stoodMs: number;
  /**
   * Asks what only a person can say, inside a step, and records that it did. Resolves with the answer, also one that was
   * given before; undefined only where it does not wait.
   */
  ask(question: Question, options?: AskOptions): Promise<Json | undefined>;
  /** True when this step is recorded by an earlier stretch: what leads to it need not be done again. */
  isRecorded(step: string): boolean | Promise<boolean>;
  /** Ends this task with an outcome although its function goes on. What that returns is dropped. */
  endWith(outcome: TaskOutcome): void;
  /**
   * Begins a try of this task, from 1: work of its own within this one, in the same place, which can be aborted or run out
   * of time alone. Steps and children of any but the first are named apart, by a key that ends with `/attempt.2`. To be
   * ended before anything else happens here.
   */
  attempt(number: number): Attempt;
  /**
   * Fetches how other tasks of the run ended: those that `keys` names, or all. What comes back looks one up by key.
   * An engine that has them at hand answers at once and never asks for the keys.
   */
  outcomes(keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup>;
}

/** One try of a task. */
export interface Attempt extends TaskCtx {
  /** It is over. A promise where the task has to wait for a place among those at work before it may be tried again. */
  end(): void | Promise<void>;
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
