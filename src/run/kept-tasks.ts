import { CrewError } from '../errors.ts';
import type { TaskStatus } from '../events.ts';
import { didYouMean } from '../internal/suggest.ts';
import { REASON_BITS } from '../plan/edges.ts';
import type { Graph } from '../plan/graph.ts';
import { topologicalOrder } from '../plan/topological-order.ts';

/** What becomes of a task in a replay. */
const KEPT = 1;
/** Skipped again, like what it requires. */
const SKIPPED = 2;
const WORKED = 4;

/**
 * The tasks of a replay that keep what an earlier run has of them: all but those to be worked anew, those that depend on one
 * that is, and those that it has nothing of. One that only comes next in a sequential crew does not depend on it.
 */
export function keptTasks(
  graph: Graph,
  from: readonly string[],
  recorded: ReadonlyMap<string, TaskStatus>,
): ReadonlySet<string> {
  const anew = new Set(from);
  const kept = new Set<string>();
  /** By id: the fates of those that it depends on, as bits; the fate `SKIPPED` only of those that it requires. */
  const above = new Uint8Array(graph.size);
  let anyWorked = false;
  for (const id of topologicalOrder(graph)) {
    const name = graph.tasks[id]?.name ?? '';
    const status = recorded.get(name);
    const isAnew = anew.has(name) || ((above[id] ?? 0) & WORKED) !== 0 || (anyWorked && graph.readsEarlier(id));
    let fate = isAnew ? WORKED : status !== undefined ? KEPT : ((above[id] ?? 0) & SKIPPED) !== 0 ? SKIPPED : WORKED;
    if (fate === KEPT) kept.add(name);
    if (fate === WORKED) anyWorked = true;
    if (fate === KEPT && status === 'skipped') fate = SKIPPED;
    tellBelow(graph, { id, fate, above });
  }
  return kept;
}

function tellBelow(
  { starts, targets, reasons, optionalEdges }: Graph,
  { id, fate, above }: { readonly id: number; readonly fate: number; readonly above: Uint8Array },
): void {
  const end = starts[id + 1] ?? 0;
  for (let edge = starts[id] ?? 0; edge < end; edge += 1) {
    if (reasons[edge] === REASON_BITS.order || (fate === SKIPPED && optionalEdges[edge] === 1)) continue;
    const target = targets[edge] ?? 0;
    above[target] = (above[target] ?? 0) | fate;
  }
}

/** @throws {CrewError} `TASK_UNKNOWN` with the nearest name. */
export function refuseUnknown(graph: Graph, crew: string, from: readonly string[]): void {
  const unknown = from.find((name) => !graph.ids.has(name));
  if (unknown === undefined) return;
  const hint = didYouMean(unknown, graph.ids.keys());
  throw new CrewError('TASK_UNKNOWN', `Crew "${crew}" has no task "${unknown}" to replay from.${hint}`);
}
