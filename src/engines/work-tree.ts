import type { CrewError } from '../errors.ts';

/** Who has to be told when work is aborted: made when the first asks for it. Siblings are linked, so that leaving is quick. */
class Reach {
  readonly node: WorkNode;
  readonly listeners = new Set<(reason: CrewError) => void>();
  controller: AbortController | undefined;
  firstChild: Reach | undefined;
  previous: Reach | undefined;
  next: Reach | undefined;

  constructor(node: WorkNode) {
    this.node = node;
  }
}

/**
 * One piece of work in the tree of a run: the run's own, its tasks, what they delegate. Aborting it reaches all below it
 * that asks to be told; the rest finds out when it looks. So work that ends by itself has nothing to join or to leave.
 */
export class WorkNode {
  protected readonly parent: WorkNode | undefined;
  #aborted: CrewError | undefined = undefined;
  #reach: Reach | undefined = undefined;

  constructor(parent: WorkNode | undefined) {
    this.parent = parent;
  }

  get aborted(): CrewError | undefined {
    return this.#aborted ?? (this.parent === undefined ? undefined : this.parent.aborted);
  }

  abort(reason: CrewError): void {
    if (this.aborted === undefined) this.#tell(reason);
  }

  onAbort(fn: (reason: CrewError) => void): () => void {
    const { aborted } = this;
    if (aborted !== undefined) {
      fn(aborted);
      return NOTHING;
    }
    const { listeners } = this.#reached();
    // A function of its own for each: the same one may be given twice.
    const listener = (reason: CrewError) => fn(reason);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** True when this is part of `work`. */
  isBelow(work: WorkNode): boolean {
    let node = this.parent;
    while (node !== undefined && node !== work) node = node.parent;
    return node !== undefined;
  }

  /** Made when first read: an abort controller is not cheap. */
  get signal(): AbortSignal {
    const reach = this.#reached();
    if (reach.controller === undefined) {
      const controller = new AbortController();
      reach.controller = controller;
      this.onAbort((reason) => controller.abort(reason));
    }
    return reach.controller.signal;
  }

  /** Has ended: what happens to its parent does not reach it any more. */
  end(): void {
    const reach = this.#reach;
    if (reach === undefined) return;
    const above = this.parent === undefined ? undefined : this.parent.#reach;
    if (reach.previous !== undefined) reach.previous.next = reach.next;
    else if (above?.firstChild === reach) above.firstChild = reach.next;
    if (reach.next !== undefined) reach.next.previous = reach.previous;
  }

  #reached(): Reach {
    if (this.#reach !== undefined) return this.#reach;
    const reach = new Reach(this);
    this.#reach = reach;
    if (this.parent === undefined) return reach;
    const above = this.parent.#reached();
    reach.next = above.firstChild;
    if (reach.next !== undefined) reach.next.previous = reach;
    above.firstChild = reach;
    return reach;
  }

  #tell(reason: CrewError): void {
    if (this.#aborted !== undefined) return;
    this.#aborted = reason;
    const reach = this.#reach;
    if (reach === undefined) return;
    const listeners = [...reach.listeners];
    reach.listeners.clear();
    for (const listener of listeners) listener(reason);
    // All are found before the first is told: who is told may end, and leave the list.
    const children: WorkNode[] = [];
    for (let child = reach.firstChild; child !== undefined; child = child.next) children.push(child.node);
    for (const child of children) child.#tell(reason);
  }
}

const NOTHING = () => {};
