import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { reasonsOf } from './edges.ts';
import type { Graph } from './graph.ts';
import { topologicalOrder } from './topological-order.ts';

/** Starting points tried for a short walk through one component. More would no longer be linear. */
const STARTS = 16;
/** A longer walk is shortened in the message; `path` always has all of it. */
const SHOWN = 12;

/**
 * Groups of tasks that all wait for each other (strongly connected components), in declared order of their first
 * task: for each a short cycle as ids, each waiting for the next, the last for the first. Linear, without recursion.
 */
export function findCycles(graph: Graph): number[][] {
  const order = topologicalOrder(graph);
  if (order.length === graph.size) return [];
  const component = components(graph, order);
  const members = new Map<number, number[]>();
  for (let id = 0; id < graph.size; id += 1) {
    const of = component[id] ?? 0;
    if (of === 0) continue;
    const known = members.get(of);
    if (known === undefined) members.set(of, [id]);
    else known.push(id);
  }
  const cycles: number[][] = [];
  const search: Search = { graph, component, towards: new Int32Array(graph.size).fill(-1) };
  for (const ids of members.values()) {
    let shortest: number[] | undefined;
    for (const start of ids.slice(0, STARTS)) {
      const walk = shortestWalk(search, start);
      if (walk !== undefined && (shortest === undefined || walk.length < shortest.length)) shortest = walk;
    }
    if (shortest !== undefined) cycles.push(shortest);
  }
  return cycles;
}

/** One `GRAPH_CYCLE` a group of tasks that wait for each other; its `path` ends where it began. */
export function cycleProblems(graph: Graph, crew: CrewData): Problem[] {
  return findCycles(graph).map((cycle) => {
    const names = cycle.map((id) => graph.tasks[id]?.name ?? '');
    const path = [...names, names[0] ?? ''];
    if (cycle.length === 1) {
      const message = `it waits for itself: ${path.join(' → ')} (${waitOf(graph, cycle[0] ?? 0, cycle[0] ?? 0)}).`;
      return { code: 'GRAPH_CYCLE', place: `task "${path[0]}"`, message, path };
    }
    const waits = cycle.slice(0, SHOWN).map((id, at) => waitOf(graph, id, cycle[(at + 1) % cycle.length] ?? id));
    const why = cycle.length <= SHOWN ? ` (${waits.join('; ')})` : '';
    const message = `these tasks wait for each other: ${walkText(path)}${why}. One of them must stop waiting.`;
    return { code: 'GRAPH_CYCLE', place: `crew "${crew.name}"`, message, path };
  });
}

function walkText(path: readonly string[]): string {
  if (path.length <= SHOWN + 1) return path.join(' → ');
  const left = path.length - SHOWN;
  return [...path.slice(0, SHOWN - 2), `… ${left} more …`, ...path.slice(-2)].join(' → ');
}

/** `write has review in its context`. */
function waitOf(graph: Graph, id: number, source: number): string {
  const end = graph.starts[source + 1] ?? 0;
  let bits = 0;
  for (let edge = graph.starts[source] ?? 0; edge < end; edge += 1) {
    if (graph.targets[edge] === id) bits = graph.reasons[edge] ?? 0;
  }
  const name = graph.tasks[source]?.name;
  const how = reasonsOf(bits).map((reason) => (reason === 'template' ? 'its templates' : `its ${reason}`));
  return `${graph.tasks[id]?.name} has ${name} in ${how.join(' and ')}`;
}

/**
 * Numbers the strongly connected components (Tarjan, with a stack of our own): the same number from 1 for all members
 * of one, 0 for tasks on no cycle. Tasks that `order` has sorted are on none and are not visited.
 */
function components(graph: Graph, order: Int32Array): Int32Array {
  const { size, sources, sourceStarts } = graph;
  const component = new Int32Array(size);
  const index = new Int32Array(size);
  const low = new Int32Array(size);
  const cursor = new Int32Array(size);
  const open: number[] = [];
  const isOpen = new Uint8Array(size);
  const walk: number[] = [];
  let visited = 0;
  let found = 0;
  for (const id of order) index[id] = -1;
  const enter = (id: number): void => {
    visited += 1;
    index[id] = visited;
    low[id] = visited;
    cursor[id] = sourceStarts[id] ?? 0;
    open.push(id);
    isOpen[id] = 1;
    walk.push(id);
  };
  for (let root = 0; root < size; root += 1) {
    if (index[root] !== 0) continue;
    enter(root);
    while (walk.length > 0) {
      const id = walk[walk.length - 1] ?? 0;
      const at = cursor[id] ?? 0;
      if (at < (sourceStarts[id + 1] ?? 0)) {
        cursor[id] = at + 1;
        const source = sources[at] ?? 0;
        if (index[source] === 0) enter(source);
        else if (isOpen[source] === 1) low[id] = Math.min(low[id] ?? 0, index[source] ?? 0);
        continue;
      }
      walk.pop();
      const above = walk[walk.length - 1];
      if (above !== undefined) low[above] = Math.min(low[above] ?? 0, low[id] ?? 0);
      if (low[id] === index[id]) found = close(graph, id, { open, isOpen, component, found });
    }
  }
  return component;
}

interface Closing {
  readonly open: number[];
  readonly isOpen: Uint8Array;
  readonly component: Int32Array;
  readonly found: number;
}

/** Takes the component that `id` began off the stack, and numbers it when it is a cycle. */
function close(graph: Graph, id: number, { open, isOpen, component, found }: Closing): number {
  const alone = open[open.length - 1] === id;
  const number = alone && !waitsForItself(graph, id) ? 0 : found + 1;
  for (;;) {
    const member = open.pop();
    if (member === undefined) break;
    isOpen[member] = 0;
    component[member] = number;
    if (member === id) break;
  }
  return Math.max(found, number);
}

function waitsForItself({ sources, sourceStarts }: Graph, id: number): boolean {
  const end = sourceStarts[id + 1] ?? 0;
  for (let at = sourceStarts[id] ?? 0; at < end; at += 1) if (sources[at] === id) return true;
  return false;
}

interface Search {
  readonly graph: Graph;
  readonly component: Int32Array;
  /** By id: who was seen to wait for it. All -1 between two walks. */
  readonly towards: Int32Array;
}

/** The shortest walk from `start` back to it within its component, breadth first. */
function shortestWalk({ graph, component, towards }: Search, start: number): number[] | undefined {
  const { sources, sourceStarts } = graph;
  const seen = [start];
  let last = -1;
  for (let read = 0; read < seen.length && last < 0; read += 1) {
    const id = seen[read] ?? 0;
    const end = sourceStarts[id + 1] ?? 0;
    for (let at = sourceStarts[id] ?? 0; at < end; at += 1) {
      const source = sources[at] ?? 0;
      if (source === start) {
        last = id;
        break;
      }
      if (component[source] !== component[start] || towards[source] !== -1) continue;
      towards[source] = id;
      seen.push(source);
    }
  }
  const walk: number[] = [];
  for (let id = last; id >= 0; id = id === start ? -1 : (towards[id] ?? -1)) walk.push(id);
  for (const id of seen) towards[id] = -1;
  return last < 0 ? undefined : walk.reverse();
}
