import { Agent, Crew, Task, tool } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';

/** Everything that can be reached from a noun by its own fields, functions and schemas aside. */
function reachable(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== 'object' || value === null || found.has(value) || '~standard' in value) return found;
  found.add(value);
  for (const inner of Object.values(value)) reachable(inner, found);
  return found;
}

function nouns() {
  const look = tool({
    name: 'look',
    description: 'Looks.',
    input: z.object({ at: z.string() }),
    execute: () => 'seen',
  });
  const settings = { temperature: 0, stop: ['END'], providerOptions: { user: { id: 1 } } };
  const prompts = { task: '{{description}}' };
  const lists = { tools: [look], context: ['first'], agents: ['Other'] };
  const worker = new Agent({
    role: 'Worker',
    goal: 'g',
    backstory: 'b',
    model: 'offline',
    tools: lists.tools,
    settings,
    prompts,
    allowDelegation: lists.agents,
  });
  const other = new Agent({ role: 'Other', goal: 'g', backstory: 'b', model: 'offline' });
  const first = new Task({ name: 'first', description: 'd', expectedOutput: 'e', agent: worker });
  const second = new Task({
    name: 'second',
    description: 'd',
    expectedOutput: 'e',
    agent: worker,
    context: lists.context,
    output: z.object({ a: z.array(z.string()) }),
    tools: lists.tools,
    guardrails: ['good'],
  });
  const crew = new Crew({ name: 'frozen', agents: [worker, other], tasks: [first, second], prompts });
  return { look, worker, first, second, crew, settings, prompts, lists };
}

test.each(['look', 'worker', 'first', 'second', 'crew'] as const)('%s is frozen, and so is all it holds', (name) => {
  const loose = [...reachable(nouns()[name])].filter((value) => !Object.isFrozen(value));
  expect(loose).toEqual([]);
});

test('changing what a noun was made from changes nothing', () => {
  const { worker, second, crew, settings, prompts, lists } = nouns();
  const before = JSON.stringify([worker, second, crew.tasks]);
  settings.temperature = 2;
  settings.stop.push('NO');
  settings.providerOptions.user.id = 2;
  prompts.task = 'changed';
  lists.tools.length = 0;
  lists.context.push('nobody');
  lists.agents.push('Worker');
  expect(JSON.stringify([worker, second, crew.tasks])).toBe(before);
  expect(crew.renderPrompt('first').at(-1)?.content).toBe('d');
});

test('a plan is frozen, too', () => {
  const plan = nouns().crew.plan();
  expect([...reachable(plan)].filter((value) => !Object.isFrozen(value))).toEqual([]);
});
