import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildGraph } from '../../src/plan/graph.ts';
import { priorities } from '../../src/plan/priorities.ts';
import { RUNS } from '../sizes.ts';
import { codeTask, crewOf, type Wiring, wiredCrew, wirings } from './crews.ts';

function prioritiesOf(...tasks: Parameters<typeof codeTask>[]): number[] {
  return [...priorities(buildGraph(crewOf({ tasks: tasks.map((task) => codeTask(...task)) })).graph)];
}

test('a task counts as itself and the longest path behind it', () => {
  expect(prioritiesOf(['a'], ['b', ['a']], ['c', ['b']], ['alone'])).toEqual([3, 2, 1, 1]);
});

test('expected times count where they are known; the unknown count as their mean', () => {
  expect(prioritiesOf(['a', [], 100], ['b', ['a'], 300], ['c', ['a']])).toEqual([400, 300, 200]);
});

test('a task expected to take no time counts as none', () => {
  expect(prioritiesOf(['a', [], 0], ['b', ['a'], 0])).toEqual([0, 0]);
});

/** The longest path ahead, straight from its definition. */
function reference({ waits, durations }: Wiring): number[] {
  const known = durations.filter((value) => value !== undefined);
  const mean = known.length === 0 ? 1 : known.reduce((sum, value) => sum + value, 0) / known.length;
  const ahead = (id: number): number => {
    const behind = waits.flatMap((list, other) => (list.includes(id) ? [ahead(other)] : []));
    return (durations[id] ?? mean) + Math.max(0, ...behind);
  };
  return waits.map((_, id) => ahead(id));
}

test('priorities agree with a plain recursive reference', () => {
  fc.assert(
    fc.property(wirings({ cycles: false }), (wiring) => {
      expect([...priorities(buildGraph(wiredCrew(wiring)).graph)]).toEqual(reference(wiring));
    }),
    { numRuns: RUNS },
  );
});
