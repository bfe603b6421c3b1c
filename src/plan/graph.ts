import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Dependency, TaskData } from '../task.ts';
import { EdgeList, REASON_BITS } from './edges.ts';

/** Integers that are only read: an `Int32Array` or `Uint8Array` seen from outside. `slice()` makes a copy to count in. */
export interface Ints<Writable = Int32Array> {
  readonly length: number;
  readonly [index: number]: number;
  slice(): Writable;
}

/** One task whose output another one reads. */
export interface ContextEntry {
  readonly id: number;
  readonly name: string;
  /** True: may have no output, and is then null. */
  readonly optional: boolean;
}

/**
 * The tasks of a crew and who waits for whom, as the scheduler reads it. Frozen; one graph serves all runs of a crew.
 *
 * A task's id is its position in `tasks`. The edges lie flat, in two orders:
 * - the dependants of `i` are `targets[starts[i]]` up to, not including, `targets[starts[i + 1]]`, in declared order;
 *   `optionalEdges` and `reasons` run parallel to `targets`;
 * - what `i` waits for is `sources[sourceStarts[i]]` up to `sources[sourceStarts[i + 1]]`: its `context` in the order
 *   given, then `dependsOn`, then tasks its templates name, then (sequential) the task before it.
 *
 * There is at most one edge between two tasks, whatever number of options name it; it is optional only when all of
 * them are. The edge from one sequential task to the next is optional: it orders, and nothing is skipped along it.
 */
export interface Graph {
  readonly size: number;
  readonly tasks: readonly TaskData[];
  /** Id by task name. */
  readonly ids: ReadonlyMap<string, number>;
  /** How many edges each task waits for. Copy it (`slice()`), then count down. */
  readonly inDegrees: Ints;
  readonly starts: Ints;
  readonly targets: Ints;
  /** 1 for an edge along which nothing is skipped. */
  readonly optionalEdges: Ints<Uint8Array>;
  /** Why the edge is there: bits, see `reasonsOf`. */
  readonly reasons: Ints<Uint8Array>;
  readonly sourceStarts: Ints;
  readonly sources: Ints;
  /** True when the task reads the outputs of every earlier one (sequential, no `context` given). No list is kept then. */
  readsEarlier(id: number): boolean;
  /** The tasks whose outputs this one reads, in declared order. Builds a list; for `readsEarlier` tasks one as long as `id`. */
  contextOf(id: number): readonly ContextEntry[];
  /** Ids of the tasks that this one's templates name (`{{tasks.NAME.output}}`), in the order found. */
  referencesOf(id: number): readonly number[];
}

/** A crew's graph, and what is wrong with the names in it (unknown, duplicate, later in a sequential crew). The graph
 *  leaves wrong edges out; cycles are not looked for here. Linear in tasks and edges. */
export function buildGraph(crew: CrewData): { readonly graph: Graph; readonly problems: Problem[] } {
  const { tasks } = crew;
  const sequential = crew.process === 'sequential';
  const problems: Problem[] = [];
  const ids = idsByName(tasks, problems);
  const edges = new EdgeList(tasks.length);
  for (let id = 0; id < tasks.length; id += 1) {
    const task = tasks[id];
    if (task === undefined) continue;
    edges.begin(id);
    const add = (list: readonly Dependency[], bit: number): void => {
      for (const { name, optional } of list) {
        const source = ids.get(name);
        if (source === undefined) problems.push(unknownTask(task, name, ids));
        else if (sequential && source > id) problems.push(laterTask(task, name));
        else edges.add(source, bit, optional);
      }
    };
    if (task.context !== undefined) add(task.context, REASON_BITS.context);
    if (task.dependsOn.length > 0) add(task.dependsOn, REASON_BITS.dependsOn);
    if (sequential && id > 0) edges.add(id - 1, REASON_BITS.order, true);
  }
  const lists = edges.finish();
  const graph: Graph = {
    size: tasks.length,
    tasks,
    ids,
    ...lists,
    readsEarlier: (id) => sequential && tasks[id]?.context === undefined,
    contextOf(id) {
      const found: ContextEntry[] = [];
      if (this.readsEarlier(id)) {
        for (let source = 0; source < id; source += 1) found.push(entry(tasks, source, true));
        return found;
      }
      const end = lists.sourceStarts[id + 1] ?? 0;
      for (let at = lists.sourceStarts[id] ?? 0; at < end; at += 1) {
        if (((lists.sourceReasons[at] ?? 0) & REASON_BITS.context) === 0) continue;
        found.push(entry(tasks, lists.sources[at] ?? 0, lists.sourceOptional[at] === 1));
      }
      return found;
    },
    referencesOf: () => [],
  };
  return { graph: Object.freeze(graph), problems };
}

function entry(tasks: readonly TaskData[], id: number, optional: boolean): ContextEntry {
  return { id, name: tasks[id]?.name ?? '', optional };
}

function idsByName(tasks: readonly TaskData[], problems: Problem[]): Map<string, number> {
  const ids = new Map<string, number>();
  for (let id = 0; id < tasks.length; id += 1) {
    const name = tasks[id]?.name ?? '';
    if (!ids.has(name)) ids.set(name, id);
    else
      problems.push({
        code: 'NAME_DUPLICATE',
        place: `task "${name}"`,
        message: 'the crew has another task of this name.',
      });
  }
  return ids;
}

function unknownTask(task: TaskData, name: string, ids: ReadonlyMap<string, number>): Problem {
  const message = `there is no task "${name}" in this crew.${didYouMean(name, ids.keys())}`;
  return { code: 'TASK_UNKNOWN', place: `task "${task.name}"`, message };
}

function laterTask(task: TaskData, name: string): Problem {
  const message = `it needs "${name}", which comes later; in a sequential crew a task can only need earlier ones.`;
  return { code: 'TASK_ORDER', place: `task "${task.name}"`, message };
}
