import { Crew, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject, messagesOf } from '../serve.ts';
import { pass, timed } from './timed.ts';

const asked = { expectedOutput: 'A line.' } as const;

test('agents work side by side and an instruction that names their results waits for exactly those', async () => {
  const met = bySubject({
    renewables: { text: 'wind is cheap', delayMs: 3_000 },
    vehicles: { text: 'cars go {electric}', delayMs: 5_000 },
    unrelated: { text: 'something else', delayMs: 20_000 },
  });
  const time = await timed(met.respond);
  const { engine, server, model } = time;
  const worker = agent('Worker', { model });
  // Declared before what it reads: the edges are found in the template.
  const merge = new Task({
    name: 'merge',
    description: 'Combine "{{tasks.renewables.raw}}" with "{{tasks.vehicles.raw}}".',
    ...asked,
    agent: worker,
  });
  const task = <const Name extends string>(name: Name) =>
    new Task({ name, description: name, ...asked, agent: worker });
  const crew = new Crew({
    name: 'adk',
    agents: [worker],
    tasks: [merge, task('renewables'), task('vehicles'), task('unrelated')],
    process: 'parallel',
    engine,
  });
  expect(crew.plan().edges.map(({ from, to }) => [from, to])).toEqual([
    ['renewables', 'merge'],
    ['vehicles', 'merge'],
  ]);
  const result = await pass(time, crew.start());
  expect(server.requests.map(({ at }) => at)).toEqual([0, 0, 0, 5_000]);
  const prompt = messagesOf(server, 3)[1]?.content;
  expect(prompt).toContain('Combine "wind is cheap" with "cars go {electric}".');
  expect(prompt).not.toContain('<result');
  expect(result.tasks.merge.raw).toBe('done: Combine "wind is cheap" with "cars go {electric}".');
  expect(server.requests).toHaveLength(4);
});

test('a misspelt result in an instruction is refused before anything runs', () => {
  const worker = agent('Worker', { model: 'offline' });
  const one = new Task({ name: 'renewables', description: 'r', ...asked, agent: worker });
  const merge = new Task({ name: 'merge', description: 'Use {{tasks.renewable.raw}}.', ...asked, agent: worker });
  expect(() => new Crew({ name: 'adk', agents: [worker], tasks: [one, merge] })).toThrow('Did you mean "renewables"?');
});
