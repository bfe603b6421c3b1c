import type { Agent } from '../agent.ts';
import { readTemplate } from '../prompts/read.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { TaskData } from '../task-shape.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { partsOf } from './definition-of.ts';
import { NO_TASK, promptsOf } from './prompts-of.ts';
import { coworkersOf, workerOf } from './workers.ts';

/** What one task is, apart from what it reads. */
export interface TaskFacts {
  /** The same text for the same task, worked by the same agents. */
  readonly definition: string;
  /** Names of the inputs that it can see, sorted; undefined for all of them. */
  readonly inputs: readonly string[] | undefined;
}

const known = new WeakMap<CompiledCrew, Map<number, TaskFacts>>();

/** Worked out once for all runs of a crew. */
export function factsOf(crew: CompiledCrew, id: number): TaskFacts {
  let facts = known.get(crew);
  if (facts === undefined) {
    facts = new Map();
    known.set(crew, facts);
  }
  let found = facts.get(id);
  if (found === undefined) {
    found = makeFacts(crew, id);
    facts.set(id, found);
  }
  return found;
}

const NOTHING: TaskFacts = Object.freeze({ definition: '', inputs: undefined });

function makeFacts(crew: CompiledCrew, id: number): TaskFacts {
  const task = crew.graph.tasks[id];
  if (task === undefined) return NOTHING;
  const { data } = crew;
  const agents = task.execute === undefined ? agentsOf(crew, task) : [];
  const definition = JSON.stringify([
    partsOf(task),
    agents.map((agent) => [agent.name, partsOf(agent), crew.modelOf(agent).name]),
    agents.length === 0 && task.outputFile === undefined ? null : [data.prompts, data.approvals],
    data.process === 'hierarchical',
  ]);
  return { definition, inputs: seesAll(task, agents) ? undefined : inputsSeen(crew, task, agents) };
}

/** Who works a task, and all whom it may reach by delegation. */
function agentsOf(crew: CompiledCrew, task: TaskData): readonly Agent[] {
  const first = workerOf(crew, task);
  const agents = new Set([first]);
  const managed = crew.data.process === 'hierarchical' ? task : undefined;
  for (const agent of agents) {
    for (const other of coworkersOf(crew, agent, agent === first ? managed : undefined)) agents.add(other);
  }
  return [...agents];
}

/** Functions are given all inputs, and what they look at is not seen. */
function seesAll(task: TaskData, agents: readonly Agent[]): boolean {
  if (task.execute !== undefined || task.when !== undefined) return true;
  if (task.guardrails.some((guardrail) => typeof guardrail === 'function')) return true;
  return task.tools.length > 0 || agents.some((agent) => agent.tools.length > 0);
}

/** The inputs that templates name; undefined when one of them prints all. */
function inputsSeen(crew: CompiledCrew, task: TaskData, agents: readonly Agent[]): readonly string[] | undefined {
  const seen = new Set<string>();
  let all = false;
  const read = (source: string | undefined, set: PromptSet) => {
    for (const { path } of readTemplate(source ?? '', set).references) {
      const [root = '', name] = path;
      if (root !== 'inputs') seen.add(root);
      else if (name === undefined) all = true;
      else seen.add(name);
    }
  };
  for (const agent of agents) {
    const own = promptsOf(crew, NO_TASK, agent).set;
    for (const source of [agent.role, agent.goal, agent.backstory]) read(source, own);
    const { set } = promptsOf(crew, task, agent);
    for (const source of [task.description, task.expectedOutput, task.outputFile]) read(source, set);
    for (const layer of [task.prompts, agent.prompts, crew.data.prompts]) {
      for (const source of Object.values(layer ?? {})) read(source, set);
    }
  }
  return all ? undefined : [...seen].sort();
}
