import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';

/** The agents of a crew and its manager, each once. */
export function withManager(crew: CrewData): ReadonlySet<Agent> {
  return new Set(crew.manager === undefined ? crew.agents : [...crew.agents, crew.manager]);
}
