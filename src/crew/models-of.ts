import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import { CrewError, type Problem } from '../errors.ts';
import type { ThroughModels } from '../internal/through-models.ts';
import { offline } from '../models/offline.ts';
import { openai } from '../models/openai.ts';
import { hasAgentTask } from '../plan/has-agent-task.ts';
import type { Model } from '../spec/model.ts';

/** Which model each agent of a crew works with, and which agents have none. */
export interface CrewModels {
  readonly problems: readonly Problem[];
  modelOf(agent: Agent): Model;
  /** The names that calls of this agent are counted under: several where its model is made of others. */
  namesOf(agent: Agent | undefined): readonly string[];
}

/**
 * An agent's own model comes first, then the crew's, then the one that the environment names; each called by way of
 * `through`.
 */
export function modelsOf(crew: CrewData, through: ThroughModels = (model) => model): CrewModels {
  const choose = (agent: Agent | undefined): Model | string | undefined =>
    agent?.model ?? crew.model ?? (process.env['CREWLINE_MODEL'] || undefined);
  return {
    problems: missing(crew, choose),
    modelOf(agent) {
      const model = choose(agent);
      if (model === undefined) throw new CrewError('MODEL_MISSING', `Agent "${agent.name}" has no model. ${ADVICE}`);
      return through(typeof model === 'string' ? named(model) : model);
    },
    namesOf(agent) {
      const model = choose(agent);
      return model === undefined ? [] : typeof model === 'string' ? [model] : routeNames(model);
    },
  };
}

/** A model made of others makes no calls itself. Routes may be nested. */
function routeNames({ name, route }: Model): readonly string[] {
  if (route === undefined) return [name];
  return (route.kind === 'fallback' ? route.models : [route.model]).flatMap(routeNames);
}

const byName = new Map<string, Model>();

/** One object for one name and one provider, in all crews: who shares a model shares its connections and its limits. */
function named(name: string): Model {
  const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
  const key = JSON.stringify([name, OPENAI_BASE_URL, OPENAI_API_KEY]);
  const known = byName.get(key) ?? (name === 'offline' ? offline() : openai({ model: name }));
  byName.set(key, known);
  return known;
}

const ADVICE =
  "Give `model` to it or to the crew, such as 'gpt-5-mini' or offline(), or set CREWLINE_MODEL in the environment.";

function missing(crew: CrewData, choose: (agent: Agent | undefined) => Model | string | undefined): Problem[] {
  if (!hasAgentTask(crew)) return [];
  const problems: Problem[] = [];
  for (const agent of crew.agents) {
    if (choose(agent) !== undefined) continue;
    problems.push({ code: 'MODEL_MISSING', place: `agent "${agent.name}"`, message: `it has no model. ${ADVICE}` });
  }
  if (crew.process === 'hierarchical' && choose(crew.manager) === undefined) {
    const message = `the manager of a hierarchical crew has no model. ${ADVICE}`;
    problems.push({ code: 'MODEL_MISSING', place: `crew "${crew.name}"`, message });
  }
  return problems;
}
