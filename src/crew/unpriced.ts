import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { hasAgentTask } from '../plan/has-agent-task.ts';
import type { ModelPrice } from '../spec/limits.ts';
import type { TaskData } from '../task-shape.ts';
import type { CrewModels } from './models-of.ts';

/** A budget in money that could not be kept, because a model it would have to pay has no price. */
export function unpriced(
  crew: CrewData,
  models: CrewModels,
  priceOf: (model: string) => ModelPrice | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  const say = (place: string, payees: readonly (Agent | undefined)[]) => {
    const names = new Set(payees.flatMap((agent) => models.namesOf(agent)));
    const unknown = [...names].filter((name) => priceOf(name) === undefined);
    if (unknown.length > 0) problems.push({ code: 'PRICE_UNKNOWN', place, message: messageFor(unknown) });
  };
  if (crew.budget?.costUsd !== undefined) {
    say(`crew "${crew.name}", budget`, hasAgentTask(crew) ? everybody(crew) : []);
    return problems;
  }
  for (const task of crew.tasks) {
    if (task.budget?.costUsd !== undefined) say(`task "${task.name}", budget`, workersOf(crew, task));
  }
  return problems;
}

/** All whose calls a run may have to pay. A manager without a model of its own, or none at all, has the crew's. */
function everybody(crew: CrewData): readonly (Agent | undefined)[] {
  return crew.process === 'hierarchical' ? [...crew.agents, crew.manager] : crew.agents;
}

/** All whose calls a task may have to pay: whoever may be given a part of it, too. */
function workersOf(crew: CrewData, { agent }: TaskData): readonly (Agent | undefined)[] {
  return crew.process === 'hierarchical' || agent?.allowDelegation !== false ? everybody(crew) : [agent];
}

function messageFor(unknown: readonly string[]): string {
  const names = unknown.map((name) => `"${name}"`).join(', ');
  const [first = ''] = unknown;
  const entry = `prices: { ${JSON.stringify(first)}: { input: 0.25, cachedInput: 0.025, output: 2 } }`;
  return `costUsd needs a price for every model, and there is none for ${names}. Give it to the crew, in US dollars for a million tokens, such as ${entry}; or bound tokens instead.`;
}
