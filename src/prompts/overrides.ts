import type { Problem } from '../errors.ts';
import { closest } from '../internal/suggest.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { PlacedTemplate } from './missing.ts';
import { readTemplate, type TemplateReference } from './read.ts';
import { type PromptLayers, promptsOf, SHIPPED } from './shipped.ts';

type Variables = Readonly<Record<string, string>>;

const CATALOGUE: Readonly<Record<string, Variables>> = SHIPPED;

function variablesOf(name: string): Variables | undefined {
  return Object.hasOwn(CATALOGUE, name) ? CATALOGUE[name] : undefined;
}

/** The shipped template whose name this one resembles without being one: most likely the one that was meant. */
export function resembledBy(name: string): string | undefined {
  return Object.hasOwn(CATALOGUE, name) ? undefined : closest(name, Object.keys(CATALOGUE));
}

/**
 * What is wrong in the templates of one set: syntax, helpers, partials that nobody has, and, where one replaces a shipped
 * template, variables that this one does not have. `layers` are the sets its partials may come from, the set itself first.
 */
export function checkOverrides(set: PromptSet, place: string, layers: PromptLayers = [set]): Problem[] {
  const problems: Problem[] = [];
  const all = promptsOf(layers);
  for (const [name, source] of Object.entries(set)) {
    const facts = readTemplate(source, all);
    const say = (message: string) =>
      problems.push({ code: 'TEMPLATE', place, message: `prompt "${name}": ${message}` });
    for (const problem of facts.problems) say(problem);
    const variables = variablesOf(name);
    if (variables === undefined) continue;
    for (const message of new Set(facts.references.map((reference) => wrongWith(reference, variables)))) {
      if (message !== undefined) say(message);
    }
  }
  return problems;
}

function wrongWith({ path, guarded }: TemplateReference, variables: Variables): string | undefined {
  const [name = '', field] = path;
  if (name === 'inputs') return undefined;
  const kind = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (kind === undefined) {
    const names = [...Object.keys(variables), 'inputs'];
    const meant = closest(name, names);
    const hint = meant === undefined ? '' : ` Did you mean "${meant}"?`;
    return `there is no variable {{${path.join('.')}}} here.${hint} It has: ${names.join(', ')}; an input is {{inputs.${name}}}.`;
  }
  if (field !== undefined && /^(text|flag|number)\b/.test(kind)) {
    return `{{${path.join('.')}}}: ${name} is a ${kind.replace('?', '')}, so it has no ${field}.`;
  }
  if (kind.endsWith('?') && !guarded) {
    return `{{${name}}} is not always there; write {{#if ${name}}}…{{/if}} around it.`;
  }
  return undefined;
}

/** The templates of one set that replace shipped ones, for `missingVariables`: they may read `{{inputs.x}}`. */
export function overridesIn(set: PromptSet, place: string, layers: PromptLayers = [set]): PlacedTemplate[] {
  const all = promptsOf(layers);
  return Object.entries(set).flatMap(([name, source]) => {
    const variables = variablesOf(name);
    if (variables === undefined) return [];
    return [{ place: `${place}, prompt "${name}"`, source, set: all, given: Object.keys(variables) }];
  });
}
