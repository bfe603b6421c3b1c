import type { Runtime } from '../internal/runtime.ts';
import type { Overdue } from '../spec/engine.ts';
import type { WorkNode } from './work-tree.ts';

/** When the time of one piece of work is over. Entries of one queue are linked, so that most come and go for a few fields. */
export class Deadline {
  readonly at: number;
  readonly node: WorkNode;
  readonly overdue: Overdue;
  /** Another one of the same work. */
  other: Deadline | undefined = undefined;
  queue: Queue | undefined = undefined;
  previous: Deadline | undefined = undefined;
  next: Deadline | undefined = undefined;

  constructor(at: number, node: WorkNode, overdue: Overdue) {
    this.at = at;
    this.node = node;
    this.overdue = overdue;
  }
}

/** The deadlines of one length: the earliest first, which is nearly always the order in which they come. */
interface Queue {
  readonly ms: number;
  head: Deadline | undefined;
  tail: Deadline | undefined;
  cancelTimer: (() => void) | undefined;
  /** When the timer fires; Infinity while there is none. */
  armedFor: number;
}

/**
 * Ends work whose time is over. One timer for each length of time is set for the head of its queue; who ends before only
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
    const queue = this.#last?.ms === ms ? this.#last : this.#queueOf(ms);
    let before = queue.tail;
    while (before !== undefined && before.at > entry.at) before = before.previous;
    insert(queue, entry, before);
    // The timer may be set for one that has left: it then looks again.
    if (entry.at < queue.armedFor) this.#arm(queue);
  }

  #queueOf(ms: number): Queue {
    let queue = this.#queues.get(ms);
    if (queue === undefined) {
      queue = { ms, head: undefined, tail: undefined, cancelTimer: undefined, armedFor: Number.POSITIVE_INFINITY };
      this.#queues.set(ms, queue);
    }
    this.#last = queue;
    return queue;
  }

  /** Work has ended in time: all its deadlines are dropped. */
  drop(first: Deadline): void {
    for (let entry: Deadline | undefined = first; entry !== undefined; entry = entry.other) remove(entry);
  }

  /** The run is over. */
  stop(): void {
    for (const queue of this.#queues.values()) queue.cancelTimer?.();
    this.#queues.clear();
    this.#last = undefined;
  }

  #arm(queue: Queue): void {
    queue.cancelTimer?.();
    queue.cancelTimer = undefined;
    const { head } = queue;
    queue.armedFor = head === undefined ? Number.POSITIVE_INFINITY : head.at;
    if (head === undefined) return;
    const ms = Math.max(0, head.at - this.#runtime.monotonic());
    queue.cancelTimer = this.#runtime.timer(ms, () => this.#fire(queue), 'bound');
  }

  #fire(queue: Queue): void {
    const now = this.#runtime.monotonic();
    for (let { head } = queue; head !== undefined && head.at <= now; { head } = queue) {
      remove(head);
      head.node.abort(head.overdue.overdue(queue.ms));
    }
    this.#arm(queue);
  }
}

function insert(queue: Queue, entry: Deadline, before: Deadline | undefined): void {
  entry.queue = queue;
  entry.previous = before;
  entry.next = before === undefined ? queue.head : before.next;
  if (entry.next === undefined) queue.tail = entry;
  else entry.next.previous = entry;
  if (before === undefined) queue.head = entry;
  else before.next = entry;
}

function remove(entry: Deadline): void {
  const { queue, previous, next } = entry;
  if (queue === undefined) return;
  if (previous === undefined) queue.head = next;
  else previous.next = next;
  if (next === undefined) queue.tail = previous;
  else next.previous = previous;
  entry.queue = undefined;
  entry.previous = undefined;
  entry.next = undefined;
}
