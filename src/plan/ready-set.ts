/** The tasks that could start now, by id. */
export interface ReadySet {
  readonly size: number;
  push(id: number): void;
  /** Takes out the one that should start next; -1 when there is none. */
  pop(): number;
}

/**
 * With priorities (a run with a limit): the highest goes first, then the one declared first; log n a task.
 * Without: first come, first served.
 */
export function readySet(priorities?: Float64Array): ReadySet {
  return priorities === undefined ? new Queue() : new Heap(priorities);
}

/** Taken entries are dropped in one go once they are half of all, so a task costs the same however many there are. */
class Queue implements ReadySet {
  readonly #ids: number[] = [];
  #head = 0;

  get size(): number {
    return this.#ids.length - this.#head;
  }

  push(id: number): void {
    this.#ids.push(id);
  }

  pop(): number {
    const id = this.#ids[this.#head];
    if (id === undefined) return -1;
    this.#head += 1;
    if (this.#head * 2 >= this.#ids.length) {
      this.#ids.copyWithin(0, this.#head);
      this.#ids.length -= this.#head;
      this.#head = 0;
    }
    return id;
  }
}

/** A binary heap on a flat array: the children of position i lie at 2i + 1 and 2i + 2. */
class Heap implements ReadySet {
  readonly #priorities: Float64Array;
  readonly #ids: number[] = [];

  constructor(priorities: Float64Array) {
    this.#priorities = priorities;
  }

  get size(): number {
    return this.#ids.length;
  }

  push(id: number): void {
    const ids = this.#ids;
    let at = ids.length;
    ids.push(id);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = ids[above] ?? 0;
      if (!this.#before(id, parent)) break;
      ids[at] = parent;
      at = above;
    }
    ids[at] = id;
  }

  pop(): number {
    const ids = this.#ids;
    const last = ids.pop();
    if (last === undefined) return -1;
    const top = ids[0];
    if (top === undefined) return last;
    this.#sink(last);
    return top;
  }

  /** Puts `id` at the top and lets it sink to its place. */
  #sink(id: number): void {
    const ids = this.#ids;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below >= ids.length) break;
      if (below + 1 < ids.length && this.#before(ids[below + 1] ?? 0, ids[below] ?? 0)) below += 1;
      const child = ids[below] ?? 0;
      if (!this.#before(child, id)) break;
      ids[at] = child;
      at = below;
    }
    ids[at] = id;
  }

  #before(a: number, b: number): boolean {
    const first = this.#priorities[a] ?? 0;
    const second = this.#priorities[b] ?? 0;
    return first > second || (first === second && a < b);
  }
}
