import { Agent } from '../agent.ts';
import type { CrewData } from '../definition.ts';
import { isModel } from '../internal/check-model.ts';
import { schema } from '../internal/checks.ts';
import { redactKnown } from '../internal/redact.ts';
import { jsonSchemaOf } from '../internal/schema.ts';
import { withManager } from '../plan/with-manager.ts';
import type { Schema } from '../spec/schema.ts';
import { ONE_TRY } from '../task-failure.ts';
import type { TaskData } from '../task-shape.ts';
import { sourceOf } from '../tool.ts';
import { recall } from '../types.ts';

/** How much may be spent, and for how long: a run goes on with other bounds as it would have with these. */
const BOUNDS: ReadonlySet<string> = new Set([
  'maxConcurrency',
  'failFast',
  'cancelGraceMs',
  'timeouts',
  'budget',
  'prices',
  'timeoutMs',
  'expectedMs',
]);
/** What is described at a place of its own, or by another field. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'kind',
  'name',
  'tasks',
  'agents',
  'manager',
  'outputSchema',
  'inputsSchema',
]);

/**
 * What a crew does, place by place: its templates, edges, schemas and options, and the source text of its functions. What
 * such a function calls is not seen. As JSON, one text for each place.
 */
export function definitionOf(crew: CrewData): string {
  const places: string[] = [];
  describe(places, `crew "${crew.name}"`, crew);
  for (const agent of withManager(crew)) describe(places, `agent "${agent.name}"`, agent);
  for (const task of crew.tasks) describe(places, `task "${task.name}"`, task);
  return `{${places.join(',')}}`;
}

function describe(places: string[], of: string, thing: CrewData | Agent | TaskData): void {
  const beginning = JSON.stringify(of).slice(0, -1);
  for (const [field, text] of partsOf(thing)) places.push(`${beginning}, ${field}":${JSON.stringify(text)}`);
}

/** Each option that decides what a thing does, as text. */
export function partsOf(thing: CrewData | Agent | TaskData): readonly (readonly [field: string, text: string])[] {
  const parts: (readonly [string, string])[] = [];
  const options = recall<{ readonly [field: string]: unknown }>(thing);
  for (const field of Object.keys(thing)) {
    const value = options[field];
    if (value === undefined || BOUNDS.has(field) || ELSEWHERE.has(field)) continue;
    const text = textOf(value);
    // What JSON knows nothing of.
    if (text !== undefined) parts.push([field, text]);
  }
  return parts;
}

const ONCE = JSON.stringify(ONE_TRY);

/** Anything of a definition as text, the same for the same. */
function textOf(value: unknown): string | undefined {
  // Most of a large crew is one of these.
  if (Array.isArray(value) && value.length === 0) return '[]';
  if (value === ONE_TRY) return ONCE;
  if (typeof value === 'function') return JSON.stringify(redactKnown(value.toString()));
  if (typeof value === 'string') return JSON.stringify(redactKnown(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(value, (key: string, entry: unknown) => {
    // It is kept with the run, where no secret goes.
    if (typeof entry === 'string') return redactKnown(entry);
    if (typeof entry === 'function') {
      const source = key === 'check' ? sourceOf(entry) : entry.toString();
      return source && redactKnown(source);
    }
    if (isModel(entry) || entry instanceof Agent) return entry.name;
    return isSchema(entry) ? jsonSchemaOf(entry) : entry;
  });
}

function isSchema(value: unknown): value is Schema<unknown, unknown> {
  return schema(value) === undefined;
}
