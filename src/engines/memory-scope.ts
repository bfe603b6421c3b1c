import { CrewError, pausesRun } from '../errors.ts';
import type { Child, OutcomeLookup, RunCtx, Settled, WaitOptions, Wakeup } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import type { Once, StepScope } from '../spec/step.ts';
import { recall } from '../types.ts';
import type { Journal, RecordedStep } from './journal.ts';
import type { Seat } from './places.ts';
import type { Questions } from './questions.ts';
import { type SharedRun, SharedScope } from './shared-scope.ts';

/** A step by its name: when it was last asked for, and what it came to. */
interface Recorded {
  segment: number;
  /** Undefined while it has not ended, and for one that did not end for good: a continuation does that again. */
  came: RecordedStep | undefined;
}

/** How far a scope is with its steps and its children. Made when first needed: much code has neither. */
class Progress {
  readonly steps = new Map<string, Recorded>();
  segment = 1;
  inFlight = 0;
  tick = 0;
  /** Children that no wait has reported yet, and those among them that have settled. */
  unreported = 0;
  settled: Settled[] | undefined;
  wake: (() => void) | undefined;
}

/** What a scope needs of the run that it is part of. */
export interface ScopeRun extends SharedRun {
  outcomes(keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup>;
  /** The same number until the present tick is over. */
  currentTick(): number;
  onSignal(watcher: () => void): () => void;
  takeSignals(topics: readonly string[]): Wakeup['signals'];
  spawn(parent: MemoryScope, key: string, input: Json | undefined): Child;
  endTask(scope: MemoryScope, parent: MemoryScope, outcome: TaskOutcome): void;
  priority(key: string): number;
  readonly learnt: Learnt | undefined;
  readonly desk: Questions;
  readonly attended?: boolean;
  /**
   * All of that task waits for people: what it holds beside its place is free until what is returned is called. Absent
   * where a task holds nothing else.
   */
  standsStill?(task: string): () => void | Promise<void>;
}

/** What one durable function sees of its run. Everything that most tasks never use is made when first used. */
export class MemoryScope extends SharedScope<ScopeRun> implements RunCtx {
  /** Undefined for the run's own function, and while places have no limit. */
  protected seat: Seat | undefined = undefined;
  #progress: Progress | undefined = undefined;

  stopAsking(): void {
    this.run.desk.stop();
  }

  get learnt(): Learnt | undefined {
    return this.run.learnt;
  }

  /** A place is free: who waits for one may look. */
  placeFree(): void {
    this.#progress?.wake?.();
  }

  /** Waits for a signal, or has ended. */
  rest(): void {
    this.seat?.rest();
  }

  resume(): void | Promise<void> {
    return this.seat?.resume();
  }

  protected override hasChildren(): boolean {
    return this.#progress !== undefined && this.#progress.unreported > 0;
  }

  /** Steps under way. */
  protected get inFlight(): number {
    return this.#progress === undefined ? 0 : this.#progress.inFlight;
  }

  get #state(): Progress {
    this.#progress ??= new Progress();
    return this.#progress;
  }

  async step<T>(name: string, fn: (scope: StepScope) => Promise<T>): Promise<T> {
    if (this.aborted !== undefined) throw this.aborted;
    const step = this.#begin(name);
    const { came } = step;
    if (came !== undefined) {
      if (came.ok) return recall<T>(came.value);
      throw came.thrown;
    }
    this.#state.inFlight += 1;
    try {
      if (this.seat !== undefined && !this.seat.atWork) await this.atWorkAgain(this.seat);
      const { journal } = this.run;
      const value = await (journal === undefined
        ? fn(new Step(this, name))
        : this.#written(journal, name, fn(new Step(this, name))));
      step.came = { ok: true, value };
      return value;
    } finally {
      this.#state.inFlight -= 1;
      if (this.seat !== undefined) this.stepEnded(this.seat);
    }
  }

  /** What a step comes to, once it is in the journal. What was cut off, or paused the run, is not: it has to be done again. */
  async #written<T>(journal: Journal, name: string, work: Promise<T>): Promise<T> {
    let step: RecordedStep;
    try {
      step = { ok: true, value: await work };
    } catch (thrown) {
      if (this.aborted !== undefined || isPause(thrown)) throw thrown;
      step = { ok: false, thrown };
    }
    const recorded = await journal.recordStep(this.key, name, step);
    if (!recorded.ok) throw recorded.thrown;
    return recall<T>(recorded.value);
  }

  /** What is known of a step that may not be done twice. */
  onceFor(step: string): Once | undefined {
    return this.run.journal?.onceFor(this.key, step);
  }

  /** Whether all that is left of this work waits is for a task to know. */
  protected stepEnded(_seat: Seat): void {}

  protected async atWorkAgain(seat: Seat): Promise<void> {
    await seat.resume();
    if (this.aborted !== undefined) throw this.aborted;
  }

  spawn(key: string, input?: Json): Child {
    if (this.aborted !== undefined) throw this.aborted;
    const child = this.run.spawn(this, key, input);
    this.#state.unreported += 1;
    return child;
  }

  async wait(options: WaitOptions): Promise<Wakeup> {
    if (this.#state.wake !== undefined || this.#state.inFlight > 0) {
      throw this.#orderBroken('a wait may not start while a step or another wait is under way');
    }
    const { topics, timeoutMs } = options;
    let timedOut = false;
    let wakeup = this.#take(options, timedOut);
    if (wakeup !== undefined) return wakeup;
    this.#refuseEndless(options);
    const wake = () => this.#state.wake?.();
    const cancelTimer =
      timeoutMs === undefined
        ? undefined
        : this.runtime.timer(timeoutMs, () => {
            timedOut = true;
            wake();
          });
    // Children settle soon after an abort and wake by that; anything else has to be told of one.
    const unlisten = topics === undefined && timeoutMs === undefined ? undefined : this.onAbort(wake);
    const unwatch = topics === undefined ? undefined : this.run.onSignal(wake);
    try {
      do {
        this.seat?.rest();
        await new Promise<void>((resolve) => {
          this.#state.wake = resolve;
        });
        this.#state.wake = undefined;
        wakeup = this.#take(options, timedOut);
        if (wakeup === undefined) this.#refuseEndless(options);
      } while (wakeup === undefined);
      return wakeup;
    } finally {
      cancelTimer?.();
      unlisten?.();
      unwatch?.();
      // An abort needs no place to be told.
      const back = this.seat?.resume();
      if (back !== undefined) await back;
    }
  }

  /** A wait that nothing can end any more: the run was cancelled, or there is nothing left to wait for. */
  #refuseEndless({ children, topics, timeoutMs, place }: WaitOptions): void {
    if (children !== undefined && this.#state.unreported > 0) return;
    if (this.aborted !== undefined) throw this.aborted;
    if (topics !== undefined || timeoutMs !== undefined || place === true) return;
    throw this.#orderBroken(
      'a wait began for nothing: no child is left to be reported, and it names no topic and no time',
    );
  }

  childSettled(settled: Settled): void {
    const state = this.#state;
    if (state.settled === undefined) state.settled = [settled];
    else state.settled.push(settled);
    if (state.wake === undefined) return;
    // Before the child leaves the place that they share, so that it stays theirs.
    void this.seat?.resume();
    state.wake();
  }

  /** What has happened of what is waited for; undefined when that is nothing yet. */
  #take(options: WaitOptions, timedOut: boolean): Wakeup | undefined {
    const settled = this.#takeSettled(options.children);
    const signals = options.topics === undefined ? NO_SIGNALS : this.run.takeSignals(options.topics);
    const happened = settled.length > 0 || signals.length > 0 || timedOut || (options.place === true && this.hasPlace);
    return happened ? { settled, signals, timedOut } : undefined;
  }

  #takeSettled(children: WaitOptions['children']): readonly Settled[] {
    const state = this.#state;
    const all = state.settled;
    if (children === undefined || all === undefined) return NOTHING_SETTLED;
    state.settled = undefined;
    if (children === 'any') {
      state.unreported -= all.length;
      return all;
    }
    const keys = new Set(children.map((child) => child.key));
    const others = all.filter((settled) => !keys.has(settled.key));
    if (others.length > 0) state.settled = others;
    state.unreported -= all.length - others.length;
    return all.filter((settled) => keys.has(settled.key));
  }

  #begin(name: string): Recorded {
    const state = this.#state;
    let step = state.steps.get(name);
    if (step === undefined) {
      step = { segment: 0, came: this.run.journal?.stepOf(this.key, name) };
      state.steps.set(name, step);
    }
    if (step.segment === state.segment) {
      throw new CrewError('STEP_DUPLICATE', `Two steps are named "${name}"; a step's name is unique within its task.`, {
        runId: this.runId,
        taskName: this.key,
      });
    }
    step.segment = state.segment;
    const tick = this.run.currentTick();
    if (state.wake !== undefined || (state.inFlight > 0 && state.tick !== tick)) {
      throw this.#orderBroken(`step "${name}" started while another step or a wait was under way`);
    }
    state.tick = tick;
    return step;
  }

  /** The task goes on after a suspension: its recorded steps may be asked for once more. */
  nextSegment(): void {
    this.#state.segment += 1;
  }

  #orderBroken(what: string): CrewError {
    return new CrewError(
      'STEP_ORDER',
      `${what}: steps start one after another, or together before the first await (Promise.all of a list).`,
      { runId: this.runId, taskName: this.key },
    );
  }
}

function isPause(thrown: unknown): boolean {
  return thrown instanceof CrewError && pausesRun(thrown);
}

const NOTHING_SETTLED: readonly Settled[] = Object.freeze([]);
const NO_SIGNALS: Wakeup['signals'] = Object.freeze([]);

class Step implements StepScope {
  readonly #scope: MemoryScope;
  readonly #name: string;

  constructor(scope: MemoryScope, name: string) {
    this.#scope = scope;
    this.#name = name;
  }

  get key(): string {
    // A key has no #, so that no two of key and name read the same.
    return `${this.#scope.runId}/${this.#scope.key}#${this.#name}`;
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }

  get once(): Once | undefined {
    return this.#scope.onceFor(this.#name);
  }
}
