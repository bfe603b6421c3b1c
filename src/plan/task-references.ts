import type { TemplateOption, TemplateUse } from './template-uses.ts';

/** A task that the templates of another one name. */
export interface TaskReference {
  readonly name: string;
  /** The first option that names it. */
  readonly option: TemplateOption;
  /** True when every template of the task renders without it: it stands in conditions, and inside them, only. */
  readonly guarded: boolean;
}

/** By task id: the tasks that its templates name as `{{tasks.NAME…}}`, each once, in the order found. */
export function referencesByTask(uses: readonly TemplateUse[]): ReadonlyMap<number, readonly TaskReference[]> {
  const byTask = new Map<number, Map<string, TaskReference>>();
  for (const { task, option, facts } of uses) {
    if (task < 0) continue;
    for (const { path, guarded } of facts.references) {
      const [root, name] = path;
      if (root !== 'tasks' || name === undefined) continue;
      const named = byTask.get(task) ?? new Map<string, TaskReference>();
      byTask.set(task, named);
      const known = named.get(name);
      named.set(name, { name, option: known?.option ?? option, guarded: guarded && (known?.guarded ?? true) });
    }
  }
  return new Map([...byTask].map(([task, named]) => [task, [...named.values()]]));
}
