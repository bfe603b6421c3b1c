import type { Graph } from '../plan/graph.ts';
import { priorities } from '../plan/priorities.ts';

const known = new WeakMap<Graph, Float64Array>();

/** By id: who goes first where not all can. Worked out once for all runs of a crew, and only where somebody has to wait. */
export function urgencies(graph: Graph): Float64Array {
  let found = known.get(graph);
  if (found === undefined) {
    found = priorities(graph);
    known.set(graph, found);
  }
  return found;
}

/** The task of the graph that a key belongs to: delegated work has its parent's key in front of its own. */
export function rootOf(key: string): string {
  const end = key.indexOf('/');
  return end === -1 ? key : key.slice(0, end);
}
