import type { CrewData } from '../definition.ts';
import type { Problem } from '../errors.ts';
import { isObject } from '../internal/json.ts';
import { BLOCK_HELPERS, VALUE_HELPERS } from '../prompts/check.ts';

/** Names that mean something else in a template: its helpers, Handlebars' own words, and keys that reach a prototype. */
const RESERVED: ReadonlySet<string> = new Set([
  ...['tasks', 'inputs', 'this', 'else', 'true', 'false', 'null', 'undefined', 'log', 'lookup'],
  ...['__proto__', 'constructor', 'prototype'],
  ...BLOCK_HELPERS,
  ...VALUE_HELPERS,
]);

/** Inputs that no template could print. */
export function checkInputs(crew: CrewData): Problem[] {
  const properties = crew.inputsSchema?.['properties'];
  if (!isObject(properties)) return [];
  return Object.keys(properties)
    .filter((name) => RESERVED.has(name))
    .map((name) => ({
      code: 'NAME_RESERVED',
      place: `crew "${crew.name}"`,
      message: `inputs: "${name}" already means something in templates; give this input another name.`,
    }));
}
