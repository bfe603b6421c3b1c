import type { CrewEvent } from 'crewline';
import type { Observed } from './run-seed.ts';

const MOST_LINES = 40;

/** A run in a few lines: the crew, then what was told of it, up to its end. */
export function storyOf({ scenario, world, result, stuck }: Observed): string {
  const { process, maxConcurrency, faultRate, faults, cancel, agents, tools, listeners } = scenario;
  const lines = [
    `  ${process} crew of ${scenario.tasks.length} tasks, ${agents.length} agents, ${tools.length} tools` +
      `, limit ${maxConcurrency ?? 'none'}, faults ${faultRate.toFixed(2)} ${faultRate > 0 ? faults.slice(0, 4).join(' ') : ''}` +
      (listeners.length === 0 ? '' : `, ${listeners.length} listeners that break`) +
      (cancel === undefined ? '' : `, cancelled at ${cancel.atMs} by ${cancel.how}`),
    ...scenario.declared.map((position) => taskLine(scenario, position, result?.tasks[`t${position}`]?.status)),
  ];
  const events = world.events.filter(({ type }) => type !== 'model.delta');
  const shown = events.slice(-MOST_LINES);
  if (shown.length < events.length) lines.push(`  … ${events.length - shown.length} events before`);
  const start = world.events[0]?.time ?? 0;
  lines.push(...shown.map((event) => `  ${String(event.time - start).padStart(9)} ms  ${eventLine(event)}`));
  lines.push(`  ended: ${stuck ?? `${result?.status} ${result?.error?.code ?? ''}`}`);
  return lines.join('\n');
}

function taskLine({ tasks }: Observed['scenario'], position: number, status: string | undefined): string {
  const task = tasks[position];
  if (task === undefined) return '';
  const needs = task.needs.map((need) => `${need.optional ? '?' : ''}t${need.task}`).join(' ');
  const extra = [task.when && `when ${task.when}`, task.output, task.fate !== 'done' && task.fate, ...task.guardrails];
  return `  ${task.name} ${task.by} [${needs}] ${extra.filter(Boolean).join(' ')} → ${status}`;
}

function eventLine(event: CrewEvent): string {
  const parts: string[] = [event.type];
  for (const [key, value] of Object.entries(event)) {
    if (['type', 'runId', 'seq', 'time', 'usage', 'durationMs', 'agent', 'turn'].includes(key)) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    parts.push(`${key}=${text.length > 60 ? `${text.slice(0, 60)}…` : text}`);
  }
  return parts.join(' ');
}
