import type { Learnt } from '../spec/learnt.ts';
import { durationsOf } from './durations.ts';
import type { Graph } from './graph.ts';
import { topologicalOrder } from './topological-order.ts';

/**
 * How long the longest path is that each task begins, itself included, by id: who should go first under a limit.
 * In milliseconds where any duration is known (unknown ones count as their mean), else in tasks.
 * For a graph without cycles. Linear, without recursion.
 */
export function priorities(graph: Graph, learnt?: Learnt): Float64Array {
  const { starts, targets } = graph;
  const ahead = durationsOf(graph.tasks, learnt).values;
  const order = topologicalOrder(graph);
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const id = order[at] ?? 0;
    const end = starts[id + 1] ?? 0;
    let longest = 0;
    for (let edge = starts[id] ?? 0; edge < end; edge += 1) {
      const path = ahead[targets[edge] ?? 0] ?? 0;
      if (path > longest) longest = path;
    }
    ahead[id] = (ahead[id] ?? 0) + longest;
  }
  return ahead;
}
