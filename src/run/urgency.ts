import type { Graph } from '../plan/graph.ts';
import { priorities } from '../plan/priorities.ts';
import type { Learnt } from '../spec/learnt.ts';

const known = new WeakMap<Graph | Learnt, Float64Array>();

/**
 * By id: who goes first where not all can. Worked out once for all runs of a crew, or for each that has learnt from others,
 * and only where somebody has to wait.
 */
export function urgencies(graph: Graph, learnt?: Learnt): Float64Array {
  const from = learnt ?? graph;
  let found = known.get(from);
  if (found === undefined) {
    found = priorities(graph, learnt);
    known.set(from, found);
  }
  return found;
}

/** The task of the graph that a key belongs to: delegated work has its parent's key in front of its own. */
export function rootOf(key: string): string {
  const end = key.indexOf('/');
  return end === -1 ? key : key.slice(0, end);
}
