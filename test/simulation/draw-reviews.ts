import type { Draw } from './draw.ts';
import type { ReviewPlan } from './scenario.ts';

/** Whose output a person has to see, and how that person answers: from a stream of its own, so that all else of a seed stays as it was. */
export function drawReviews(draw: Draw, tasks: number): readonly (ReviewPlan | undefined)[] {
  if (!draw.chance(0.25)) return [];
  return Array.from({ length: tasks }, () => {
    if (!draw.chance(0.4)) return undefined;
    const answers = draw.chance(0.85);
    const timeoutMs = !answers || draw.chance(0.3) ? draw.pick([1, 500, 60_000, 10_000_000]) : undefined;
    return {
      via: draw.pick(['callback', 'handle'] as const),
      answers,
      ms: draw.pick([0, 0, 300, 90_000, 4_000_000]),
      says: draw.pick(['approve', 'edit', 'badEdit', 'sendBack', 'doubts', 'doubts'] as const),
      timeoutMs,
      onTimeout: timeoutMs === undefined ? undefined : draw.pick(['approve', 'fail'] as const),
    };
  });
}
