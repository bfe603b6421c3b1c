import { CrewError } from '../errors.ts';
import type { PromptSet } from '../spec/prompts.ts';
import { readTemplate, type TemplateReference } from './read.ts';
import type { TemplateData } from './render.ts';

/** A template whose variables are inputs of the run. */
export interface PlacedTemplate {
  /** How messages call it: `task "write", description`. */
  readonly place: string;
  readonly source: string;
  /** Where its partials are. */
  readonly set: PromptSet;
  /**
   * For an override of a shipped template: the names it is given. Then inputs are only what it reads as `{{inputs.x}}`.
   * @default none: every variable is an input, but those under `tasks.`
   */
  readonly given?: readonly string[];
}

/** A variable that a template needs and the inputs do not have. */
export interface MissingVariable {
  readonly place: string;
  /** With dots: `customer.name`. */
  readonly name: string;
}

/** Every input that is missing, in all templates. `undefined` and null count as missing; only own properties count. */
export function missingVariables(
  templates: readonly PlacedTemplate[],
  inputs: TemplateData,
): readonly MissingVariable[] {
  const missing = new Map<string, MissingVariable>();
  for (const { place, source, set, given } of templates) {
    for (const reference of readTemplate(source, set).references) {
      const input = inputOf(reference, given);
      if (input === undefined || !isMissing(input, inputs)) continue;
      const name = input.path.join('.');
      missing.set(JSON.stringify([place, name]), { place, name });
    }
  }
  return [...missing.values()];
}

/** A reference as a path into the inputs; nothing when it is none of theirs. */
function inputOf(reference: TemplateReference, given: readonly string[] | undefined): TemplateReference | undefined {
  const [first] = reference.path;
  if (first === 'inputs') return reference.path.length === 1 ? undefined : belowInputs(reference);
  return given !== undefined || first === 'tasks' ? undefined : reference;
}

/** `{{inputs.topic}}` is the input `topic`, in every template. */
export function belowInputs({ path, guarded, guard }: TemplateReference): TemplateReference {
  return { path: path.slice(1), guarded, ...(guard && { guard: guard.slice(1) }) };
}

function isMissing({ path, guarded, guard }: TemplateReference, inputs: TemplateData): boolean {
  if (!guarded) return valueAt(path, inputs) === undefined;
  // Inside {{#if customer}}, {{customer.name}} is needed as soon as there is a customer.
  return guard !== undefined && isTrue(valueAt(guard, inputs)) && valueAt(path, inputs) === undefined;
}

function valueAt(path: readonly string[], inputs: TemplateData): unknown {
  let value: unknown = inputs;
  for (const key of path) {
    const owner: object = Object(value);
    value = Object.hasOwn(owner, key) ? Reflect.get(owner, key) : undefined;
    if (value === undefined || value === null) return undefined;
  }
  return value;
}

/** As `{{#if}}` sees it: an empty list is not true. */
function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

/** One error for everything that is missing; nothing when nothing is. */
export function missingVariablesError(missing: readonly MissingVariable[]): CrewError | undefined {
  const first = missing[0];
  if (first === undefined) return undefined;
  const names = [...new Set(missing.map(({ name }) => name))];
  const inputs = [...new Set(names.map((name) => name.split('.')[0]))];
  const how = `Pass ${names.length === 1 ? 'it' : 'them'} as kickoff({ inputs: { ${inputs.map((name) => `${name}: …`).join(', ')} } })`;
  const advice = `${how}, or write {{#if ${first.name}}}…{{/if}} around what may be left out.`;
  if (names.length === 1 && missing.length === 1) {
    return new CrewError('TEMPLATE', `${first.place}: {{${first.name}}} has no value. ${advice}`);
  }
  const lines = [...new Set(missing.map(({ place }) => place))].map((place) => {
    const here = missing.filter((entry) => entry.place === place).map(({ name }) => `{{${name}}}`);
    return `- ${place}: ${here.join(', ')}`;
  });
  const what = names.length === 1 ? '1 variable has no value' : `${names.length} variables have no value`;
  return new CrewError('TEMPLATE', `${what}:\n${lines.join('\n')}\n${advice}`);
}
