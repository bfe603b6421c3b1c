import type { EventType } from 'crewline';
import type { Draw } from './draw.ts';
import type { ListenerPlan } from './scenario.ts';

const HEARD: readonly EventType[] = [
  'run.start',
  'run.end',
  'task.ready',
  'task.start',
  'task.retry',
  'task.skipped',
  'task.end',
  'model.start',
  'model.delta',
  'model.retry',
  'model.end',
  'tool.start',
  'tool.end',
  'delegation.start',
  'delegation.end',
  'guardrail.end',
  'review.requested',
  'review.answered',
  'limit.wait',
  'budget.warning',
  'log',
];
const HOW: readonly ListenerPlan['breaks'][] = ['throws', 'throwsText', 'rejects'];

/** Who hears a run, and breaks: from a stream of its own, so that all else of a seed stays as it was. */
export function drawListeners(draw: Draw): readonly ListenerPlan[] {
  if (!draw.chance(0.3)) return [];
  return Array.from({ length: draw.between(1, 4) }, () => ({
    type: draw.pick(HEARD),
    breaks: draw.pick(HOW),
    after: draw.chance(0.5) ? 0 : draw.below(4),
  }));
}
