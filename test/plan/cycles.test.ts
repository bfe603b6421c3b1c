import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CrewData } from '../../src/definition.ts';
import type { Problem } from '../../src/errors.ts';
import { cycleProblems, findCycles } from '../../src/plan/cycles.ts';
import { buildGraph } from '../../src/plan/graph.ts';
import { Task } from '../../src/task.ts';
import { RUNS } from '../sizes.ts';
import { agentNamed, codeTask, crewOf, wiredCrew, wirings } from './crews.ts';

function cyclesIn(crew: CrewData): Problem[] {
  return cycleProblems(buildGraph(crew).graph, crew);
}

test('a cycle is walked in the error, which says what makes each step', () => {
  const agent = agentNamed('Writer');
  const write = new Task({ name: 'write', description: 'Write.', expectedOutput: 'Text.', agent, context: ['review'] });
  const review = new Task({
    name: 'review',
    description: 'Read {{tasks.write.raw}}.',
    expectedOutput: 'Notes.',
    agent,
  });
  expect(cyclesIn(crewOf({ tasks: [codeTask('before'), write, review, codeTask('after', ['review'])] }))).toEqual([
    {
      code: 'GRAPH_CYCLE',
      place: 'crew "newsroom"',
      message:
        'these tasks wait for each other: write → review → write (write has review in its context; review has write in its templates). One of them must stop waiting.',
      path: ['write', 'review', 'write'],
    },
  ]);
});

test('a task that waits for itself is a cycle of one', () => {
  expect(cyclesIn(crewOf({ tasks: [codeTask('a', ['a'])] }))).toEqual([
    {
      code: 'GRAPH_CYCLE',
      place: 'task "a"',
      message: 'it waits for itself: a → a (a has a in its dependsOn).',
      path: ['a', 'a'],
    },
  ]);
  const crew = crewOf({ process: 'sequential', tasks: [codeTask('a'), codeTask('b', ['b'])] });
  expect(cyclesIn(crew).map((problem) => problem.path)).toEqual([['b', 'b']]);
});

test('of several ways round the shortest is shown, and each group of tasks once', () => {
  const crew = crewOf({
    tasks: [
      codeTask('a', ['b']),
      codeTask('b', ['c', 'x']),
      codeTask('c', ['d']),
      codeTask('d', ['a', 'c']),
      codeTask('x', ['y']),
      codeTask('y', ['x']),
    ],
  });
  expect(cyclesIn(crew).map((problem) => problem.path)).toEqual([
    ['c', 'd', 'c'],
    ['x', 'y', 'x'],
  ]);
});

test('the message of a very long cycle is short, its path is whole', () => {
  const size = 100_000;
  const tasks = Array.from({ length: size }, (_, id) => codeTask(`t${id}`, [`t${(id + 1) % size}`]));
  const [problem, ...others] = cyclesIn(crewOf({ tasks }));
  expect(others).toEqual([]);
  expect(problem?.path).toHaveLength(size + 1);
  expect(problem?.message).toBe(
    'these tasks wait for each other: t0 → t1 → t2 → t3 → t4 → t5 → t6 → t7 → t8 → t9 → … 99989 more … → t99999 → t0. One of them must stop waiting.',
  );
});

/** Kahn's algorithm, written the plain way: takes away what waits for nothing until nothing can be taken. */
function hasCycle(waits: readonly (readonly number[])[]): boolean {
  let left = waits.map((list, id) => ({ id, list: new Set(list) }));
  for (;;) {
    const free = new Set(left.filter(({ list }) => list.size === 0).map(({ id }) => id));
    if (free.size === 0) return left.length > 0;
    left = left.filter(({ id }) => !free.has(id));
    for (const { list } of left) for (const id of free) list.delete(id);
  }
}

/** Which tasks each task reaches by waiting, at least one step away. */
function reached(waits: readonly (readonly number[])[]): ReadonlySet<number>[] {
  return waits.map((_, start) => {
    const seen = new Set<number>();
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const next of waits[id] ?? []) {
        if (seen.has(next)) continue;
        seen.add(next);
        open.push(next);
      }
    }
    return seen;
  });
}

test('cycles are found in exactly the graphs where a reference finds one, and each is real (I15)', () => {
  fc.assert(
    fc.property(wirings({ cycles: true }), (wiring) => {
      const crew = wiredCrew(wiring);
      const cycles = findCycles(buildGraph(crew).graph);
      expect(cycles.length > 0).toBe(hasCycle(wiring.waits));
      const reach = reached(wiring.waits);
      const groups = new Set<string>();
      wiring.waits.forEach((_, id) => {
        const group = [...(reach[id] ?? [])].filter((other) => reach[other]?.has(id));
        if (group.length > 0) groups.add(group.sort((a, b) => a - b).join());
      });
      expect(cycles.length).toBe(groups.size);
      for (const cycle of cycles) {
        expect(new Set(cycle).size).toBe(cycle.length);
        cycle.forEach((id, at) => {
          expect(wiring.waits[id]).toContain(cycle[(at + 1) % cycle.length]);
        });
      }
    }),
    { numRuns: RUNS },
  );
});
