import type { CrewEvent } from '../events.ts';

/** Events one consumer may have unread; more are dropped, and it is told which, where they would have stood. */
const MOST_UNREAD = 10_000;

/** The events that one consumer has not read yet. Ends after `run.end`; never throws, never grows without bound. */
export class EventQueue implements AsyncIterableIterator<CrewEvent> {
  readonly #onClose: () => void;
  readonly #mostUnread: number;
  #unread: CrewEvent[] = [];
  #head = 0;
  #dropped: { readonly from: CrewEvent; to: CrewEvent } | undefined;
  /** Readers ahead of the events, in the order they asked. */
  readonly #waiting: ((result: IteratorResult<CrewEvent>) => void)[] = [];
  #closed = false;

  constructor(onClose: () => void, mostUnread = MOST_UNREAD) {
    this.#onClose = onClose;
    this.#mostUnread = mostUnread;
  }

  push(event: CrewEvent): void {
    if (this.#closed) return;
    const reader = this.#waiting.shift();
    if (reader !== undefined) {
      reader(this.#handOut(event));
    } else if (this.#unread.length - this.#head < this.#mostUnread || event.type === 'run.end') {
      this.#tellDropped();
      this.#unread.push(event);
    } else if (this.#dropped === undefined) {
      this.#dropped = { from: event, to: event };
    } else {
      this.#dropped.to = event;
    }
  }

  next(): Promise<IteratorResult<CrewEvent>> {
    // Who has read all that was kept is told at once what was not: no reader waits while a notice is due.
    if (this.#head === this.#unread.length) this.#tellDropped();
    const event = this.#unread[this.#head];
    if (event !== undefined) {
      this.#head += 1;
      this.#shrink();
      return Promise.resolve(this.#handOut(event));
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  return(): Promise<IteratorResult<CrewEvent>> {
    this.#close();
    this.#unread = [];
    this.#head = 0;
    this.#dropped = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #handOut(event: CrewEvent): IteratorResult<CrewEvent> {
    if (event.type === 'run.end') this.#close();
    return { done: false, value: event };
  }

  /** Puts the notice where the missing events would have stood. */
  #tellDropped(): void {
    if (this.#dropped === undefined) return;
    const { from, to } = this.#dropped;
    this.#dropped = undefined;
    const { runId, seq, time } = to;
    this.#unread.push({ type: 'events.dropped', runId, seq, time, from: from.seq, to: seq });
  }

  /** Frees what has been read, in pieces, so that reading stays constant per event. */
  #shrink(): void {
    if (this.#head < 1_024 || this.#head * 2 < this.#unread.length) return;
    this.#unread = this.#unread.slice(this.#head);
    this.#head = 0;
  }

  #close(): void {
    this.#closed = true;
    for (const reader of this.#waiting.splice(0)) reader({ done: true, value: undefined });
    this.#onClose();
  }
}
