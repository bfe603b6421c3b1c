import { realRuntime } from '../../internal/runtime.ts';
import type { QueueLimits } from './options.ts';
import { isLimited, type ServedLimits, type ServedQueues } from './told-queues.ts';

/** Where work is taken from. */
export interface Source<Queue = unknown> {
  queue(name: string, limits: QueueLimits): Queue;
  /** Takes at most so many, and begins them; how many those are. */
  take(queue: Queue, most: number): Promise<number>;
}

/** Two processes that ask for work under a common limit get in each other's way; each then looks away for up to so long. */
const LOOK_AWAY_MS = 40;
/** What takes no slot is worked at once, however much it is; it is only asked for in portions. */
const PORTION = 1_000;

/** What a slot is taken from. */
interface SlotDesk {
  free(): void;
  take(): Promise<void>;
  /** Its work waits for a person, and does not any more. */
  rested(isResting: boolean): void;
}

/** The right to be at work here, of one piece of work: another's while that waits for a person. */
export class Slot {
  readonly #desk: SlotDesk;
  /** Resolves when its work waits for a person for the first time. */
  readonly rested: Promise<void>;
  #resting: () => void = () => {};
  #isHeld = true;
  #isWanted = true;
  #taking: Promise<void> | undefined;

  constructor(desk: SlotDesk) {
    this.#desk = desk;
    this.rested = new Promise((resolve) => {
      this.#resting = resolve;
    });
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  rest(): void {
    this.#isWanted = false;
    this.#resting();
    if (this.#isHeld) this.#desk.rested(true);
    this.#give();
  }

  /** Resolves once it is held again, or not wanted any more. */
  goOn(): Promise<void> {
    if (this.#isHeld) return Promise.resolve();
    this.#isWanted = true;
    this.#taking ??= this.#desk.take().then(() => {
      this.#taking = undefined;
      this.#isHeld = true;
      if (this.#isWanted) this.#desk.rested(false);
      else this.#give();
    });
    return this.#taking;
  }

  /** What had it is over. */
  end(): void {
    this.#isWanted = false;
    this.#give();
  }

  #give(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#desk.free();
  }
}

interface Served<Queue> {
  readonly name: string;
  readonly queue: Queue;
  /** Only a limited number of what is in it is worked here at once. */
  readonly takesSlots: boolean;
  /** Where there are any, other processes make room in it, too. */
  readonly limits: ServedLimits;
  /** There may be more in it than could be taken when it was last asked. */
  hasMore: boolean;
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
  /** Who goes on comes before what is new. */
  readonly #goingOn: (() => void)[] = [];
  #turn: Promise<void> = Promise.resolve();
  #stopPolling: (() => void) | undefined;
  #stopped = false;

  constructor(source: Source<Queue>, { slots, pollMs }: { readonly slots: number; readonly pollMs: number }) {
    this.#source = source;
    this.#pollMs = pollMs;
    this.#free = slots;
    this.#poll();
  }

  /** Those that are served, each with its limits. */
  get served(): ServedQueues {
    return new Map([...this.#served.values()].map(({ name, limits }) => [name, limits]));
  }

  serve(name: string, takesSlots: boolean, limits: ServedLimits = {}): void {
    const queue = this.#source.queue(name, limits);
    const asked = { hasMore: true, isAsking: false, askAgain: false };
    this.#served.set(name, { name, queue, takesSlots, limits, ...asked });
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

  /** A slot that was counted when its work was taken. */
  slot(rested: SlotDesk['rested']): Slot {
    return new Slot({
      rested,
      free: () => {
        this.#freed(1);
        this.#askForMore();
      },
      take: () => this.#takeSlot(),
    });
  }

  #takeSlot(): Promise<void> {
    return new Promise((resolve) => {
      this.#goingOn.push(resolve);
      this.#freed(0);
    });
  }

  #freed(count: number): void {
    this.#free += count;
    while (this.#free > 0) {
      const goesOn = this.#goingOn.shift();
      if (goesOn === undefined) return;
      this.#free -= 1;
      goesOn();
    }
  }

  #askForMore(): void {
    for (const { name, takesSlots, limits, hasMore } of this.#served.values()) {
      if (takesSlots && (hasMore || isLimited(limits))) this.ask(name);
    }
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

  async #takeFrom(served: Served<Queue>, most: number): Promise<void> {
    served.hasMore = true;
    if (most <= 0 || this.#stopped) return;
    const { queue, takesSlots } = served;
    // What is taken may give its slot back before it is known here that it has one.
    if (takesSlots) this.#free -= most;
    let taken = 0;
    try {
      taken = await this.#source.take(queue, most);
      served.hasMore = taken === most;
    } finally {
      if (takesSlots) this.#freed(most - taken);
    }
  }
}
