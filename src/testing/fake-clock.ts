import { setImmediate, setTimeout } from 'node:timers';
import { CrewError } from '../errors.ts';
import { checkOptions, count, milliseconds, type Rules, refuse } from '../internal/checks.ts';
import { Heap, type HeapEntry } from '../internal/heap.ts';
import type { Runtime } from '../internal/runtime.ts';

/** What `fakeClock` can be told. */
export interface FakeClockOptions {
  /** What `random` is drawn from: the same seed gives the same numbers. @default 1 */
  readonly seed?: number;
  /** What `now` starts at, in milliseconds since 1970. `monotonic` always starts at 0. @default the start of 2025 */
  readonly startMs?: number;
  /**
   * How long, in real milliseconds, `until` waits for something outside the clock (a file, a socket) once nothing but
   * bounds is scheduled, before it fires the next of those, or calls it stuck. @default 1,000
   */
  readonly patienceMs?: number;
}

/**
 * A `Runtime` whose time moves only when it is told to: give it to an engine, `inMemory({ runtime: clock })`, and a run
 * of hours takes milliseconds, the same each time. Random numbers are seeded, ids count up.
 *
 * Timers fire one by one, in the order in which they are due (then in the order made), and everything that promises make
 * of one has happened before the next fires. What waits for the outside (a file, a socket) is waited for only where an
 * engine says so (`Runtime.outside`).
 *
 * ```ts
 * const clock = fakeClock();
 * const crew = new Crew({ …, engine: inMemory({ runtime: clock }) });
 * const result = await clock.until(crew.kickoff());
 * expect(clock.monotonic()).toBe(3_000);
 * ```
 */
export interface FakeClock extends Runtime {
  /** How many timers are scheduled, bounds aside. */
  readonly scheduled: number;
  /** How many bounds are: timers that only put an end to what should end by itself. */
  readonly bounds: number;
  /** The clock stands still until this has settled: work of an engine outside of it, such as in a database. */
  outside(work: Promise<unknown>): void;
  /** Resolves once the clock has moved on by `ms` milliseconds; rejects with the reason of `signal` when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves on by `ms` milliseconds, firing what comes due on the way. */
  advance(ms: number): Promise<void>;
  /** Moves from timer to timer until none is left. @throws {CrewError} `TIMEOUT` after a million timers. */
  untilIdle(): Promise<void>;
  /**
   * Moves from timer to timer until `promise` has settled, and settles as it does.
   * @throws {CrewError} `TIMEOUT` when nothing is scheduled and it is still pending: it would wait for ever.
   */
  until<T>(promise: Promise<T>): Promise<T>;
}

const RULES: Rules = { seed: count, startMs: milliseconds, patienceMs: milliseconds };

/** A clock that stands still until it is told to move. @throws {DefinitionError} for an option that there is not. */
export function fakeClock(options: FakeClockOptions = {}): FakeClock {
  refuse(checkOptions('fakeClock', options, RULES, []), 'fakeClock');
  return new StandingClock(options);
}

const START_MS = Date.UTC(2025, 0);
const PATIENCE_MS = 1_000;
/** A timer that sets itself again would otherwise keep the clock moving for ever. */
const MOST_TIMERS = 1_000_000;
const QUICK_TURNS = 20;

/** Something to be done at a time of the clock. */
interface Scheduled extends HeapEntry {
  /** When, in milliseconds on the clock's monotonic scale. */
  readonly due: number;
  /** Of two that are due at the same time, the lower goes first. */
  readonly order: number;
  readonly fire: () => void;
}

function isDueBefore(a: Scheduled, b: Scheduled): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

class StandingClock implements FakeClock {
  readonly #startMs: number;
  readonly #patienceMs: number;
  readonly #timers = new Heap<Scheduled>(isDueBefore);
  /** Those among them that are bounds. */
  readonly #bounds = new Set<Scheduled>();
  #monotonic = 0;
  #made = 0;
  #ids = 0;
  #state: number;
  /** Work outside of the clock that it waits for, and who is told when some of it has settled. */
  #awaited = 0;
  #onSettled: () => void = () => {};

  constructor({ seed = 1, startMs = START_MS, patienceMs = PATIENCE_MS }: FakeClockOptions) {
    this.#state = seed >>> 0;
    this.#startMs = startMs;
    this.#patienceMs = patienceMs;
  }

  get scheduled(): number {
    return this.#timers.size - this.#bounds.size;
  }

  get bounds(): number {
    return this.#bounds.size;
  }

  now(): number {
    return this.#startMs + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Mulberry32: 32 bits of state, the whole period, good enough to vary tests. */
  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  }

  uuid(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  timer(ms: number, fn: () => void, kind?: 'bound'): () => void {
    this.#made += 1;
    // As with real timers, what is not a positive number means: as soon as possible.
    const due = this.#monotonic + Math.max(0, ms || 0);
    const entry: Scheduled = { due, order: this.#made, fire: fn, at: -1 };
    this.#timers.add(entry);
    if (kind === 'bound') this.#bounds.add(entry);
    return () => this.#remove(entry);
  }

  outside(work: Promise<unknown>): void {
    this.#awaited += 1;
    const end = () => {
      this.#awaited -= 1;
      this.#onSettled();
    };
    work.then(end, end);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const stop = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.timer(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms;
    await this.#settled();
    for (let next = this.#timers.next; next !== undefined && next.due <= end; next = this.#timers.next)
      await this.#fire(next);
    this.#monotonic = Math.max(this.#monotonic, end);
  }

  async untilIdle(): Promise<void> {
    await this.#settled();
    for (let fired = 0; fired < MOST_TIMERS; fired += 1) {
      const { next } = this.#timers;
      if (next === undefined) return;
      await this.#fire(next);
    }
    throw new CrewError('TIMEOUT', `Something keeps setting timers: ${MOST_TIMERS} have fired and more are scheduled.`);
  }

  async until<T>(promise: Promise<T>): Promise<T> {
    let pending = true;
    const end = () => {
      pending = false;
    };
    promise.then(end, end);
    await this.#settled();
    for (let fired = 0; pending && fired < MOST_TIMERS; fired += 1) {
      const { next } = this.#timers;
      // A bound that is due already takes no time.
      if (next !== undefined && (!this.#bounds.has(next) || next.due <= this.#monotonic)) await this.#fire(next);
      else if (await this.#outside(() => pending && this.#timers.next === next)) continue;
      else if (next !== undefined) await this.#fire(next);
      else throw new CrewError('TIMEOUT', STUCK);
    }
    if (pending)
      throw new CrewError('TIMEOUT', `After ${MOST_TIMERS} timers, what was waited for has still not happened.`);
    return promise;
  }

  /** Nothing is scheduled, or only a bound is next: gives what is outside the clock a while. True when that has changed anything. */
  async #outside(isStill: () => boolean): Promise<boolean> {
    const patience = performance.now() + this.#patienceMs;
    for (let turn = 0; isStill(); turn += 1) {
      // What is loaded already takes a few turns, however long a busy machine takes for them; a disk or a network takes
      // longer, and needs the processor itself.
      if (turn < QUICK_TURNS || this.#awaited > 0) await this.#settled();
      else if (performance.now() > patience) return false;
      else await oneRealMillisecond();
    }
    return true;
  }

  #remove(entry: Scheduled): void {
    this.#timers.remove(entry);
    this.#bounds.delete(entry);
  }

  async #fire(entry: Scheduled): Promise<void> {
    this.#remove(entry);
    this.#monotonic = Math.max(this.#monotonic, entry.due);
    entry.fire();
    await this.#settled();
  }

  /** What promises make of what happened has happened, and so has what it made others do outside. */
  async #settled(): Promise<void> {
    await settled();
    while (this.#awaited > 0) {
      await new Promise<void>((resolve) => {
        this.#onSettled = resolve;
      });
      await settled();
    }
  }
}

const STUCK =
  'Nothing is scheduled, and what was waited for has not happened: it would wait for ever. Is there something that nobody resolves, or that waits for the real clock?';

/** One turn of the event loop: Node empties the queue of promises, however long its chains, before it goes on. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function oneRealMillisecond(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 1);
  });
}
