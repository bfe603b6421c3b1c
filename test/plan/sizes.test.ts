import { expect, test } from 'vitest';
import type { CrewData } from '../../src/definition.ts';
import { checkCrew } from '../../src/plan/check.ts';
import { planOf } from '../../src/plan/plan.ts';
import { codeTask, crewOf } from './crews.ts';

const SIZE = 100_000;
const LAYER = 100;

function big(waits: (id: number) => readonly string[]): CrewData {
  return crewOf({ tasks: Array.from({ length: SIZE }, (_, id) => codeTask(`t${id}`, waits(id))) });
}

const shapes = {
  wide: () => big((id) => (id < SIZE - 1 ? [] : Array.from({ length: SIZE - 1 }, (_, other) => `t${other}`))),
  layered: () =>
    big((id) => (id < LAYER ? [] : [7, 31, 62].map((step) => `t${id - LAYER - (id % LAYER) + ((id + step) % LAYER)}`))),
  chain: () => big((id) => (id === 0 ? [] : [`t${id - 1}`])),
};

test.each([
  { shape: 'wide' as const, layers: 2, width: SIZE - 1 },
  { shape: 'layered' as const, layers: SIZE / LAYER, width: LAYER },
  { shape: 'chain' as const, layers: SIZE, width: 1 },
])('100,000 tasks, $shape, are checked and planned without recursion', ({ shape, layers, width }) => {
  const crew = shapes[shape]();
  const { graph, problems } = checkCrew(crew);
  expect(problems).toEqual([]);
  const plan = planOf(graph, crew);
  expect(plan.layers).toHaveLength(layers);
  expect(plan.width).toBe(width);
  expect(plan.criticalPath.length).toBe(layers);
});

test('a sequential crew of 100,000 tasks keeps no lists of what each one reads', () => {
  const crew = { ...big(() => []), process: 'sequential' as const };
  const { graph, problems } = checkCrew(crew);
  expect(problems).toEqual([]);
  expect(graph.targets.length).toBe(SIZE - 1);
  expect(graph.readsEarlier(SIZE - 1)).toBe(true);
});
