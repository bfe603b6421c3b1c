import { CrewError } from '../../src/errors.ts';
import type { CrewEvent, EventBody, EventType } from '../../src/events.ts';
import { type Runtime, realRuntime } from '../../src/internal/runtime.ts';
import type {
  Attempt,
  Child,
  Emitter,
  OutcomeLookup,
  Overdue,
  Settled,
  TaskCtx,
  WaitOptions,
  Wakeup,
} from '../../src/spec/engine.ts';
import type { Json } from '../../src/spec/json.ts';
import type { Budget, BudgetLimits, Lane, Lease, Limiter, Reservation } from '../../src/spec/limits.ts';
import type { TaskOutcome } from '../../src/spec/outcome.ts';
import type { StepScope } from '../../src/spec/step.ts';
import { NO_USAGE } from '../../src/usage.ts';

/** What a run left behind: results of steps as JSON text, and what each wait ended with. */
export interface Journal {
  readonly steps: Map<string, string>;
  readonly waits: Wakeup[];
}

export interface CtxOptions {
  /** Recorded by an earlier run: its steps are not run again. */
  readonly journal?: Journal;
  /** Works a child. */
  readonly child?: (key: string, input: Json | undefined) => Promise<TaskOutcome>;
  /** Types of events that somebody listens to. @default all but model.delta */
  readonly wants?: (type: EventType) => boolean;
  /** The limiter of a model. @default one that never lets anybody wait */
  readonly limiter?: (lane: Lane) => Limiter;
  /** What is left of a budget. @default more than anybody needs */
  readonly budget?: (name: string, limits: BudgetLimits) => Budget;
  /** @default Infinity */
  readonly deadline?: number;
  /** Where time comes from. @default a clock that ticks once each time it is read */
  readonly runtime?: Runtime;
}

const LEASE: Lease = { release: () => {} };
const RESERVATION: Reservation = { settle: () => {} };

/** The durable seam in a few lines: records steps as JSON, checks their names and order, and replays a journal. */
export class TestCtx implements TaskCtx {
  readonly runId = 'run-1';
  readonly key = 'report';
  readonly journal: Journal = { steps: new Map(), waits: [] };
  /** Names of the steps in the order they started, each followed by `!` when its function ran. */
  readonly started: string[] = [];
  /** Names that started in one tick. */
  readonly ticks: string[][] = [];
  readonly spawned: { readonly key: string; readonly input: Json | undefined }[] = [];
  readonly heard: CrewEvent[] = [];
  readonly runtime: Runtime;
  readonly events: Emitter;
  readonly usedBefore = undefined;
  readonly attended = undefined;
  readonly priority = 0;
  readonly deadline: number;
  /** How often this work gave its place back, and how often it took it again. */
  readonly places = { given: 0, taken: 0 };
  readonly #listeners = new Set<(reason: CrewError) => void>();
  readonly #closed = new Map<object, CrewError>();
  #aborted: CrewError | undefined;
  readonly #controller = new AbortController();
  readonly #options: CtxOptions;
  #inFlight = 0;
  #tickOpen = false;
  #settled: Settled[] = [];
  #wake: (() => void) | undefined;
  #time = 0;

  constructor(options: CtxOptions = {}) {
    this.#options = options;
    this.deadline = options.deadline ?? Number.POSITIVE_INFINITY;
    this.runtime = options.runtime ?? { ...realRuntime, now: () => this.#time, monotonic: () => this.#time++ };
    const wants = options.wants ?? ((type) => type !== 'model.delta');
    this.events = {
      wants,
      emit: <T extends EventType, S>(type: T, body: (subject?: S) => EventBody<T>, subject?: S) => {
        if (wants(type)) this.#hear(type, body(subject));
      },
    };
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  cancel(): void {
    this.abort(new CrewError('CANCELLED', 'The run was cancelled.', { runId: this.runId }));
  }

  get aborted(): CrewError | undefined {
    return this.#aborted;
  }

  abort(reason: CrewError): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    this.#controller.abort(reason);
    for (const listener of this.#listeners) listener(reason);
    this.#wake?.();
  }

  onAbort(fn: (reason: CrewError) => void): () => void {
    if (this.#aborted !== undefined) fn(this.#aborted);
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  }

  limiter(lane: Lane): Limiter {
    return this.#options.limiter?.(lane) ?? { acquire: () => LEASE };
  }

  budget(name: string, limits: BudgetLimits): Budget {
    return this.#options.budget?.(name, limits) ?? { reserve: () => RESERVATION, warnInTime: () => () => undefined };
  }

  closed(model: object): CrewError | undefined {
    return this.#closed.get(model);
  }

  close(model: object, reason: CrewError): void {
    if (!this.#closed.has(model)) this.#closed.set(model, reason);
  }

  limitTime(ms: number, work: Overdue): void {
    this.runtime.timer(ms, () => this.abort(work.overdue(ms)), 'bound');
  }

  endWith(): void {
    throw new Error('a piece of work ends by itself');
  }

  attempt(): Attempt {
    throw new Error('a piece of work is one try');
  }

  giveWay(): () => void {
    this.places.given += 1;
    return () => {
      this.places.taken += 1;
    };
  }

  readonly stoodMs = 0;

  standStill(): () => void {
    return this.giveWay();
  }

  async ask(): Promise<Json | undefined> {
    return undefined;
  }

  isRecorded(step: string): boolean {
    return this.#options.journal?.steps.has(step) === true;
  }

  async step<T>(name: string, fn: (scope: StepScope) => Promise<T>): Promise<T> {
    this.signal.throwIfAborted();
    if (this.started.some((entry) => entry.replace('!', '') === name)) throw new CrewError('STEP_DUPLICATE', name);
    if (this.#inFlight > 0 && !this.#tickOpen) throw new CrewError('STEP_ORDER', name);
    this.#note(name);
    const recorded = this.#options.journal?.steps.get(name);
    this.started.push(recorded === undefined ? `${name}!` : name);
    this.#inFlight += 1;
    try {
      const text = recorded ?? JSON.stringify(await fn({ key: `run-1/report/${name}`, signal: this.signal }));
      this.journal.steps.set(name, text);
      return JSON.parse(text);
    } finally {
      this.#inFlight -= 1;
    }
  }

  spawn(key: string, input?: Json): Child {
    this.spawned.push({ key, input });
    if (this.#options.journal !== undefined) return { key };
    const { child } = this.#options;
    if (child === undefined) throw new Error(`nobody works ${key}`);
    child(key, input).then(
      (outcome) => this.#settle({ key, outcome }),
      (error: unknown) => this.#settle({ key, error }),
    );
    return { key };
  }

  async wait({ children = [] }: WaitOptions): Promise<Wakeup> {
    if (this.#inFlight > 0) throw new CrewError('STEP_ORDER', 'a wait while a step is under way');
    const recorded = this.#options.journal?.waits[this.journal.waits.length];
    const wakeup = recorded ?? { settled: await this.#reported(children), signals: [], timedOut: false };
    this.journal.waits.push(wakeup);
    return wakeup;
  }

  async outcomes(): Promise<OutcomeLookup> {
    return () => undefined;
  }

  /** The events of one type, in order. */
  eventsOf<T extends EventType>(type: T): Extract<CrewEvent, { readonly type: T }>[] {
    return this.heard.filter((event): event is Extract<CrewEvent, { readonly type: T }> => event.type === type);
  }

  #hear<T extends EventType>(type: T, body: EventBody<T>): void {
    // @ts-expect-error a union of events cannot be built from a type parameter without a cast
    this.heard.push({ type, runId: this.runId, seq: this.heard.length, time: 0, ...body });
  }

  #note(name: string): void {
    if (this.#tickOpen) this.ticks.at(-1)?.push(name);
    else this.ticks.push([name]);
    this.#tickOpen = true;
    queueMicrotask(() => {
      this.#tickOpen = false;
    });
  }

  #settle(settled: Settled): void {
    this.#settled.push(settled);
    this.#wake?.();
  }

  async #reported(children: 'any' | readonly Child[]): Promise<readonly Settled[]> {
    for (;;) {
      const wanted = (key: string) => children === 'any' || children.some((child) => child.key === key);
      const found = this.#settled.filter((settled) => wanted(settled.key));
      this.#settled = this.#settled.filter((settled) => !wanted(settled.key));
      if (found.length > 0) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** How a child may end. */
export function outcomeOf(name: string, changes: Partial<TaskOutcome> = {}): TaskOutcome {
  return {
    name,
    status: 'done',
    output: '',
    raw: '',
    agent: 'Coworker',
    durationMs: 7,
    usage: NO_USAGE,
    attempts: 1,
    error: null,
    skippedBecause: null,
    outputFile: null,
    children: [],
    tainted: false,
    acted: false,
    reusedFrom: null,
    ...changes,
  };
}
