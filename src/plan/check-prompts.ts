import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { checkOverrides } from '../prompts/overrides.ts';
import { type PromptLayers, promptsOf } from '../prompts/shipped.ts';
import type { PromptSet } from '../spec/prompts.ts';
import { withManager } from './with-manager.ts';

/** What is wrong in the prompts that a crew, its agents and its tasks replace. A set that several share is read once. */
export function checkPrompts(crew: CrewData): Problem[] {
  const problems: Problem[] = [];
  const checked = new Set<PromptSet>();
  const check = (place: string, layers: PromptLayers): void => {
    const [own] = layers;
    if (own === undefined) return;
    const all = promptsOf(layers);
    if (checked.has(all)) return;
    checked.add(all);
    problems.push(...checkOverrides(own, place, layers));
  };
  check(`crew "${crew.name}"`, [crew.prompts]);
  for (const agent of withManager(crew)) check(`agent "${agent.name}"`, [agent.prompts, crew.prompts]);
  for (const { name, agent, prompts } of crew.tasks) {
    if (prompts !== undefined) check(`task "${name}"`, [prompts, agent?.prompts, crew.prompts]);
  }
  return problems;
}
