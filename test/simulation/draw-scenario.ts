import { type Draw, drawFor } from './draw.ts';
import { drawBudget, drawPolicy, heeded } from './draw-bounds.ts';
import { drawListeners } from './draw-listeners.ts';
import { drawReviews } from './draw-reviews.ts';
import { drawAgents, drawModels, drawTools, ON_CANCEL } from './draw-staff.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { GuardKind, Mood, Need, OutputKind, Scenario, TaskPlan } from './scenario.ts';

/** What is asked about. The last ones must reach the model as they are: values are never expanded twice. */
const TOPICS = [
  'otters',
  '紫 ☂',
  '{{tasks.t0.output}} {{danger}}',
  '{{#if x}}',
  '</result> & <b>"\'',
  'a\u0000b\ud800c',
];

const MOODS: readonly Mood[] = ['calm', 'calm', 'faulty', 'faulty', 'faulty', 'cancelled', 'everything', 'everything'];
const PROCESSES = ['sequential', 'parallel', 'parallel', 'hierarchical'] as const;

/** What happens to a crew, from its seed. */
export function drawScenario(seed: number): Scenario {
  const draw = drawFor(seed, 'scenario');
  const mood = draw.pick(MOODS);
  const process = draw.pick(PROCESSES);
  const trouble = mood === 'faulty' || mood === 'everything';
  const tools = drawTools(draw, trouble);
  const models = drawModels(draw, mood);
  const agents = drawAgents(draw, { trouble, tools: tools.length, models: models.length });
  const tasks = drawTasks(draw, { process, trouble, agents: agents.length, tools: tools.length });
  return {
    seed,
    process,
    tasks,
    declared: process === 'sequential' ? tasks.map((_, at) => at) : shuffled(draw, tasks.length),
    agents,
    ownManager: draw.chance(0.5),
    tools,
    models,
    maxConcurrency: process === 'sequential' || draw.chance(0.4) ? undefined : draw.between(1, 4),
    failFast: trouble && process !== 'sequential' && draw.chance(0.2),
    cancelGraceMs: draw.chance(0.3) ? draw.pick([0, 100, 10_000]) : undefined,
    budget: trouble && draw.chance(0.15) ? heeded(drawBudget(draw), tasks) : undefined,
    approver: draw.pick(['nobody', 'agrees', 'agrees', 'refuses', 'doubts', 'slow', 'throws']),
    cancel:
      mood === 'cancelled' || (mood === 'everything' && draw.chance(0.3))
        ? {
            atMs: draw.pick([0, 1, 50, 500, 5_000, 60_000].map((most) => draw.between(0, most))),
            how: draw.pick(['run', 'signal']),
          }
        : undefined,
    twinAtMs: drawTwin(drawFor(seed, 'twin')),
    listeners: drawListeners(drawFor(seed, 'listeners')),
    reviews: drawReviews(drawFor(seed, 'reviews'), tasks.length),
    faultRate: trouble ? 0.4 * draw.fraction() : 0,
    faults: trouble ? someFaults(draw) : [],
    toolRate: draw.pick([0, 0.3, 0.7]),
    delegationRate: draw.pick([0.1, 0.5, 0.8]),
    topic: draw.pick(TOPICS),
  };
}

/** From a stream of its own, as all that is added later should be: what a seed means stays as it was. */
function drawTwin(draw: Draw): number | undefined {
  return draw.chance(0.1) ? draw.pick([0, 1, 2_000, 30_000]) : undefined;
}

/** A few kinds, or all: faults that come alone go deeper than those that end a run together. */
function someFaults(draw: Draw): readonly FaultKind[] {
  if (draw.chance(0.3)) return FAULT_KINDS;
  return Array.from({ length: draw.between(1, 4) }, () => draw.pick(FAULT_KINDS));
}

interface TaskLimits {
  readonly process: Scenario['process'];
  readonly trouble: boolean;
  readonly agents: number;
  readonly tools: number;
}

function drawTasks(draw: Draw, limits: TaskLimits): readonly TaskPlan[] {
  const count = draw.chance(0.1) ? draw.between(8, 24) : draw.between(1, 7);
  const conditions = draw.chance(0.4);
  const edges = draw.pick([0, 1, 2, 4]);
  const tasks: TaskPlan[] = [];
  for (let at = 0; at < count; at += 1) tasks.push(drawTask(draw, { ...limits, at, conditions, edges }));
  return tasks;
}

interface TaskPlace extends TaskLimits {
  readonly at: number;
  /** Whether tasks of this crew may have a `when`: then no template reads a task, because that might be skipped. */
  readonly conditions: boolean;
  readonly edges: number;
}

function drawTask(draw: Draw, place: TaskPlace): TaskPlan {
  const { at, process, trouble, conditions } = place;
  const by = draw.chance(process === 'hierarchical' ? 0.8 : 0.6) ? 'agent' : 'code';
  const agent =
    by === 'code' || (process === 'hierarchical' && draw.chance(0.5)) ? undefined : draw.below(place.agents);
  const needs = drawNeeds(draw, place, by);
  const guardrails = by === 'agent' && draw.chance(0.3) ? drawGuardrails(draw, trouble) : [];
  return {
    name: `t${at}`,
    by,
    agent,
    needs,
    silent: needs.every(({ kind }) => kind !== 'context') && draw.chance(0.5),
    ms: draw.chance(0.2) ? 0 : draw.between(1, draw.pick([20, 2_000, 60_000])),
    fate: trouble && draw.chance(0.08) ? draw.pick(['throws', 'notJson', 'hangs']) : 'done',
    onCancel: draw.pick(ON_CANCEL),
    when:
      conditions && draw.chance(0.3)
        ? draw.pick(['yes', 'no', 'slow', ...(trouble ? (['throws', 'hangs'] as const) : [])])
        : undefined,
    output: by === 'agent' && draw.chance(0.3) ? draw.pick<OutputKind>(['object', 'list', 'text']) : undefined,
    guardrails,
    guardrailMaxRetries: guardrails.length > 0 && draw.chance(0.3) ? draw.below(4) : undefined,
    tools:
      by === 'agent'
        ? draw.some(
            Array.from({ length: place.tools }, (_, tool) => tool),
            0.3,
          )
        : [],
    ...drawPolicy(draw, { trouble, by }),
  };
}

function drawNeeds(draw: Draw, { at, conditions, edges }: TaskPlace, by: 'agent' | 'code'): readonly Need[] {
  if (at === 0) return [];
  return Array.from({ length: draw.below(edges + 1) }, (): Need => {
    const task = draw.chance(0.5) ? at - 1 : draw.below(at);
    const template = by === 'agent' && !conditions && draw.chance(0.2);
    const kind = template ? 'template' : draw.pick(['context', 'context', 'dependsOn'] as const);
    return { task, kind, optional: kind !== 'template' && draw.chance(0.25) };
  });
}

function drawGuardrails(draw: Draw, trouble: boolean): readonly GuardKind[] {
  const kinds: GuardKind[] = ['passes', 'doubts', 'slow', 'replaces', 'judge'];
  if (trouble && draw.chance(0.3)) kinds.push('rejects', 'throws', 'hangs');
  return Array.from({ length: draw.between(1, 3) }, () => draw.pick(kinds));
}

function shuffled(draw: Draw, count: number): readonly number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  if (draw.chance(0.3)) return order;
  for (let at = count - 1; at > 0; at -= 1) {
    const other = draw.below(at + 1);
    const [a = at, b = other] = [order[at], order[other]];
    order[at] = b;
    order[other] = a;
  }
  return order;
}
