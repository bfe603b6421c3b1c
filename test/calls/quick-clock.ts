import { Heap, type HeapEntry } from '../../src/internal/heap.ts';
import type { Runtime } from '../../src/internal/runtime.ts';

interface Timer extends HeapEntry {
  readonly due: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock for properties of thousands of cases: it waits for promises only, which takes no turn of the event loop. */
export class QuickClock implements Runtime {
  readonly #timers = new Heap<Timer>((a, b) => a.due < b.due || (a.due === b.due && a.order < b.order));
  #now = 0;
  #made = 0;

  get scheduled(): number {
    return this.#timers.size;
  }

  /** Whether more is due at this very moment. */
  get hasMoreNow(): boolean {
    return this.#timers.next?.due === this.#now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  uuid(): string {
    return 'id';
  }

  timer(ms: number, fire: () => void): () => void {
    if (!(ms >= 0 && ms < 2 ** 31)) throw new Error(`a timer of ${ms} ms`);
    this.#made += 1;
    const timer: Timer = { due: this.#now + ms, order: this.#made, fire, at: -1 };
    this.#timers.add(timer);
    return () => this.#timers.remove(timer);
  }

  /** Fires one timer after the other until none is left; `between` looks at what has come of each. */
  async run(between: () => void): Promise<void> {
    for (let next = this.#timers.next; next !== undefined; next = this.#timers.next) {
      this.#timers.remove(next);
      this.#now = next.due;
      next.fire();
      for (let turn = 0; turn < 4; turn += 1) await undefined;
      between();
    }
  }
}
