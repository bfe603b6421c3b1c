import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import type { Dependency, TaskData } from '../task-shape.ts';
import { REASON_BITS } from './edges.ts';
import type { Graph } from './graph.ts';
import type { TemplateUse } from './template-uses.ts';

/**
 * Templates because of which a task may be skipped although its type says that its output is never null: the types see
 * only `when`, `context` and `dependsOn`. Linear, without recursion; looks at nothing where no template reads a task.
 */
export function checkSkips(crew: CrewData, graph: Graph, uses: readonly TemplateUse[]): Problem[] {
  if (!uses.some(readsTask) || !crew.tasks.some(({ when }) => when !== undefined)) return [];
  const seen = seenBy(crew.tasks);
  const skipped = maySkip(graph, () => true);
  const typed = maySkip(graph, (source, target, reasons) => {
    const listed = (reasons & (REASON_BITS.context | REASON_BITS.dependsOn)) !== 0;
    if (!listed || (reasons & REASON_BITS.template) === 0) return listed;
    return seen(target).get(graph.tasks[source]?.name ?? '') === true;
  });
  const problems: Problem[] = [];
  const found = new Set<string>();
  for (const { task: id, option, place, facts } of uses) {
    if (id < 0 || skipped[id] !== 1 || typed[id] === 1) continue;
    for (const { path, guarded } of facts.references) {
      const [root, name = ''] = path;
      const source = graph.ids.get(name);
      if (root !== 'tasks' || source === undefined || skipped[source] !== 1) continue;
      const required = seen(id).get(name);
      const key = `${id} ${name}`;
      if (required === true || (required === false && guarded) || found.has(key)) continue;
      found.add(key);
      const message = `${option}: ${required === undefined ? unlisted(path, name) : printed(path, name)}`;
      problems.push({ code: 'PATH_OPTIONAL', place, message });
    }
  }
  return problems;
}

const readsTask = ({ task, facts }: TemplateUse): boolean =>
  task >= 0 && facts.references.some(({ path }) => path[0] === 'tasks' && path.length > 1);

function unlisted(path: readonly string[], name: string): string {
  const alone = `optional("${name}") with {{#if tasks.${name}.output}}`;
  return `{{${path.join('.')}}}: task "${name}" may be skipped, and this task with it, which its type cannot see in a template. Put "${name}" into context or dependsOn as well, or ${alone} around what reads it.`;
}

function printed(path: readonly string[], name: string): string {
  return `{{${path.join('.')}}}: task "${name}" may be skipped, and this task with it, although it is optional here. Put this between {{#if tasks.${name}.output}} and {{/if}}, or list "${name}" without optional(…).`;
}

/** By name, what a task lists: true for one that it requires, false for one that is optional wherever it stands. */
function seenBy(tasks: readonly TaskData[]): (id: number) => ReadonlyMap<string, boolean> {
  const made = new Map<number, ReadonlyMap<string, boolean>>();
  return (id) => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const listed = new Map<string, boolean>();
    const add = ({ name, optional }: Dependency): void => {
      listed.set(name, !optional || listed.get(name) === true);
    };
    tasks[id]?.context?.forEach(add);
    tasks[id]?.dependsOn.forEach(add);
    made.set(id, listed);
    return listed;
  };
}

/** 1 for each task that has `when`, and for all that require one of them along edges that count, near or far. */
function maySkip(graph: Graph, counts: (source: number, target: number, reasons: number) => boolean): Uint8Array {
  const { size, tasks, starts, targets, optionalEdges, reasons } = graph;
  const found = new Uint8Array(size);
  const queue: number[] = [];
  const add = (id: number): void => {
    if (found[id] === 1) return;
    found[id] = 1;
    queue.push(id);
  };
  tasks.forEach(({ when }, id) => {
    if (when !== undefined) add(id);
  });
  for (let read = 0; read < queue.length; read += 1) {
    const id = queue[read] ?? 0;
    const end = starts[id + 1] ?? 0;
    for (let edge = starts[id] ?? 0; edge < end; edge += 1) {
      const target = targets[edge] ?? 0;
      if (optionalEdges[edge] !== 1 && found[target] !== 1 && counts(id, target, reasons[edge] ?? 0)) add(target);
    }
  }
  return found;
}
