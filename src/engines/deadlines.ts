import type { Runtime } from '../internal/runtime.ts';
import type { Overdue } from '../spec/engine.ts';
import type { WorkNode } from './work-tree.ts';

/** When the time of one piece of work is over. Entries of one queue are linked, so that most come and go for a few fields. */
export class Deadline {
  readonly at: number;
  readonly ms: number;
  readonly node: WorkNode;
  readonly overdue: Overdue;
  readonly queue: Queue;
  previous: Deadline | undefined;
  next: Deadline | undefined;
  /** Another one of the same work. */
  readonly other: Deadline | undefined;

  constructor(queue: Queue, limit: TimeLimit, other: Deadline | undefined) {
    this.queue = queue;
    this.at = limit.from + limit.ms;
    this.ms = limit.ms;
    this.node = limit.node;
    this.overdue = limit.overdue;
    this.other = other;
  }
}

/** How long which work may take. */
export interface TimeLimit {
  readonly node: WorkNode;
  readonly ms: number;
  readonly overdue: Overdue;
  readonly from: number;
}

/** The deadlines of one length: the earliest first, which is nearly always the order in which they come. */
interface Queue {
  head: Deadline | undefined;
  tail: Deadline | undefined;
  cancelTimer: (() => void) | undefined;
}

/**
 * Ends work whose time is over. One timer for each length of time is set for the head of its queue; who ends before only
 * leaves the queue, and the timer looks again when it fires. Ten thousand tasks that end in time cost one timer.
 */
export class Deadlines {
  readonly #runtime: Runtime;
  readonly #queues = new Map<number, Queue>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** `other` is a deadline that the same work has already; both are dropped together. */
  add(limit: TimeLimit, other: Deadline | undefined): Deadline {
    let queue = this.#queues.get(limit.ms);
    if (queue === undefined) {
      queue = { head: undefined, tail: undefined, cancelTimer: undefined };
      this.#queues.set(limit.ms, queue);
    }
    const entry = new Deadline(queue, limit, other);
    let before = queue.tail;
    while (before !== undefined && before.at > entry.at) before = before.previous;
    insert(queue, entry, before);
    // A timer that is set already is for an earlier one, unless this is the earliest: then it is set anew.
    if (queue.head === entry || queue.cancelTimer === undefined) this.#arm(queue);
    return entry;
  }

  /** Work has ended in time: all its deadlines are dropped. */
  drop(first: Deadline): void {
    for (let entry: Deadline | undefined = first; entry !== undefined; entry = entry.other) remove(entry);
  }

  /** The run is over. */
  stop(): void {
    for (const queue of this.#queues.values()) queue.cancelTimer?.();
    this.#queues.clear();
  }

  #arm(queue: Queue): void {
    queue.cancelTimer?.();
    queue.cancelTimer = undefined;
    const { head } = queue;
    if (head === undefined) return;
    const ms = Math.max(0, head.at - this.#runtime.monotonic());
    queue.cancelTimer = this.#runtime.timer(ms, () => this.#fire(queue), 'bound');
  }

  #fire(queue: Queue): void {
    const now = this.#runtime.monotonic();
    for (let { head } = queue; head !== undefined && head.at <= now; { head } = queue) {
      remove(head);
      head.node.abort(head.overdue.overdue(head.ms));
    }
    this.#arm(queue);
  }
}

function insert(queue: Queue, entry: Deadline, before: Deadline | undefined): void {
  entry.previous = before;
  entry.next = before === undefined ? queue.head : before.next;
  if (entry.next === undefined) queue.tail = entry;
  else entry.next.previous = entry;
  if (before === undefined) queue.head = entry;
  else before.next = entry;
}

function remove(entry: Deadline): void {
  const { queue, previous, next } = entry;
  // Who was removed already has no neighbours, and is not alone in the queue either.
  if (previous === undefined && queue.head !== entry) return;
  if (previous === undefined) queue.head = next;
  else previous.next = next;
  if (next === undefined) queue.tail = previous;
  else next.previous = previous;
  entry.previous = undefined;
  entry.next = undefined;
}
