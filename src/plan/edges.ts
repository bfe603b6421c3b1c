/** Why a task waits for another. */
export type EdgeReason = 'context' | 'dependsOn' | 'template' | 'order';

/** How reasons are kept: an edge may have several. */
export const REASON_BITS = Object.freeze({ context: 1, dependsOn: 2, template: 4, order: 8 } as const);

const REASONS: readonly EdgeReason[] = ['context', 'dependsOn', 'template', 'order'];

/** The reasons in a value of `Graph.reasons`. */
export function reasonsOf(bits: number): readonly EdgeReason[] {
  return REASONS.filter((reason) => (bits & REASON_BITS[reason]) !== 0);
}

/** Edges in both orders, flat. See `Graph`. */
export interface EdgeArrays {
  readonly inDegrees: Int32Array;
  readonly starts: Int32Array;
  readonly targets: Int32Array;
  readonly optionalEdges: Uint8Array;
  readonly reasons: Uint8Array;
  readonly sourceStarts: Int32Array;
  readonly sources: Int32Array;
  readonly sourceOptional: Uint8Array;
  readonly sourceReasons: Uint8Array;
}

/** Collects edges, the tasks in order: `begin(target)`, then `add(source, …)` for each; the same source twice is one edge. */
export class EdgeList {
  readonly #size: number;
  readonly #sourceStarts: Int32Array;
  readonly #outDegrees: Int32Array;
  /** Where the edge from a source to the current target lies, plus 1; anything before the target's start is stale. */
  readonly #slots: Int32Array;
  #sources: Int32Array;
  #optional: Uint8Array;
  #reasons: Uint8Array;
  #count = 0;
  #start = 0;

  constructor(size: number) {
    this.#size = size;
    this.#sourceStarts = new Int32Array(size + 1);
    this.#outDegrees = new Int32Array(size);
    this.#slots = new Int32Array(size);
    this.#sources = new Int32Array(size * 2);
    this.#optional = new Uint8Array(size * 2);
    this.#reasons = new Uint8Array(size * 2);
  }

  begin(target: number): void {
    this.#start = this.#count;
    this.#sourceStarts[target] = this.#count;
  }

  /** True when the current target has an edge from this source already. */
  has(source: number): boolean {
    return (this.#slots[source] ?? 0) > this.#start;
  }

  /** @param reason one of `REASON_BITS` */
  add(source: number, reason: number, optional: boolean): void {
    const known = (this.#slots[source] ?? 0) - 1;
    if (known >= this.#start) {
      this.#reasons[known] = (this.#reasons[known] ?? 0) | reason;
      if (!optional) this.#optional[known] = 0;
      return;
    }
    const at = this.#count;
    if (at === this.#sources.length) this.#grow();
    this.#sources[at] = source;
    this.#reasons[at] = reason;
    this.#optional[at] = optional ? 1 : 0;
    this.#outDegrees[source] = (this.#outDegrees[source] ?? 0) + 1;
    this.#count = at + 1;
    this.#slots[source] = this.#count;
  }

  #grow(): void {
    const length = Math.max(16, this.#count * 2);
    const sources = new Int32Array(length);
    const optional = new Uint8Array(length);
    const reasons = new Uint8Array(length);
    sources.set(this.#sources);
    optional.set(this.#optional);
    reasons.set(this.#reasons);
    this.#sources = sources;
    this.#optional = optional;
    this.#reasons = reasons;
  }

  /** Sorts the edges by source (a counting sort, so dependants keep declared order). Call once. */
  finish(): EdgeArrays {
    const size = this.#size;
    const count = this.#count;
    const sourceStarts = this.#sourceStarts;
    sourceStarts[size] = count;
    const starts = new Int32Array(size + 1);
    for (let id = 0; id < size; id += 1) starts[id + 1] = (starts[id] ?? 0) + (this.#outDegrees[id] ?? 0);
    const next = starts.slice();
    const targets = new Int32Array(count);
    const optionalEdges = new Uint8Array(count);
    const reasons = new Uint8Array(count);
    const inDegrees = new Int32Array(size);
    for (let target = 0; target < size; target += 1) {
      const from = sourceStarts[target] ?? 0;
      const to = sourceStarts[target + 1] ?? 0;
      inDegrees[target] = to - from;
      for (let edge = from; edge < to; edge += 1) {
        const source = this.#sources[edge] ?? 0;
        const at = next[source] ?? 0;
        next[source] = at + 1;
        targets[at] = target;
        optionalEdges[at] = this.#optional[edge] ?? 0;
        reasons[at] = this.#reasons[edge] ?? 0;
      }
    }
    return {
      inDegrees,
      starts,
      targets,
      optionalEdges,
      reasons,
      sourceStarts,
      sources: this.#sources.slice(0, count),
      sourceOptional: this.#optional.slice(0, count),
      sourceReasons: this.#reasons.slice(0, count),
    };
  }
}
