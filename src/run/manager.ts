import { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import { agentKey } from '../plan/agent-key.ts';
import { promptsOf } from '../prompts/shipped.ts';

/** The manager of a hierarchical crew: the one given, or one made from the templates when it is first needed. */
export function madeManager(crew: CrewData): () => Agent {
  let manager = crew.manager;
  return () => {
    manager ??= makeManager(crew);
    return manager;
  };
}

/** Its role, goal and backstory are templates as any agent's are, so they are taken as they stand. */
function makeManager(crew: CrewData): Agent {
  const set = promptsOf([crew.prompts]);
  const text = (name: string): string => set[name] ?? name;
  return new Agent({
    name: freeName(crew),
    role: text('manager-role'),
    goal: text('manager-goal'),
    backstory: text('manager-backstory'),
  });
}

function freeName(crew: CrewData): string {
  const taken = new Set(crew.agents.map((agent) => agentKey(agent.name)));
  let name = 'Manager';
  while (taken.has(agentKey(name))) name = `Crew ${name}`;
  return name;
}
