import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import type { Dependency, TaskData } from '../task-shape.ts';
import { EdgeList, REASON_BITS } from './edges.ts';
import { type Hint, hints } from './hints.ts';
import { referencesByTask, type TaskReference } from './task-references.ts';
import { type TemplateUse, templateUses } from './template-uses.ts';

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
 * them are (a template that prints the other's output is not). The edge from one sequential task to the next is optional: it orders, and nothing is skipped along it.
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

/** What `buildGraph` reads anew where it is not handed over. */
export interface GraphSources {
  readonly uses?: readonly TemplateUse[];
  readonly hint?: Hint;
}

/** A crew's graph, and what is wrong with the names in it (unknown, duplicate, later in a sequential crew). The graph
 *  leaves wrong edges out; cycles are not looked for here. Linear in tasks and edges. */
export function buildGraph(
  crew: CrewData,
  sources: GraphSources = {},
): { readonly graph: Graph; readonly problems: Problem[] } {
  const { tasks } = crew;
  const { uses = templateUses(crew), hint = hints() } = sources;
  const problems: Problem[] = [];
  const building: Building = {
    crew,
    ids: idsByName(tasks, problems),
    edges: new EdgeList(tasks.length),
    hint,
    problems,
  };
  const references = collectEdges(building, referencesByTask(uses));
  return { graph: graphOf(building, references), problems };
}

interface Building {
  readonly crew: CrewData;
  readonly ids: ReadonlyMap<string, number>;
  readonly edges: EdgeList;
  readonly hint: Hint;
  readonly problems: Problem[];
}

type References = ReadonlyMap<number, readonly number[]>;
const NOTHING: readonly never[] = Object.freeze([]);

function idsByName(tasks: readonly TaskData[], problems: Problem[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (let id = 0; id < tasks.length; id += 1) {
    const name = tasks[id]?.name ?? '';
    if (!ids.has(name)) ids.set(name, id);
    else problems.push({ code: 'NAME_DUPLICATE', place: `task "${name}"`, message: DUPLICATE });
  }
  return ids;
}

const DUPLICATE = 'another task of the crew has this name; a name tells results and templates apart.';

/** Adds every edge, in the order that `Graph` promises for what a task waits for. Returns the tasks that templates name. */
function collectEdges(building: Building, references: ReadonlyMap<number, readonly TaskReference[]>): References {
  const { crew, edges } = building;
  const sequential = crew.process === 'sequential';
  const named = new Map<number, readonly number[]>();
  for (let id = 0; id < crew.tasks.length; id += 1) {
    const task = crew.tasks[id];
    if (task === undefined) continue;
    edges.begin(id);
    if (task.context !== undefined) addListed(building, id, { option: 'context', list: task.context });
    if (task.dependsOn.length > 0) addListed(building, id, { option: 'dependsOn', list: task.dependsOn });
    const templates = references.get(id);
    if (templates !== undefined) named.set(id, addReferences(building, id, templates));
    if (sequential && id > 0) edges.add(id - 1, REASON_BITS.order, true);
  }
  return named;
}

function addListed(
  building: Building,
  id: number,
  { option, list }: { readonly option: 'context' | 'dependsOn'; readonly list: readonly Dependency[] },
): void {
  for (const { name, optional } of list) {
    const source = sourceOf(building, id, { option, name });
    if (source >= 0) building.edges.add(source, REASON_BITS[option], optional);
  }
}

/** A template needs what it prints. What it only asks for (`{{#if tasks.a.output}}`) leaves an `optional(a)` optional. */
function addReferences(building: Building, id: number, references: readonly TaskReference[]): readonly number[] {
  const { edges } = building;
  const ids: number[] = [];
  for (const { option, name, guarded } of references) {
    const source = sourceOf(building, id, { option, name });
    if (source < 0) continue;
    ids.push(source);
    edges.add(source, REASON_BITS.template, guarded && edges.has(source));
  }
  return Object.freeze(ids);
}

/** The id of a task that another one names; -1 and a problem when it cannot name that one. */
function sourceOf(
  building: Building,
  id: number,
  { option, name }: { readonly option: string; readonly name: string },
): number {
  const { crew, ids, hint, problems } = building;
  const source = ids.get(name);
  if (source !== undefined && (source <= id || crew.process !== 'sequential')) return source;
  const place = `task "${crew.tasks[id]?.name}"`;
  if (source === undefined) {
    const message = `${option} names "${name}", which is no task of this crew.${hint(name, ids)}`;
    problems.push({ code: 'TASK_UNKNOWN', place, message });
  } else {
    const message = `${option} names "${name}", which comes later; in a sequential crew a task can only need earlier ones.`;
    problems.push({ code: 'TASK_ORDER', place, message });
  }
  return -1;
}

function graphOf({ crew, ids, edges }: Building, references: References): Graph {
  const { tasks } = crew;
  const sequential = crew.process === 'sequential';
  const { sourceOptional, sourceReasons, ...arrays } = edges.finish();
  const { sources, sourceStarts } = arrays;
  const entryOf = (id: number, optional: boolean): ContextEntry => ({ id, name: tasks[id]?.name ?? '', optional });
  const readsEarlier = (id: number): boolean => sequential && tasks[id]?.context === undefined;
  return Object.freeze({
    size: tasks.length,
    tasks,
    ids,
    ...arrays,
    readsEarlier,
    contextOf(id: number) {
      if (readsEarlier(id)) return Array.from({ length: id }, (_, earlier) => entryOf(earlier, true));
      const from = sourceStarts[id] ?? 0;
      const to = sourceStarts[id + 1] ?? 0;
      if (from === to) return NOTHING;
      const entries: ContextEntry[] = [];
      for (let at = from; at < to; at += 1) {
        const reads = ((sourceReasons[at] ?? 0) & REASON_BITS.context) !== 0;
        if (reads) entries.push(entryOf(sources[at] ?? 0, sourceOptional[at] === 1));
      }
      return entries;
    },
    referencesOf: (id: number) => references.get(id) ?? NOTHING,
  });
}
