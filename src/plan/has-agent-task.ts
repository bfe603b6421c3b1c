import type { CrewData } from '../definition.ts';

/** Whether any task of a crew calls a model. A loop: on a frozen list, V8 takes ten times as long for `some`. */
export function hasAgentTask({ tasks }: CrewData): boolean {
  for (const task of tasks) if (task.execute === undefined) return true;
  return false;
}
