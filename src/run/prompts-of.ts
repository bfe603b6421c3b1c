import type { Agent } from '../agent.ts';
import { renderShipped, type ShippedName, type ShippedVariables, promptsOf as setOf } from '../prompts/shipped.ts';
import type { JsonObject } from '../spec/json.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { TaskData } from '../task-shape.ts';
import type { CompiledCrew } from './compiled-crew.ts';

/** The templates that hold where one agent works one task: the task's, the agent's, the crew's, then the shipped ones. */
export interface Prompts {
  /** All of them, for the partials of a user's own templates. */
  readonly set: PromptSet;
  /** Renders a shipped template, or what replaces it. */
  render<Name extends ShippedName>(name: Name, variables: ShippedVariables<Name>, inputs: JsonObject): string;
}

const made = new WeakMap<CompiledCrew, Map<Agent | undefined, Prompts>>();

/** For an agent's own texts, which belong to no task. */
export const NO_TASK: Pick<TaskData, 'prompts'> = Object.freeze({ prompts: undefined });

/** Tasks without templates of their own share what holds for their agent. */
export function promptsOf(crew: CompiledCrew, task: Pick<TaskData, 'prompts'>, agent: Agent | undefined): Prompts {
  if (task.prompts !== undefined) return makePrompts([task.prompts, agent?.prompts, crew.data.prompts]);
  let ofAgents = made.get(crew);
  if (ofAgents === undefined) {
    ofAgents = new Map();
    made.set(crew, ofAgents);
  }
  let prompts = ofAgents.get(agent);
  if (prompts === undefined) {
    prompts = makePrompts([agent?.prompts, crew.data.prompts]);
    ofAgents.set(agent, prompts);
  }
  return prompts;
}

function makePrompts(layers: readonly (PromptSet | undefined)[]): Prompts {
  return {
    set: setOf(layers),
    render: (name, variables, inputs) => renderShipped(name, variables, { layers, inputs }),
  };
}
