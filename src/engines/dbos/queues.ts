import { realRuntime } from '../../internal/runtime.ts';
import type { QueueLimits } from './options.ts';

/** Where work is taken from. */
export interface Source<Queue = unknown> {
  queue(name: string, limits: QueueLimits): Queue;
  /** At most so many; which those are. */
  take(queue: Queue, most: number, owner: string): Promise<readonly string[]>;
  /** Begins what was taken; how many of it could not be begun, and went back. */
  begin(ids: readonly string[], owner: string): Promise<number>;
}

/** Two processes that ask for work under a common limit get in each other's way; each then looks away for up to so long. */
const LOOK_AWAY_MS = 40;
/** What takes no slot is worked at once, however much it is; it is only asked for in portions. */
const PORTION = 1_000;

interface Served<Queue> {
  readonly name: string;
  readonly queue: Queue;
  /** Only a limited number of what is in it is worked here at once. */
  readonly takesSlots: boolean;
  isAsking: boolean;
  askAgain: boolean;
}

/**
 * Takes work from the queues that this process serves, the most urgent first: when it is told that there is some, when it
 * has a slot to spare again, and from time to time anyway.
 */
export class Queues<Queue> {
  readonly #source: Source<Queue>;
  readonly #pollMs: number;
  readonly #served = new Map<string, Served<Queue>>();
  #free: number;
  #turn: Promise<void> = Promise.resolve();
  #stopPolling: (() => void) | undefined;
  #stopped = false;

  constructor(source: Source<Queue>, { slots, pollMs }: { readonly slots: number; readonly pollMs: number }) {
    this.#source = source;
    this.#pollMs = pollMs;
    this.#free = slots;
    this.#poll();
  }

  get names(): readonly string[] {
    return [...this.#served.keys()];
  }

  serve(name: string, takesSlots: boolean, limits: QueueLimits = {}): void {
    const queue = this.#source.queue(name, limits);
    this.#served.set(name, { name, queue, takesSlots, isAsking: false, askAgain: false });
    this.ask(name);
  }

  forget(name: string): void {
    this.#served.delete(name);
  }

  /** There may be work in this queue. */
  ask(name: string): void {
    const served = this.#served.get(name);
    if (served === undefined || this.#stopped) return;
    if (served.isAsking) served.askAgain = true;
    else void this.#ask(served);
  }

  /** A piece of work that took a slot is over. */
  giveBack(): void {
    this.#free += 1;
    for (const [name, { takesSlots }] of this.#served) if (takesSlots) this.ask(name);
  }

  /** Takes no more work. */
  stop(): void {
    this.#stopped = true;
    this.#stopPolling?.();
  }

  #poll(): void {
    this.#stopPolling = realRuntime.timer(this.#pollMs, () => {
      for (const name of this.#served.keys()) this.ask(name);
      if (!this.#stopped) this.#poll();
    });
  }

  async #ask(served: Served<Queue>): Promise<void> {
    served.isAsking = true;
    try {
      do {
        served.askAgain = false;
        await this.#take(served);
      } while (served.askAgain && !this.#stopped);
    } catch {
      // The other process takes what there is, or Postgres is away: it is asked again.
      realRuntime.timer(realRuntime.random() * LOOK_AWAY_MS, () => this.ask(served.name));
    } finally {
      served.isAsking = false;
    }
  }

  /** What takes slots is asked for one queue after another: none may count on the slots that another fills. */
  #take(served: Served<Queue>): Promise<void> {
    if (!served.takesSlots) return this.#takeFrom(served, PORTION);
    const turn = this.#turn.then(() => this.#takeFrom(served, this.#free));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #takeFrom({ queue, takesSlots }: Served<Queue>, most: number): Promise<void> {
    if (most <= 0 || this.#stopped) return;
    const owner = realRuntime.uuid();
    const taken = await this.#source.take(queue, most, owner);
    if (taken.length === 0) return;
    if (takesSlots) this.#free -= taken.length;
    const forgotten = this.#source.begin(taken, owner);
    if (takesSlots) void forgotten.then((count) => (this.#free += count));
  }
}
