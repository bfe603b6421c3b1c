import { CrewError } from '../errors.ts';
import { filePath, packageFolder } from '../internal/lazy.ts';
import type { JsonObject } from '../spec/json.ts';
import type { PromptSet } from '../spec/prompts.ts';
import { loadPrompts } from './load.ts';
import { renderNamed } from './render.ts';

/** A coworker as prompts describe it. */
export interface CoworkerText {
  readonly name: string;
  readonly role: string;
  readonly goal: string;
  /** Names of its tools. */
  readonly tools: readonly string[];
}

/** The output of another task, as a block of context. */
export interface ContextText {
  /** The task's name. */
  readonly name: string;
  readonly text: string;
  /** What both of its tags carry, and it cannot hold. */
  readonly mark: string;
}

/** What a variable of a shipped template can be. With `?` it may be absent. */
interface Kinds {
  readonly text: string;
  readonly flag: boolean;
  readonly number: number;
  readonly texts: readonly string[];
  readonly contexts: readonly ContextText[];
  readonly coworkers: readonly CoworkerText[];
  readonly 'text?': string | undefined;
  readonly 'coworkers?': readonly CoworkerText[] | undefined;
}
export type Kind = keyof Kinds;

const TASK = { description: 'text', expectedOutput: 'text', context: 'contexts', schema: 'text?' } as const;
const DELEGATED = { context: 'text', from: 'text', mark: 'text' } as const;

/** Every shipped template with its variables. Each also has `inputs`: the inputs of the run. */
export const SHIPPED = Object.freeze({
  agent: { role: 'text', goal: 'text', backstory: 'text', delegation: 'flag', coworkers: 'coworkers?' },
  coworkers: { coworkers: 'coworkers' },
  task: TASK,
  'final-answer': { maxTurns: 'number' },
  'answer-cut': {},
  'output-repair': { problems: 'texts', schema: 'text?' },
  'guardrail-reject': { reasons: 'texts' },
  'review-send-back': { reason: 'text' },
  judge: {},
  'judge-answer': { criterion: 'text', answer: 'text', mark: 'text', description: 'text', expectedOutput: 'text' },
  'tool-unknown': { name: 'text', tools: 'texts' },
  'tool-arguments': { name: 'text', problems: 'texts' },
  'tool-failed': { name: 'text', message: 'text' },
  'tool-uses': { name: 'text', maxUses: 'number' },
  'tool-refused': { name: 'text', reason: 'text?' },
  'tool-repeated': { name: 'text', count: 'number' },
  outside: { from: 'text', text: 'text', mark: 'text' },
  'left-out': { count: 'number' },
  summary: {},
  'summary-material': { description: 'text', expectedOutput: 'text', text: 'text', mark: 'text' },
  'summary-note': { text: 'text', mark: 'text' },
  'manager-role': {},
  'manager-goal': {},
  'manager-backstory': {},
  'manager-task': { ...TASK, coworkers: 'coworkers', only: 'text?' },
  'manager-reminder': { coworkers: 'texts' },
  'delegated-work': { task: 'text', ...DELEGATED },
  'delegated-question': { question: 'text', ...DELEGATED },
  'delegate-work-tool': { coworkers: 'texts' },
  'ask-question-tool': { coworkers: 'texts' },
  'coworker-unknown': { name: 'text', coworkers: 'texts' },
  'delegation-refused': { reason: 'text' },
} as const satisfies Record<string, Record<string, Kind>>);

/** The name of a shipped template. */
export type ShippedName = keyof typeof SHIPPED;

type VariablesOf<V> = {
  readonly [K in keyof V as V[K] extends `${string}?` ? never : K]: V[K] extends Kind ? Kinds[V[K]] : never;
} & {
  readonly [K in keyof V as V[K] extends `${string}?` ? K : never]?: V[K] extends Kind ? Kinds[V[K]] : never;
};

/** What a shipped template must be given, besides the run's inputs. */
export type ShippedVariables<Name extends ShippedName> = VariablesOf<(typeof SHIPPED)[Name]>;

/** Prompt sets of a task, its agent and its crew, in this order: the first that has a template wins. */
export type PromptLayers = readonly (PromptSet | undefined)[];

let shipped: PromptSet | undefined;

/** The templates in the package's `prompts/`, read once. */
export function shippedPrompts(): PromptSet {
  shipped ??= loadPrompts(filePath().join(packageFolder(), 'prompts'));
  return shipped;
}

const laid = new WeakMap<PromptSet, WeakMap<PromptSet, PromptSet>>();

/** One set over another. Made once for each pair, so that templates are read and bound once, too. */
function lay(over: PromptSet, base: PromptSet): PromptSet {
  let sets = laid.get(base);
  if (sets === undefined) {
    sets = new WeakMap();
    laid.set(base, sets);
  }
  let set = sets.get(over);
  if (set === undefined) {
    set = Object.freeze({ ...base, ...over });
    sets.set(over, set);
  }
  return set;
}

/** Every template and partial that layers have, and under them the shipped ones. The same layers give the same object. */
export function promptsOf(layers: PromptLayers): PromptSet {
  let set = shippedPrompts();
  for (let index = layers.length - 1; index >= 0; index -= 1) {
    const layer = layers[index];
    if (layer !== undefined) set = lay(layer, set);
  }
  return set;
}

/** Where a shipped template is rendered. */
export interface ShippedScope {
  readonly layers: PromptLayers;
  /** The inputs of the run, which overrides may read as `{{inputs.x}}`. */
  readonly inputs: JsonObject;
}

/**
 * Renders a shipped template, or what replaces it in the first layer that has its name.
 * @throws {CrewError} `TEMPLATE`, naming the template and the path that has no value.
 */
export function renderShipped<Name extends ShippedName>(
  name: Name,
  variables: ShippedVariables<Name>,
  { layers, inputs }: ShippedScope,
): string {
  const set = promptsOf(layers);
  const source = set[name];
  if (source === undefined)
    throw new CrewError('TEMPLATE', `the package holds no prompts/${name}.hbs; install it again.`);
  return source.includes('{{') ? renderNamed(name, source, { data: { ...variables, inputs }, set }) : source;
}
