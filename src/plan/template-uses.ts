import type { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import { readTemplate, type TemplateFacts } from '../prompts/read.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { TaskData } from '../task.ts';
import { withManager } from './with-manager.ts';

/** One text of a crew that is a template, and what it reads. Plain texts are not among them. */
export interface TemplateUse {
  /** `task "write"` or `agent "Editor"`. */
  readonly place: string;
  readonly option: TemplateOption;
  /** The task's id; -1 for an agent's template. */
  readonly task: number;
  readonly facts: TemplateFacts;
}

const TASK_OPTIONS = ['description', 'expectedOutput', 'outputFile'] as const;
const AGENT_OPTIONS = ['role', 'goal', 'backstory'] as const;
export type TemplateOption = (typeof TASK_OPTIONS)[number] | (typeof AGENT_OPTIONS)[number];

/** Reads every template of a crew: of its agents, its manager and its tasks. Handlebars loads only if there is one. */
export function templateUses(crew: CrewData): readonly TemplateUse[] {
  const uses: TemplateUse[] = [];
  const setOf = promptSets(crew);
  for (const agent of withManager(crew)) {
    for (const option of AGENT_OPTIONS) {
      if (!agent[option].includes('{{')) continue;
      uses.push({ place: `agent "${agent.name}"`, option, task: -1, facts: readTemplate(agent[option], setOf(agent)) });
    }
  }
  crew.tasks.forEach((task, id) => {
    for (const option of TASK_OPTIONS) {
      const source = task[option];
      if (source === undefined || !source.includes('{{')) continue;
      const facts = readTemplate(source, setOf(task.agent, task));
      uses.push({ place: `task "${task.name}"`, option, task: id, facts });
    }
  });
  return uses;
}

const NO_PROMPTS: PromptSet = Object.freeze({});

/** The prompts that a task's or an agent's templates may use as partials: its own, its agent's, the crew's, in that
 *  order. One object for the same three, because what is read of a template is remembered by that object. */
function promptSets(crew: CrewData): (agent: Agent | undefined, task?: TaskData) => PromptSet {
  const top = crew.prompts ?? NO_PROMPTS;
  const ofAgents = new Map<PromptSet, PromptSet>();
  const ofTasks = new Map<PromptSet, Map<PromptSet, PromptSet>>();
  const over = (known: Map<PromptSet, PromptSet>, lower: PromptSet, upper: PromptSet | undefined): PromptSet => {
    if (upper === undefined) return lower;
    const set = known.get(upper) ?? Object.freeze({ ...lower, ...upper });
    known.set(upper, set);
    return set;
  };
  return (agent, task) => {
    const lower = over(ofAgents, top, agent?.prompts);
    if (task?.prompts === undefined) return lower;
    const known = ofTasks.get(lower) ?? new Map<PromptSet, PromptSet>();
    ofTasks.set(lower, known);
    return over(known, lower, task.prompts);
  };
}
