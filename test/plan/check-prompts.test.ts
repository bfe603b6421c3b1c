import { expect, test } from 'vitest';
import { Agent } from '../../src/agent.ts';
import type { CrewData } from '../../src/definition.ts';
import { checkCrew } from '../../src/plan/check.ts';
import { Task } from '../../src/task.ts';
import { agentNamed, crewOf } from './crews.ts';

const writer = agentNamed('Writer');
const texts = { description: 'Write.', expectedOutput: 'A text.', agent: writer };
const write = new Task({ ...texts, name: 'write' });

function mistakes(given: Partial<CrewData>): string[] {
  const { problems } = checkCrew(crewOf({ agents: [writer], tasks: [write], ...given }));
  return problems.map(({ code, place, message }) => `${code} ${place}: ${message}`);
}

const without = (place: string, name: string, meant: string) =>
  `OPTION_WITHOUT_EFFECT ${place}: prompt "${name}" has no effect: it replaces no template of Crewline, and nothing uses it as a partial. Did you mean "${meant}"?`;

test('a misspelt prompt name is refused, with the one that was probably meant', () => {
  const agent = new Agent({ role: 'Poet', goal: 'g', backstory: 'b', prompts: { 'final-anwser': 'x' } });
  const prompts = { Task: 'x' };
  const tasks = [write, new Task({ ...texts, name: 'end', prompts }), new Task({ ...texts, name: 'on', agent })];
  expect(mistakes({ agents: [writer, agent], tasks, prompts: { agnet: 'You are {{role}}.' } })).toEqual([
    without('crew "newsroom"', 'agnet', 'agent'),
    without('agent "Poet"', 'final-anwser', 'final-answer'),
    without('task "end"', 'Task', 'task'),
  ]);
});

test('a set that a crew and its agents share is complained about once', () => {
  const prompts = Object.freeze({ agnet: 'x' });
  const agent = new Agent({ role: 'Poet', goal: 'g', backstory: 'b', prompts });
  expect(mistakes({ agents: [writer, agent], prompts })).toHaveLength(1);
});

test('names that something uses as a partial, or that resemble no shipped one, are fine', () => {
  expect(mistakes({ prompts: { 'house-style': 'Short.', 'legal/disclaimer': 'No.', agent: '{{role}}' } })).toEqual([]);
  expect(mistakes({ prompts: { agents: 'We are many.', agent: '{{role}} {{> agents}}' } })).toEqual([]);
  const tasks = [new Task({ ...texts, name: 'write', description: '{{> tasks}}' })];
  expect(mistakes({ tasks, prompts: { tasks: '{{> agents}}', agents: 'All.' } })).toEqual([]);
});
