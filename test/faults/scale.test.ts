import { Crew, Task } from 'crewline';
import { expect, test } from 'vitest';

test('ten thousand tasks and a join of a thousand are worked', async () => {
  const first = new Task({ name: 'first', execute: () => 0 });
  const wide = Array.from(
    { length: 1_000 },
    (_, at) => new Task({ name: `wide-${at}`, context: ['first'], execute: () => at }),
  );
  const join = new Task({
    name: 'join',
    context: wide.map(({ name }) => name),
    execute: ({ context }) => Object.keys(context).length,
  });
  // Each after the one before: recursion over them would overflow the stack.
  const chain = Array.from(
    { length: 8_998 },
    (_, at) => new Task({ name: `chain-${at}`, dependsOn: [at === 0 ? 'join' : `chain-${at - 1}`], execute: () => at }),
  );
  const tasks: Task[] = [first, ...wide, join, ...chain];
  const result = await new Crew({ name: 'large', tasks, process: 'parallel' }).kickoff();
  expect(Object.keys(result.tasks)).toHaveLength(10_000);
  expect(Object.values(result.tasks).filter(({ status }) => status !== 'done')).toEqual([]);
  expect(result.tasks['join']?.output).toBe(1_000);
});
