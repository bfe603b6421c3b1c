import { isObject } from '../internal/json.ts';
import type { JsonSchema } from '../spec/json.ts';

// The subset of JSON schema that OpenAI's strict mode takes, all else makes it refuse the whole request:
// https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
const MAX_DEPTH = 10;
const PLAIN: ReadonlySet<string> = new Set([
  'type',
  'title',
  'description',
  'enum',
  'const',
  '$ref',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'required',
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'ipv4',
  'ipv6',
  'uuid',
]);

const known = new WeakMap<JsonSchema, { readonly strict: JsonSchema | undefined }>();

/** The schema as strict mode wants it (a copy whose objects are closed), or nothing when it does not fit. Worked out once a schema. */
export function strictSchema(schema: JsonSchema): JsonSchema | undefined {
  let entry = known.get(schema);
  if (entry === undefined) {
    const fits = schema['type'] === 'object' && schema['anyOf'] === undefined;
    entry = { strict: fits ? strictNode(schema, 0) : undefined };
    known.set(schema, entry);
  }
  return entry.strict;
}

function strictNode(node: unknown, depth: number): JsonSchema | undefined {
  if (!isObject(node) || depth > MAX_DEPTH || !saysWhatItIs(node)) return undefined;
  const copy: { [key: string]: unknown } = {};
  for (const [key, value] of Object.entries(node)) {
    const strict = PLAIN.has(key) ? value : strictKeyword(key, value, depth);
    if (strict === undefined) return undefined;
    copy[key] = strict;
  }
  if (!admits(node, 'object')) return copy;
  const { properties, required } = node;
  if (!isObject(properties) || !Array.isArray(required)) return undefined;
  if (Object.keys(properties).some((name) => !required.includes(name))) return undefined;
  copy['additionalProperties'] = false;
  return copy;
}

/** What a keyword with schemas or conditions in it becomes; nothing for one that strict mode does not take. */
function strictKeyword(key: string, value: unknown, depth: number): unknown {
  switch (key) {
    case 'properties':
    case '$defs':
      return strictEach(value, depth + 1);
    case 'items':
      return strictNode(value, depth + 1);
    case 'anyOf': {
      if (!Array.isArray(value)) return undefined;
      const options = value.map((option) => strictNode(option, depth));
      return options.includes(undefined) ? undefined : options;
    }
    case 'additionalProperties':
      return value === false ? false : undefined;
    case 'format':
      return FORMATS.has(value) ? value : undefined;
    case 'pattern':
      // Groups that look around are refused.
      return typeof value === 'string' && !value.includes('(?') ? value : undefined;
    default:
      return undefined;
  }
}

function strictEach(schemas: unknown, depth: number): JsonSchema | undefined {
  if (!isObject(schemas)) return undefined;
  const copy: { [name: string]: unknown } = {};
  for (const [name, schema] of Object.entries(schemas)) {
    const strict = strictNode(schema, depth);
    if (strict === undefined || name === '__proto__') return undefined;
    copy[name] = strict;
  }
  return copy;
}

function saysWhatItIs(node: { readonly [key: string]: unknown }): boolean {
  if (admits(node, 'array') && node['items'] === undefined) return false;
  return ['type', 'anyOf', '$ref', 'enum', 'const'].some((key) => node[key] !== undefined);
}

function admits(node: { readonly [key: string]: unknown }, type: string): boolean {
  const { type: types } = node;
  return types === type || (Array.isArray(types) && types.includes(type));
}
