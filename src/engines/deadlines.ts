import type { CrewError } from '../errors.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Overdue } from '../spec/engine.ts';
import type { WorkNode } from './work-tree.ts';

/** When the time of one piece of work is over. Those of one length are linked in a ring, so that most come and go for a few fields. */
export class Deadline {
  at: number;
  /** How long that work may take in all; known once it has been added. */
  ms = 0;
  readonly node: WorkNode | undefined;
  readonly overdue: Overdue | undefined;
  /** Another one of the same work. */
  other: Deadline | undefined = undefined;
  previous: Deadline = this;
  next: Deadline = this;

  constructor(at: number, node?: WorkNode, overdue?: Overdue) {
    this.at = at;
    this.node = node;
    this.overdue = overdue;
  }

  /** Takes its place behind this one. */
  insert(entry: Deadline): void {
    entry.previous = this;
    entry.next = this.next;
    this.next.previous = entry;
    this.next = entry;
  }

  remove(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = this;
    this.next = this;
  }
}

/** The deadlines of one length: the earliest first, which is nearly always the order in which they come. */
class Queue {
  readonly ms: number;
  /** Where the ring begins and ends; it is before all others. */
  readonly ring = new Deadline(Number.NEGATIVE_INFINITY);
  cancelTimer: (() => void) | undefined = undefined;
  /** When the timer fires; Infinity while there is none. */
  armedFor = Number.POSITIVE_INFINITY;

  constructor(ms: number) {
    this.ms = ms;
  }
}

/**
 * Ends work whose time is over. One timer for each length of time is set for the first of its queue; who ends before only
 * leaves the queue, and the timer looks again when it fires. Ten thousand tasks that end in time cost one timer.
 */
export class Deadlines {
  readonly #runtime: Runtime;
  readonly #queues = new Map<number, Queue>();
  /** The queue that was last asked for: most work of a run has the same limit. */
  #last: Queue | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** `ms` is how long that work may take in all. */
  add(entry: Deadline, ms: number): void {
    entry.ms = ms;
    const queue = this.#last?.ms === ms ? this.#last : this.#queueOf(ms);
    let before = queue.ring.previous;
    while (before.at > entry.at) before = before.previous;
    before.insert(entry);
    // The timer may be set for one that has left: it then looks again.
    if (entry.at < queue.armedFor) this.#arm(queue);
  }

  /** Tells those who look after the time of work below this, which was aborted. */
  abortBelow(work: WorkNode, reason: CrewError): void {
    const below: (Overdue | undefined)[] = [];
    for (const { ring } of this.#queues.values()) {
      for (let entry = ring.next; entry !== ring; entry = entry.next) {
        if (entry.node?.isBelow(work) === true) below.push(entry.overdue);
      }
    }
    for (const overdue of below) overdue?.aborted?.(reason);
  }

  /** The run is over. */
  stop(): void {
    for (const queue of this.#queues.values()) queue.cancelTimer?.();
    this.#queues.clear();
    this.#last = undefined;
  }

  #queueOf(ms: number): Queue {
    const queue = this.#queues.get(ms) ?? new Queue(ms);
    this.#queues.set(ms, queue);
    this.#last = queue;
    return queue;
  }

  #arm(queue: Queue): void {
    const { ring } = queue;
    queue.cancelTimer?.();
    queue.cancelTimer = undefined;
    queue.armedFor = Number.POSITIVE_INFINITY;
    if (ring.next === ring) return;
    queue.armedFor = ring.next.at;
    const ms = Math.max(0, ring.next.at - this.#runtime.monotonic());
    queue.cancelTimer = this.#runtime.timer(ms, () => this.#fire(queue), 'bound');
  }

  #fire(queue: Queue): void {
    const now = this.#runtime.monotonic();
    for (let entry = queue.ring.next; entry !== queue.ring && entry.at <= now; entry = queue.ring.next) {
      const { node, overdue } = entry;
      if (overdue !== undefined) node?.abort(overdue.overdue(queue.ms));
      // Aborted work drops all its deadlines; what was aborted before has this one left.
      entry.remove();
    }
    this.#arm(queue);
  }
}
