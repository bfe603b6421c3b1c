import fc from 'fast-check';
import { expect, test } from 'vitest';
import { durationsOf } from '../../src/plan/durations.ts';
import { buildGraph } from '../../src/plan/graph.ts';
import { makespan } from '../../src/plan/makespan.ts';
import { priorities } from '../../src/plan/priorities.ts';
import { RUNS } from '../sizes.ts';
import { wiredCrew, wirings } from './crews.ts';

test('a run takes at least its longest path and its share of the work, and no longer than Graham allows; alone, all of it', () => {
  fc.assert(
    fc.property(wirings({ cycles: false }), fc.integer({ min: 1, max: 6 }), (wiring, limit) => {
      const { graph } = buildGraph(wiredCrew(wiring));
      const durations = durationsOf(graph.tasks).values;
      const urgent = priorities(graph);
      const takes = (places: number) => makespan(graph, { durations, priorities: urgent, limit: places });
      const work = durations.reduce((sum, ms) => sum + ms, 0);
      const path = urgent.reduce((most, ms) => Math.max(most, ms), 0);
      expect(takes(Number.POSITIVE_INFINITY)).toBeCloseTo(path, 6);
      expect(takes(1)).toBeCloseTo(work, 6);
      const least = Math.max(path, work / limit);
      expect(takes(limit)).toBeGreaterThanOrEqual(least - 1e-6);
      // https://doi.org/10.1137/0117039: any schedule that leaves no place idle while a task is ready.
      expect(takes(limit)).toBeLessThanOrEqual(work / limit + path * (1 - 1 / limit) + 1e-6);
    }),
    { numRuns: RUNS },
  );
});
