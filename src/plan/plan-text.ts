import type { CriticalPath, Expected, PlanData, PlannedEdge, PlannedTask } from './plan-data.ts';

/** Names shown in one place; the rest is counted. */
const SHOWN = 6;
/** Agents may be named by a whole sentence. */
const AGENT_WIDTH = 32;
const REVIEWED = 'waits for a person';

/**
 * A plan as a drawing: the tasks of one layer joined by a bracket, each with its agent and what it waits for, `●` for
 * those on the critical path, and which of them wait for a person.
 */
export function planText(plan: PlanData): string {
  const critical = new Set(plan.criticalPath.tasks);
  const waits = waitsByTask(plan.edges);
  const tasks = new Map(plan.tasks.map((task) => [task.name, task]));
  const nameWidth = widest(plan.tasks.map((task) => task.name));
  const agentWidth = widest(plan.tasks.map((task) => workerOf(plan, task)));
  const numberWidth = String(plan.layers.length).length;
  const lines = [headline(plan), ''];
  plan.layers.forEach((layer, number) => {
    layer.forEach((name, at) => {
      const task = tasks.get(name);
      if (task === undefined) return;
      const label = at === 0 ? String(number + 1) : '';
      const line = [
        label.padStart(numberWidth),
        `${bracket(at, layer.length)}${critical.has(name) ? '●' : '○'}`,
        name.padEnd(nameWidth),
        ` ${workerOf(plan, task).padEnd(agentWidth)}`,
        ` ${[waitText(task, waits.get(name) ?? []), task.review ? REVIEWED : ''].filter(Boolean).join(' · ')}`,
      ];
      lines.push(line.join(' ').trimEnd());
    });
  });
  lines.push('', `critical path ●  ${pathText(plan.criticalPath)}`, `width            ${widthText(plan)}`);
  if (plan.expected !== null) lines.push(`expected         ${expectedText(plan.expected)}`);
  return lines.join('\n');
}

function headline(plan: PlanData): string {
  const edges = plan.edges.length;
  const counts = `${counted(plan.tasks.length, 'task')}, ${counted(edges, 'edge')}`;
  return `${oneLine(plan.crew)} · ${plan.process} · ${counts}`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

function bracket(at: number, size: number): string {
  if (size === 1) return '──';
  if (at === 0) return '┬─';
  return at === size - 1 ? '└─' : '├─';
}

function widest(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, text.length), 0);
}

/** A name that nobody checked, without line breaks and control characters. */
export function oneLine(text: string): string {
  return text.replace(/[\s\p{C}]+/gu, ' ').trim();
}

function workerOf(plan: PlanData, task: PlannedTask): string {
  if (task.code) return '(code)';
  const agent = oneLine(task.agent ?? 'anyone');
  const shown = agent.length > AGENT_WIDTH ? `${agent.slice(0, AGENT_WIDTH - 1)}…` : agent;
  return plan.process === 'hierarchical' ? `manager → ${shown}` : shown;
}

function waitsByTask(edges: readonly PlannedEdge[]): ReadonlyMap<string, readonly PlannedEdge[]> {
  const waits = new Map<string, PlannedEdge[]>();
  for (const edge of edges) {
    const known = waits.get(edge.to);
    if (known === undefined) waits.set(edge.to, [edge]);
    else known.push(edge);
  }
  return waits;
}

/** The order of a sequential crew is shown only where it is all that a task waits for. */
function waitText(task: PlannedTask, edges: readonly PlannedEdge[]): string {
  if (edges.length === 0) return '';
  const named = edges.filter((edge) => edge.reasons.some((reason) => reason !== 'order'));
  if (named.length === 0) return task.readsEarlier ? 'reads all before it' : `after ${edges[0]?.from}`;
  const names = named.slice(0, SHOWN).map((edge) => (edge.optional ? `${edge.from} (optional)` : edge.from));
  const more = named.length - names.length;
  return `after ${names.join(', ')}${more > 0 ? ` and ${more.toLocaleString('en-US')} more` : ''}`;
}

function pathText({ tasks, length, unit }: CriticalPath): string {
  const shown =
    tasks.length <= SHOWN * 2
      ? tasks
      : [...tasks.slice(0, SHOWN), `… ${tasks.length - SHOWN - 2} more …`, ...tasks.slice(-2)];
  return `${shown.join(' → ')} (${unit === 'ms' ? `about ${duration(length)}` : counted(length, 'task')})`;
}

function expectedText({ wallMs, costUsd, runs, guessed }: Expected): string {
  const cost = costUsd === null || costUsd === 0 ? '' : `, about $${costUsd.toPrecision(2)}`;
  const guess = guessed === 0 ? '' : `, of which ${counted(guessed, 'task')} ${guessed === 1 ? 'is' : 'are'} a guess`;
  return `about ${duration(wallMs)}${guess}${cost}, by the last ${runs === 1 ? 'run' : `${runs} runs`}`;
}

function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.round(ms / 6_000) / 10} min`;
}

function widthText({ width }: PlanData): string {
  return width === 1 ? '1: one task after another' : `${width}: so many at once when all take equally long`;
}
