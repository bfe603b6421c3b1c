import { expect, test } from 'vitest';
import { inMemory } from '../../src/engines/memory.ts';
import { engineCases } from '../../src/testing/engine-conformance.ts';

test.each(engineCases.map(({ name, run }) => [name, run] as const))('in memory: %s', (_, run) =>
  run((runtime) => inMemory({ runtime })),
);

test('the cases of the engine seam have names of their own', () => {
  expect(new Set(engineCases.map(({ name }) => name)).size).toBe(engineCases.length);
});
