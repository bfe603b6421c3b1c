import type { PlanData, PlannedTask } from './plan-data.ts';
import { oneLine } from './plan-text.ts';

/**
 * A plan as a Mermaid flow chart. Agent tasks are boxes, code tasks boxes with double sides, optional edges dotted.
 * Any name is drawn as it is: all but plain characters are written as Mermaid's `#number;`.
 */
export function planMermaid(plan: PlanData): string {
  const ids = new Map(plan.tasks.map((task, id) => [task.name, `t${id}`]));
  const lines = ['flowchart TD'];
  for (const task of plan.tasks) lines.push(`  ${ids.get(task.name)}${shape(task)}`);
  for (const edge of plan.edges) {
    // The order of a sequential crew is optional too (nothing is skipped along it), but it is no option of the user's.
    const dotted = edge.optional && !edge.reasons.includes('order');
    lines.push(`  ${ids.get(edge.from)} ${dotted ? '-.->' : '-->'} ${ids.get(edge.to)}`);
  }
  return lines.join('\n');
}

function shape(task: PlannedTask): string {
  const review = task.review ? '<br/>waits for a person' : '';
  if (task.code) return `[["${escaped(task.name)}${review}"]]`;
  const agent = task.agent === null ? '' : `<br/>${escaped(task.agent)}`;
  return `["${escaped(task.name)}${agent}${review}"]`;
}

function escaped(text: string): string {
  return oneLine(text).replace(/[^\p{L}\p{N} _.,:()/-]/gu, (character) => `#${character.codePointAt(0)};`);
}
