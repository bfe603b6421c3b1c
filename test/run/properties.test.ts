import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CREWS } from '../sizes.ts';
import { benchOf, readBy, type Shape, shapes, type Work, workAndPath } from './random-crew.ts';

const INPUTS = { inputs: { topic: 'otters' } };

/** Works a crew to its end, whatever becomes of it. */
async function settled(shape: Shape) {
  const bench = benchOf(shape);
  const result = await bench.clock.until(bench.crew.kickoff({ ...INPUTS, settle: true }));
  return { ...bench, result };
}

function byName(works: readonly Work[]): ReadonlyMap<string, Work> {
  return new Map(works.map((work) => [work.name, work]));
}

test('every task is worked exactly once, after all that it waits for, and never more at a time than the limit', async () => {
  await fc.assert(
    fc.asyncProperty(shapes(), async (shape) => {
      const { works, result, calls, clock } = await settled(shape);
      const seen = byName(works);
      expect(result.status).toBe('done');
      expect(works.map(({ name }) => name).sort()).toEqual(shape.nodes.map(({ name }) => name).sort());
      expect(calls.count).toBe(shape.nodes.filter(({ by }) => by === 'agent').length);
      const tooEarly = shape.nodes.flatMap(({ name, needs }) =>
        needs.filter((need) => !(Number(seen.get(name)?.start) >= Number(seen.get(need.name)?.end))),
      );
      expect(tooEarly).toEqual([]);
      expect(Math.max(...works.map(({ together }) => together))).toBeLessThanOrEqual(shape.limit ?? works.length);
      const told = Object.values(result.tasks).filter((task) => task.status === 'done' && task.attempts === 1);
      expect(told.map(({ name, durationMs }) => [name, durationMs])).toEqual(
        shape.declared.map((name) => [name, shape.nodes.find((node) => node.name === name)?.ms]),
      );
      expect(result.durationMs).toBe(clock.monotonic());
    }),
    { numRuns: CREWS },
  );
});

test('a task is handed exactly the outputs of the tasks in its context, unchanged and in the order declared', async () => {
  await fc.assert(
    fc.asyncProperty(shapes({ optional: true, when: true, fails: true }), async (shape) => {
      const { works, result } = await settled(shape);
      const seen = byName(works);
      for (const node of shape.nodes) {
        const work = seen.get(node.name);
        if (work === undefined) continue;
        const expected = readBy(node).map((name) => {
          const other = result.tasks[name];
          return [name, other?.status === 'done' ? String(other.output) : 'null'];
        });
        expect(work.context).toEqual(expected);
      }
    }),
    { numRuns: CREWS },
  );
});

test("no schedule is longer than Graham's bound, or shorter than the work and the longest path allow", async () => {
  await fc.assert(
    fc.asyncProperty(shapes(), async (shape) => {
      const { clock } = await settled(shape);
      const { work, path } = workAndPath(shape.nodes);
      const k = shape.limit ?? shape.nodes.length;
      // T ≤ W/k + (1 − 1/k)·CP, times k so that it is exact. Graham, https://doi.org/10.1137/0117039
      expect(clock.monotonic() * k).toBeLessThanOrEqual(work + (k - 1) * path);
      expect(clock.monotonic() * k).toBeGreaterThanOrEqual(work);
      expect(clock.monotonic()).toBeGreaterThanOrEqual(path);
      if (k >= shape.nodes.length) expect(clock.monotonic()).toBe(path);
    }),
    { numRuns: CREWS },
  );
});
