import { isObject, parseJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';

/** What a written value turned out to be, or why it cannot be used: `must be a number, not "x"`. */
export type ReadValue = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

const NAMES: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['integer', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list in JSON'],
  ['object', 'an object in JSON'],
  ['null', 'null'],
]);

/** The kinds of value that a JSON schema allows, as one says them; empty when it does not say. */
export function kindsOf(schema: unknown): string[] {
  return [...typesOf(schema)].map((type) => NAMES.get(type) ?? type);
}

/**
 * A value typed on a command line, as the schema of its input wants it: a number, true or false, JSON for lists and
 * objects. Text where the schema allows text or does not say.
 */
export function readValue(written: string, schema: unknown): ReadValue {
  const types = typesOf(schema);
  if (types.size === 0 || types.has('string')) return { ok: true, value: written };
  const parsed = parseJson(written);
  if (parsed.ok && [...types].some((type) => fits(parsed.value, type))) return parsed;
  return { ok: false, problem: `must be ${kindsOf(schema).join(' or ')}, not "${written}"` };
}

function typesOf(schema: unknown): ReadonlySet<string> {
  const types = new Set<string>();
  if (!isObject(schema)) return types;
  const { type } = schema;
  for (const name of Array.isArray(type) ? type : [type]) {
    if (typeof name === 'string') types.add(name);
  }
  for (const value of Array.isArray(schema['enum']) ? schema['enum'] : []) types.add(typeOfValue(value));
  if ('const' in schema) types.add(typeOfValue(schema['const']));
  for (const keyword of ['anyOf', 'oneOf'] as const) {
    const members = schema[keyword];
    for (const member of Array.isArray(members) ? members : []) {
      for (const name of typesOf(member)) types.add(name);
    }
  }
  return types;
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function fits(value: Json, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOfValue(value) === type;
}
