import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { checkOverrides, resembledBy } from '../prompts/overrides.ts';
import { readTemplate } from '../prompts/read.ts';
import { type PromptLayers, promptsOf } from '../prompts/shipped.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { TemplateUse } from './template-uses.ts';
import { withManager } from './with-manager.ts';

/** What a crew, one of its agents or one of its tasks replaces. */
interface PlacedSet {
  readonly own: PromptSet;
  readonly place: string;
  readonly layers: PromptLayers;
}

/** What is wrong in the prompts that a crew, its agents and its tasks replace. A set that several share is read once. */
export function checkPrompts(crew: CrewData, uses: readonly TemplateUse[]): Problem[] {
  const sets = placedSets(crew);
  if (sets.length === 0) return [];
  const problems = sets.flatMap(({ own, place, layers }) => checkOverrides(own, place, layers));
  return [...problems, ...checkNames(sets, uses)];
}

function placedSets(crew: CrewData): readonly PlacedSet[] {
  const sets = new Map<PromptSet, PlacedSet>();
  const add = (place: string, own: PromptSet | undefined, under: PromptLayers): void => {
    if (own === undefined) return;
    const layers = [own, ...under];
    const all = promptsOf(layers);
    if (!sets.has(all)) sets.set(all, { own, place, layers });
  };
  add(`crew "${crew.name}"`, crew.prompts, []);
  for (const { name, prompts } of withManager(crew)) add(`agent "${name}"`, prompts, [crew.prompts]);
  for (const { name, agent, prompts } of crew.tasks) {
    if (prompts !== undefined) add(`task "${name}"`, prompts, [agent?.prompts, crew.prompts]);
  }
  return [...sets.values()];
}

/** Names that replace nothing and that nothing uses, but that look like a shipped one. Others may be another crew's. */
function checkNames(sets: readonly PlacedSet[], uses: readonly TemplateUse[]): Problem[] {
  const problems: Problem[] = [];
  const meant = new Map<string, string | undefined>();
  const checked = new Set<PromptSet>();
  let used: ReadonlySet<string> | undefined;
  for (const { own, place } of sets) {
    if (checked.has(own)) continue;
    checked.add(own);
    for (const name of Object.keys(own)) {
      if (!meant.has(name)) meant.set(name, resembledBy(name));
      const shipped = meant.get(name);
      if (shipped === undefined) continue;
      used ??= partialsIn(sets, uses);
      if (used.has(name)) continue;
      const message = `prompt "${name}" has no effect: it replaces no template of Crewline, and nothing uses it as a partial. Did you mean "${shipped}"?`;
      problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
    }
  }
  return problems;
}

function partialsIn(sets: readonly PlacedSet[], uses: readonly TemplateUse[]): ReadonlySet<string> {
  const used = new Set(uses.flatMap(({ facts }) => facts.partials));
  for (const { own, layers } of sets) {
    const all = promptsOf(layers);
    for (const source of Object.values(own)) for (const name of readTemplate(source, all).partials) used.add(name);
  }
  return used;
}
