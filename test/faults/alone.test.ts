import { expect, test } from 'vitest';
import { FAULTS } from './catalogue.ts';
import { brokenPromises, otherThan } from './ending.ts';
import { live, World } from './world.ts';

test('a crew that nothing happens to is done, and keeps every promise', async () => {
  const ended = await live(new World());
  expect(brokenPromises(ended)).toEqual([]);
  expect(ended.result).toMatchObject({ status: 'done', output: { verdict: 'good' }, usage: { modelCalls: 4 } });
});

test.each(FAULTS.map((fault) => [fault.id, fault.title, fault] as const))(
  '%s: %s: it ends as it has to, and every promise is kept',
  async (_, __, { inject, ends }) => {
    const world = new World();
    inject(world);
    const ended = await live(world);
    expect(brokenPromises(ended)).toEqual([]);
    expect(otherThan(ends, ended)).toBeUndefined();
  },
);
