import type { CrewError } from '../errors.ts';
import type { Child, OutcomeLookup, Program, Settled } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { RunResult } from '../spec/outcome.ts';
import { MemoryRun } from './memory-run.ts';
import type { MemoryScope } from './memory-scope.ts';
import type { RunFacts } from './run-facts.ts';
import { TaskScope } from './task-scope.ts';

/** How one stretch of a task ended: for good, or until a signal of a topic comes. */
export type Ended = Settled | Suspension;

export interface Suspension {
  readonly key: string;
  readonly suspended: string;
}

/** Whoever has tasks of a run worked, in this process or in another. */
export interface Spread {
  /** Has a task worked by whoever is next. `segment` counts the stretches between its suspensions, from 1. */
  hand(key: string, input: Json | undefined, segment: number): void;
  /** A task that is worked here waits for a person: its slot is another's until what is returned is called. */
  rest(key: string): () => Promise<void>;
  readonly attended: boolean;
  /** How tasks ended that were worked elsewhere: those asked for, or all. */
  outcomes(keys: readonly string[] | undefined): Promise<OutcomeLookup>;
}

/** A task of the run's own function, as far as this process has to do with it. */
interface Handed {
  readonly scope: TaskScope;
  readonly input: Json | undefined;
  /** The stretch that is under way. */
  segment: number;
  /** Whether a stretch of it was worked in this very scope. */
  worked: boolean;
  /** Set while it is at work here: told how that ended. */
  tell: ((ended: Ended) => void) | undefined;
  /** Waits for a signal. */
  resting: boolean;
}

/**
 * A run whose tasks are worked by several processes, as one of them sees it: the one that drives it, or one that works
 * some of its tasks, or both. What a task delegates is worked where the task is.
 */
export class SpreadRun extends MemoryRun {
  readonly #spread: Spread;
  readonly #handed = new Map<string, Handed>();
  #drives = false;

  constructor(program: Program, facts: RunFacts, spread: Spread) {
    super(program, facts);
    this.#spread = spread;
  }

  get attended(): boolean {
    return this.#spread.attended;
  }

  /** Whether the run's own function is at work here. */
  get drives(): boolean {
    return this.#drives;
  }

  /** Tasks that were handed out and have not ended, with what they are to work on. */
  get handed(): ReadonlyMap<string, { readonly input: Json | undefined; readonly segment: number }> {
    return this.#handed;
  }

  override begin(inputs: Json): Promise<RunResult> {
    this.#drives = true;
    return super.begin(inputs);
  }

  /** Ends all of it that is under way here. */
  abort(reason: CrewError): void {
    this.driver.abort(reason);
  }

  onAbort(fn: (reason: CrewError) => void): () => void {
    return this.driver.onAbort(fn);
  }

  override outcomes(keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup> {
    return this.#drives ? this.outcome : this.#spread.outcomes(keys?.());
  }

  override spawn(parent: MemoryScope, key: string, input: Json | undefined): Child {
    if (parent !== this.driver) return super.spawn(parent, key, input);
    const handed = this.#handed.get(key) ?? this.#hold(key, input);
    if (handed.tell !== undefined) return handed.scope;
    const { scope } = handed;
    if (this.journal !== undefined && this.giveBack(this.journal, { scope, parent, input })) {
      // It ends here: what others tell of it is no news.
      handed.tell = () => {};
    } else this.#spread.hand(key, input, handed.segment);
    return handed.scope;
  }

  /** What tells its outcome from another, as whoever drives the run has worked it out; undefined where nobody asks for that. */
  fingerprintOf(key: string): string | undefined {
    return this.fingerprints?.of(key);
  }

  /** The same, where another process drives the run. */
  knowFingerprint(key: string, fingerprint: string): void {
    this.fingerprints?.know(key, fingerprint);
  }

  /** Works a stretch of a task here. Twice the same is worked once. */
  work(key: string, input: Json | undefined, segment: number): Promise<Ended> {
    const handed = this.#handed.get(key) ?? this.#hold(key, input);
    const others = handed.tell;
    return new Promise((resolve) => {
      handed.tell = (ended) => {
        others?.(ended);
        resolve(ended);
      };
      if (others !== undefined) return;
      if (handed.worked) handed.scope.nextSegment();
      handed.worked = true;
      handed.segment = segment;
      this.workSegment(handed.scope, this.driver, handed.input ?? input);
    });
  }

  standsStill(task: string): () => void | Promise<void> {
    const handed = this.#handed.get(task);
    if (handed === undefined) return () => {};
    const takeUp = this.#spread.rest(task);
    return () => unlessAborted(handed.scope, takeUp());
  }

  /** News of a task that was worked elsewhere. False: it is none, for it is known already, or at work here. */
  arrived(ended: Ended, segment: number): boolean {
    const handed = this.#handed.get(ended.key);
    if (handed === undefined || handed.tell !== undefined) return false;
    if (!('suspended' in ended)) this.settle(handed.scope, this.driver, ended);
    else if (segment === handed.segment && !handed.resting) void this.#goOn(handed, ended);
    else return false;
    return true;
  }

  protected override async suspended(
    scope: TaskScope,
    parent: MemoryScope,
    { input, topic }: { readonly input: Json | undefined; readonly topic: string },
  ): Promise<void> {
    const handed = this.#handed.get(scope.key);
    if (parent !== this.driver || handed === undefined) return super.suspended(scope, parent, { input, topic });
    const suspension = { key: scope.key, suspended: topic };
    this.#tell(handed, suspension);
    if (this.#drives) return this.#goOn(handed, suspension);
    this.#handed.delete(scope.key);
    scope.end();
  }

  protected override settle(scope: MemoryScope, parent: MemoryScope, settled: Settled): void {
    const handed = parent === this.driver ? this.#handed.get(settled.key) : undefined;
    this.#handed.delete(settled.key);
    if (this.#drives || parent !== this.driver) super.settle(scope, parent, settled);
    else scope.end();
    if (handed !== undefined) this.#tell(handed, settled);
  }

  /** Once its signal has come and there is a place for it, the next stretch is anybody's to work. */
  async #goOn(handed: Handed, { key, suspended: topic }: Suspension): Promise<void> {
    handed.resting = true;
    const goesOn = await this.untilContinued(handed.scope, topic);
    handed.resting = false;
    if (!goesOn || !this.#handed.has(key)) return;
    handed.segment += 1;
    this.#spread.hand(key, handed.input, handed.segment);
  }

  #tell(handed: Handed, ended: Ended): void {
    const { tell } = handed;
    handed.tell = undefined;
    tell?.(ended);
  }

  #hold(key: string, input: Json | undefined): Handed {
    const scope = new TaskScope(this, this.driver, key);
    const handed: Handed = { scope, input, segment: 1, worked: false, tell: undefined, resting: false };
    this.#handed.set(key, handed);
    return handed;
  }
}

/** What is aborted needs nothing any more. */
function unlessAborted(scope: TaskScope, waiting: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const unlisten = scope.onAbort(() => resolve());
    waiting.then(resolve, reject).finally(unlisten);
  });
}
