import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { agentKey } from './agent-key.ts';
import type { Hint } from './hints.ts';
import { withManager } from './with-manager.ts';

/** What is wrong with who works: agents of one name, agents that tasks or other agents name but the crew lacks, the manager. */
export function checkAgents(crew: CrewData, hint: Hint): Problem[] {
  const problems: Problem[] = [];
  const byKey = new Map<string, Agent>();
  for (const agent of crew.agents) {
    const key = agentKey(agent.name);
    const other = byKey.get(key);
    if (other === undefined) byKey.set(key, agent);
    else problems.push(duplicate(agent, other));
  }
  const roster: Roster = { crew, byKey, names: new Set(crew.agents.map((agent) => agent.name)), hint };
  checkManager(roster, problems);
  checkAgentsOfTasks(roster, problems);
  for (const agent of withManager(crew)) checkCoworkers(agent, roster, problems);
  return problems;
}

interface Roster {
  readonly crew: CrewData;
  readonly byKey: ReadonlyMap<string, Agent>;
  readonly names: ReadonlySet<string>;
  readonly hint: Hint;
}

const placeOf = (agent: Agent): string => `agent "${agent.name}"`;

function duplicate(agent: Agent, other: Agent): Problem {
  const place = placeOf(agent);
  if (agent === other) return { code: 'NAME_DUPLICATE', place, message: 'it is listed twice in agents.' };
  const same =
    agent.name === other.name ? 'the crew has another agent of this name' : `"${other.name}" is the same name`;
  return {
    code: 'NAME_DUPLICATE',
    place,
    message: `${same} (case and spaces do not count); give one of them a name of its own.`,
  };
}

function checkManager({ crew, byKey }: Roster, problems: Problem[]): void {
  const { manager } = crew;
  const place = `crew "${crew.name}"`;
  if (crew.process !== 'hierarchical') {
    if (manager !== undefined) {
      const message = `manager has no effect in a ${crew.process} crew; set process: 'hierarchical' or leave it out.`;
      problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
    }
    return;
  }
  if (crew.agents.length === 0) {
    const message = 'agents is empty: in a hierarchical crew the manager needs at least one agent to delegate to.';
    problems.push({ code: 'AGENT_MISSING', place, message });
  }
  if (manager === undefined) return;
  const other = byKey.get(agentKey(manager.name));
  if (crew.agents.includes(manager)) {
    const message = `the manager "${manager.name}" is also in agents; it cannot be its own coworker, so take it out of agents.`;
    problems.push({ code: 'OPTION_INVALID', place, message });
  } else if (other !== undefined) {
    problems.push({
      code: 'NAME_DUPLICATE',
      place: placeOf(manager),
      message: `the manager has the name of the agent "${other.name}"; give one of them a name of its own.`,
    });
  }
}

function checkAgentsOfTasks(roster: Roster, problems: Problem[]): void {
  const { crew } = roster;
  const members: ReadonlySet<Agent> = new Set(crew.agents);
  for (const { name, agent, execute } of crew.tasks) {
    if (agent !== undefined ? members.has(agent) : execute !== undefined || crew.process === 'hierarchical') continue;
    const place = `task "${name}"`;
    if (agent === undefined) {
      const message = `agent is missing: in a ${crew.process} crew each task names its agent, or has execute.`;
      problems.push({ code: 'AGENT_MISSING', place, message });
    } else problems.push({ code: 'AGENT_UNKNOWN', place, message: unknownAgent(agent, roster) });
  }
}

function unknownAgent(agent: Agent, { crew, byKey, names, hint }: Roster): string {
  if (agent === crew.manager) {
    return `its agent "${agent.name}" is the manager, who delegates every task; leave agent out, or name a coworker.`;
  }
  if (byKey.has(agentKey(agent.name))) {
    return `its agent "${agent.name}" is another object than the crew's agent of that name; use one object for both.`;
  }
  return `its agent "${agent.name}" is not in the crew's agents.${hint(agent.name, names)}`;
}

function checkCoworkers(agent: Agent, { byKey, names, hint }: Roster, problems: Problem[]): void {
  if (typeof agent.allowDelegation === 'boolean') return;
  const place = placeOf(agent);
  for (const name of agent.allowDelegation) {
    const key = agentKey(name);
    if (key === agentKey(agent.name)) {
      problems.push({ code: 'OPTION_INVALID', place, message: 'allowDelegation names the agent itself.' });
    } else if (!byKey.has(key)) {
      const message = `allowDelegation names "${name}", which is not in the crew's agents.${hint(name, names)}`;
      problems.push({ code: 'AGENT_UNKNOWN', place, message });
    }
  }
}
