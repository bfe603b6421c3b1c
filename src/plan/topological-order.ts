import type { Graph } from './graph.ts';

/**
 * Ids so that each comes after those it waits for (Kahn). Tasks on a cycle, and those that wait for them, are left
 * out: shorter than `graph.size` means that there is one. Linear, without recursion.
 */
export function topologicalOrder(graph: Graph): Int32Array {
  const { size, starts, targets } = graph;
  const missing = graph.inDegrees.slice();
  const order = new Int32Array(size);
  let found = 0;
  for (let id = 0; id < size; id += 1) {
    if (missing[id] === 0) {
      order[found] = id;
      found += 1;
    }
  }
  for (let read = 0; read < found; read += 1) {
    const id = order[read] ?? 0;
    const end = starts[id + 1] ?? 0;
    for (let edge = starts[id] ?? 0; edge < end; edge += 1) {
      const target = targets[edge] ?? 0;
      const left = (missing[target] ?? 0) - 1;
      missing[target] = left;
      if (left === 0) {
        order[found] = target;
        found += 1;
      }
    }
  }
  return order.subarray(0, found);
}
