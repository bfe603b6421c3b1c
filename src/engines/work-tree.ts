import type { CrewError } from '../errors.ts';

/**
 * One piece of work in the tree of a run: run, driver, tasks, delegated work. Aborting it reaches all below it. Siblings
 * are linked to each other, so that a task joins and leaves at the cost of a few fields.
 */
export class WorkNode {
  #aborted: CrewError | undefined;
  #listeners: Set<(reason: CrewError) => void> | undefined;
  #parent: WorkNode | undefined;
  #firstChild: WorkNode | undefined;
  #previous: WorkNode | undefined;
  #next: WorkNode | undefined;

  get aborted(): CrewError | undefined {
    return this.#aborted;
  }

  abort(reason: CrewError): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener(reason);
    // All are found before the first is told: who is told may end, and leave the list.
    const children: WorkNode[] = [];
    for (let child = this.#firstChild; child !== undefined; child = child.#next) children.push(child);
    for (const child of children) child.abort(reason);
  }

  onAbort(fn: (reason: CrewError) => void): () => void {
    if (this.#aborted !== undefined) {
      fn(this.#aborted);
      return NOTHING;
    }
    this.#listeners ??= new Set();
    // A function of its own for each: the same one may be given twice.
    const listener = (reason: CrewError) => fn(reason);
    this.#listeners.add(listener);
    return () => this.#listeners?.delete(listener);
  }

  /** Becomes part of the work of `parent`. */
  join(parent: WorkNode): void {
    this.#parent = parent;
    this.#next = parent.#firstChild;
    if (this.#next !== undefined) this.#next.#previous = this;
    parent.#firstChild = this;
  }

  /** True once it has left. */
  get ended(): boolean {
    return this.#parent === undefined;
  }

  /** Has ended: what happens to its parent does not reach it any more. */
  leave(): void {
    if (this.#previous !== undefined) this.#previous.#next = this.#next;
    else if (this.#parent !== undefined) this.#parent.#firstChild = this.#next;
    if (this.#next !== undefined) this.#next.#previous = this.#previous;
    this.#parent = undefined;
    this.#previous = undefined;
    this.#next = undefined;
  }
}

const NOTHING = () => {};
