/** Something to be done at a time of the clock. */
export interface Scheduled {
  /** When, in milliseconds on the clock's monotonic scale. */
  readonly due: number;
  /** Of two that are due at the same time, the lower goes first. */
  readonly order: number;
  readonly fire: () => void;
  /** Where it lies in the heap; -1 once it is out. Only the heap writes it. */
  at: number;
}

/** A binary heap of what is scheduled, the next one first: log n to add, to take and to cancel. */
export class TimerHeap {
  readonly #entries: Scheduled[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The one that is due next. */
  get next(): Scheduled | undefined {
    return this.#entries[0];
  }

  add(entry: Scheduled): void {
    this.#entries.push(entry);
    this.#rise(entry, this.#entries.length - 1);
  }

  /** Takes an entry out, wherever it lies; nothing happens when it is out already. */
  remove(entry: Scheduled): void {
    const { at } = entry;
    if (this.#entries[at] !== entry) return;
    entry.at = -1;
    const last = this.#entries.pop();
    if (last === undefined || last === entry) return;
    this.#rise(last, at);
    this.#sink(last, last.at);
  }

  #rise(entry: Scheduled, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#entries[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      this.#put(parent, at);
      at = above;
    }
    this.#put(entry, at);
  }

  #sink(entry: Scheduled, from: number): void {
    let at = from;
    for (;;) {
      const left = this.#entries[at * 2 + 1];
      const right = this.#entries[at * 2 + 2];
      const child = left !== undefined && right !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const below = child.at;
      this.#put(child, at);
      at = below;
    }
    this.#put(entry, at);
  }

  #put(entry: Scheduled, at: number): void {
    this.#entries[at] = entry;
    entry.at = at;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}
