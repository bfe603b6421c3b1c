import { Heap, type HeapEntry } from '../internal/heap.ts';
import type { Graph } from './graph.ts';
import { readySet } from './ready-set.ts';

/** A task at work, and when it will be done. */
interface Working extends HeapEntry {
  readonly id: number;
  readonly until: number;
}

/**
 * How long a run of this graph takes when its tasks take as long as `durations` says (by id) and at most `limit` are at
 * work: worked off as the scheduler does, the highest of `priorities` first. In the unit of the durations; n log n.
 */
export function makespan(
  graph: Graph,
  { durations, priorities, limit }: { durations: Float64Array; priorities: Float64Array; limit: number },
): number {
  const waiting = graph.inDegrees.slice();
  const ready = readySet(priorities);
  const working = new Heap<Working>((a, b) => a.until < b.until);
  let now = 0;
  for (let id = 0; id < graph.size; id += 1) if (waiting[id] === 0) ready.push(id);
  for (;;) {
    while (ready.size > 0 && working.size < limit) {
      const id = ready.pop();
      working.add({ at: -1, id, until: now + (durations[id] ?? 0) });
    }
    const { next } = working;
    if (next === undefined) return now;
    working.remove(next);
    now = next.until;
    const end = graph.starts[next.id + 1] ?? 0;
    for (let edge = graph.starts[next.id] ?? 0; edge < end; edge += 1) {
      const target = graph.targets[edge] ?? 0;
      const left = (waiting[target] ?? 0) - 1;
      waiting[target] = left;
      if (left === 0) ready.push(target);
    }
  }
}
