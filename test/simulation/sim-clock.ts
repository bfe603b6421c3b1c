import { nextTick } from 'node:process';
import type { Runtime } from 'crewline';
import { Draw } from './draw.ts';

/** Something that will happen. */
interface Scheduled {
  readonly due: number;
  readonly order: number;
  fire: (() => void) | undefined;
}

/** Why a simulated run came to no end. */
export type Stuck = 'nothing is scheduled and the run has not ended' | 'the run does not come to an end';

/** Nothing that is simulated has this many events; what has goes round in circles. */
const MOST_EVENTS = 200_000;

/** How long, in real time, something outside the queue is waited for. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 4;

/**
 * One queue of events under the `Runtime` of a run. Time moves from event to event, and only once everything that promises
 * make of one event has happened.
 *
 * The public `fakeClock` lets the event loop turn once between two events. A simulated run never waits for anything
 * outside, so that the queue of promises is all there is: Node empties it before it calls what `nextTick` was given.
 */
export class SimClock implements Runtime {
  /** What `now` begins with. */
  readonly startMs: number;
  readonly #draw: Draw;
  readonly #heap: Scheduled[] = [];
  #monotonic = 0;
  #made = 0;
  #ids = 0;
  #live = 0;
  fired = 0;

  constructor(seed: number, startMs = Date.UTC(2025, 0)) {
    this.#draw = new Draw(seed);
    this.startMs = startMs;
  }

  /** Timers of the run that are still to fire; what its models and tools sleep through is their own. */
  get scheduled(): number {
    return this.#live;
  }

  now(): number {
    return this.startMs + this.#monotonic;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  random(): number {
    return this.#draw.fraction();
  }

  uuid(): string {
    this.#ids += 1;
    return `00000000-0000-4000-8000-${String(this.#ids).padStart(12, '0')}`;
  }

  timer(ms: number, fn: () => void): () => void {
    this.#live += 1;
    const entry = this.#schedule(ms, () => {
      this.#live -= 1;
      fn();
    });
    return () => {
      if (entry.fire === undefined) return;
      entry.fire = undefined;
      this.#live -= 1;
    };
  }

  #schedule(ms: number, fire: () => void): Scheduled {
    this.#made += 1;
    const entry: Scheduled = { due: this.#monotonic + Math.max(0, ms || 0), order: this.#made, fire };
    this.#rise(entry);
    return entry;
  }

  /** Resolves after `ms`; rejects with the reason of `signal` when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const stop = () => {
        entry.fire = undefined;
        reject(signal?.reason);
      };
      const entry = this.#schedule(ms, () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      });
      signal?.addEventListener('abort', stop, { once: true });
    });
  }

  /**
   * Lets event after event happen until `isOver` says so; tells why when that cannot be reached. `turns`: the event loop turns
   * once between two events, for runs that write to a file.
   */
  drive(isOver: () => boolean, turns = false): Promise<Stuck | undefined> {
    return new Promise((resolve) => {
      const drained = () => (turns ? setImmediate(step) : nextTick(step));
      let waited = 0;
      // What runs crews is loaded with the first of them. Afterwards a run that gets here is stuck.
      const waitOutside = () => {
        if (waited >= PATIENCE_MS) return resolve('nothing is scheduled and the run has not ended');
        waited += PAUSE_MS;
        setTimeout(step, PAUSE_MS);
      };
      const step = () => {
        if (isOver()) return resolve(undefined);
        const entry = this.#take();
        if (entry === undefined) return waitOutside();
        waited = 0;
        this.fired += 1;
        if (this.fired > MOST_EVENTS) return resolve('the run does not come to an end');
        this.#monotonic = Math.max(this.#monotonic, entry.due);
        const { fire } = entry;
        entry.fire = undefined;
        fire?.();
        // From a promise's callback, nextTick comes after all promises; from here it would come before them.
        queueMicrotask(drained);
      };
      queueMicrotask(drained);
    });
  }

  /** Lets happen what is due by now. */
  async settle(): Promise<void> {
    await this.drive(() => {
      while (this.#heap[0] !== undefined && this.#heap[0].fire === undefined) this.#dropFirst();
      const next = this.#heap[0];
      return next === undefined || next.due > this.#monotonic;
    });
  }

  /** The next that has not been taken back. */
  #take(): Scheduled | undefined {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return undefined;
      this.#dropFirst();
      if (first.fire !== undefined) return first;
    }
  }

  #rise(entry: Scheduled): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = entry;
  }

  #dropFirst(): void {
    const heap = this.#heap;
    const entry = heap.pop();
    if (entry === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        below += 1;
        child = right;
      }
      if (child === undefined || !isBefore(child, entry)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = entry;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
