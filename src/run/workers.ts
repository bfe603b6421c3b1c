import type { Agent } from '../agent.ts';
import { CrewError } from '../errors.ts';
import { agentKey } from '../plan/agent-key.ts';
import type { TaskData } from '../task-shape.ts';
import type { CompiledCrew } from './compiled-crew.ts';

/** Who works a task that is not done by code: the manager of a hierarchical crew, else the task's agent. */
export function workerOf(crew: CompiledCrew, task: TaskData): Agent {
  if (crew.data.process === 'hierarchical') return crew.manager();
  if (task.agent !== undefined) return task.agent;
  throw new CrewError('AGENT_MISSING', `Task "${task.name}" has no agent.`, { taskName: task.name });
}

/** Whom an agent may delegate to: a manager everyone, or the task's own agent; others whom they allow. */
export function coworkersOf(crew: CompiledCrew, agent: Agent, managed: TaskData | undefined): readonly Agent[] {
  const { agents } = crew.data;
  if (managed !== undefined) return managed.agent === undefined ? agents : [managed.agent];
  const { allowDelegation } = agent;
  if (allowDelegation === false) return [];
  const others = agents.filter((other) => other.name !== agent.name);
  if (allowDelegation === true) return others;
  const allowed = new Set(allowDelegation.map(agentKey));
  return others.filter((other) => allowed.has(agentKey(other.name)));
}
