import type { Agent } from '../agent.ts';
import { withManager } from '../plan/with-manager.ts';
import { missingVariables, missingVariablesError, type PlacedTemplate } from '../prompts/missing.ts';
import { overridesIn } from '../prompts/overrides.ts';
import type { JsonObject } from '../spec/json.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { NO_TASK, promptsOf } from './prompts-of.ts';

const found = new WeakMap<CompiledCrew, readonly PlacedTemplate[]>();

/** @throws {CrewError} `TEMPLATE` naming every variable of every template that the inputs do not have. */
export function refuseMissing(crew: CompiledCrew, inputs: JsonObject): void {
  let templates = found.get(crew);
  if (templates === undefined) {
    templates = templatesOf(crew);
    found.set(crew, templates);
  }
  if (templates.length === 0) return;
  const error = missingVariablesError(missingVariables(templates, inputs));
  if (error !== undefined) throw error;
}

/** Every text of a crew that inputs may go into, overrides of shipped templates included. */
function templatesOf(crew: CompiledCrew): readonly PlacedTemplate[] {
  const { data } = crew;
  const templates: PlacedTemplate[] = [];
  const overrides = (set: PromptSet | undefined, place: string, layers: readonly (PromptSet | undefined)[]) => {
    if (set !== undefined) templates.push(...overridesIn(set, place, layers));
  };
  overrides(data.prompts, `crew "${data.name}"`, [data.prompts]);
  for (const agent of withManager(data))
    overrides(agent.prompts, `agent "${agent.name}"`, [agent.prompts, data.prompts]);
  for (const task of data.tasks) {
    const worker = task.execute === undefined ? task.agent : undefined;
    if (task.prompts !== undefined)
      overrides(task.prompts, `task "${task.name}"`, [task.prompts, worker?.prompts, data.prompts]);
    for (const option of ['description', 'expectedOutput', 'outputFile'] as const) {
      const source = task[option];
      if (source?.includes('{{') !== true) continue;
      templates.push({ place: `task "${task.name}", ${option}`, source, set: promptsOf(crew, task, worker).set });
    }
  }
  for (const agent of withManager(data)) templates.push(...ofAgent(crew, agent));
  return templates;
}

function ofAgent(crew: CompiledCrew, agent: Agent): PlacedTemplate[] {
  const templates: PlacedTemplate[] = [];
  for (const option of ['role', 'goal', 'backstory'] as const) {
    const source = agent[option];
    if (!source.includes('{{')) continue;
    templates.push({ place: `agent "${agent.name}", ${option}`, source, set: promptsOf(crew, NO_TASK, agent).set });
  }
  return templates;
}
