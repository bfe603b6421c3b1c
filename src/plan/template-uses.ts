import type { CrewData } from '../definition.ts';
import { readTemplate, type TemplateFacts } from '../prompts/read.ts';
import { promptsOf } from '../prompts/shipped.ts';
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
  for (const agent of withManager(crew)) {
    for (const option of AGENT_OPTIONS) {
      if (!agent[option].includes('{{')) continue;
      const facts = readTemplate(agent[option], promptsOf([agent.prompts, crew.prompts]));
      uses.push({ place: `agent "${agent.name}"`, option, task: -1, facts });
    }
  }
  let id = -1;
  for (const task of crew.tasks) {
    id += 1;
    for (const option of TASK_OPTIONS) {
      const source = task[option];
      if (source === undefined || !source.includes('{{')) continue;
      const facts = readTemplate(source, promptsOf([task.prompts, task.agent?.prompts, crew.prompts]));
      uses.push({ place: `task "${task.name}"`, option, task: id, facts });
    }
  }
  return uses;
}
