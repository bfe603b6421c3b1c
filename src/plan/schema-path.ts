import { isObject } from '../internal/json.ts';
import type { JsonSchema } from '../spec/json.ts';
import type { Schema } from '../spec/schema.ts';

/** What a schema says of a path. `known` also stands for "cannot tell": a schema that is open, or too clever, is believed. */
export type PathVerdict =
  | { readonly kind: 'known' }
  /** It may be absent or null. `at` counts the segments up to and including the one that may. */
  | { readonly kind: 'optional'; readonly at: number }
  /** There is no such field. `at` is the index of the wrong segment, `fields` what there is instead. */
  | { readonly kind: 'unknown'; readonly at: number; readonly type: string; readonly fields: readonly string[] };

const KNOWN: PathVerdict = Object.freeze({ kind: 'known' });
const BRANCHES = ['anyOf', 'oneOf'] as const;
/** Keywords that could add fields in ways not followed here. */
const CLEVER = ['allOf', 'if', 'then', 'else', 'not', 'patternProperties', 'dependentSchemas', '$dynamicRef'] as const;
/** `$ref`s and nested unions followed for one segment; more is a loop. */
const HOPS = 32;

/**
 * The JSON schema of what a schema yields, which is what templates see: after defaults and transforms. Undefined when
 * the library cannot say, such as for a transform written as a function; `input` then is the schema of what goes in
 * only where the library never tells the two apart.
 */
export function yieldedSchema(schema: Schema<unknown, unknown>, input: JsonSchema | undefined): JsonSchema | undefined {
  const { jsonSchema } = schema['~standard'];
  if (jsonSchema.output === undefined) return input;
  try {
    return jsonSchema.output({ target: 'draft-2020-12' });
  } catch {
    // The library says that it cannot describe the result. Then nothing can be said of its fields, which is no mistake.
    return undefined;
  }
}

/** Looks a path of field names up in a JSON schema. Follows local `$ref`s, unions, lists; never a false alarm. */
export function lookUp(root: JsonSchema, path: readonly string[]): PathVerdict {
  return walk({ root, path }, root, { at: 0, hops: 0 });
}

interface Search {
  readonly root: JsonSchema;
  readonly path: readonly string[];
}
interface Position {
  /** Segments already found. */
  readonly at: number;
  readonly hops: number;
}

function walk(search: Search, schema: unknown, { at, hops }: Position): PathVerdict {
  if (!isObject(schema) || hops > HOPS || CLEVER.some((keyword) => schema[keyword] !== undefined)) return KNOWN;
  if (typeof schema['$ref'] === 'string') {
    return walk(search, resolve(search.root, schema['$ref']), { at, hops: hops + 1 });
  }
  for (const keyword of BRANCHES) {
    const branches = schema[keyword];
    if (!Array.isArray(branches)) continue;
    // Fields beside the branches would have to be merged with each of them.
    if (schema['properties'] !== undefined) return KNOWN;
    const some = branches.filter((branch) => !isNull(branch));
    const verdict = joined(some.map((branch) => walk(search, branch, { at, hops: hops + 1 })));
    return some.length < branches.length ? orNull(verdict, at) : verdict;
  }
  const types = typesOf(schema);
  const some = types.filter((type) => type !== 'null');
  const verdict = inType(search, schema, { at, type: some.length === 1 ? some[0] : undefined });
  return some.length < types.length ? orNull(verdict, at) : verdict;
}

function isNull(schema: unknown): boolean {
  return isObject(schema) && (schema['type'] === 'null' || schema['const'] === null);
}

/** The same of a value that may be null instead. */
function orNull(verdict: PathVerdict, at: number): PathVerdict {
  return verdict.kind === 'unknown' ? verdict : { kind: 'optional', at };
}

/** `type` is undefined where there is no single one. */
function inType(
  search: Search,
  schema: { readonly [key: string]: unknown },
  { at, type }: { readonly at: number; readonly type: unknown },
): PathVerdict {
  const segment = search.path[at];
  if (segment === undefined) return KNOWN;
  switch (type) {
    case undefined:
      return isObject(schema['properties']) ? inFields(search, schema, at) : KNOWN;
    case 'object':
      return inFields(search, schema, at);
    case 'array':
      return inList(search, schema, at);
    case 'string':
      return segment === 'length' ? KNOWN : { kind: 'unknown', at, type: 'text', fields: [] };
    default:
      return { kind: 'unknown', at, type: type === 'boolean' ? 'true or false' : 'a number', fields: [] };
  }
}

function typesOf(schema: { readonly [key: string]: unknown }): readonly unknown[] {
  const { type, const: only, enum: some } = schema;
  if (Array.isArray(type)) return type;
  if (typeof type === 'string') return [type];
  const values = only === undefined ? some : [only];
  if (!Array.isArray(values)) return [];
  return [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))];
}

function inFields(search: Search, schema: { readonly [key: string]: unknown }, at: number): PathVerdict {
  const segment = search.path[at] ?? '';
  const { properties, additionalProperties: rest, required } = schema;
  if (isObject(properties) && Object.hasOwn(properties, segment)) {
    const verdict = walk(search, properties[segment], { at: at + 1, hops: 0 });
    if (verdict.kind !== 'known' || (Array.isArray(required) && required.includes(segment))) return verdict;
    const field = properties[segment];
    // Where only the input's schema is known, a field with a default is not required there and yet always present.
    return isObject(field) && field['default'] !== undefined ? verdict : { kind: 'optional', at: at + 1 };
  }
  if (!isObject(properties) || (rest !== undefined && rest !== false)) return KNOWN;
  return { kind: 'unknown', at, type: 'an object', fields: Object.keys(properties) };
}

function inList(search: Search, schema: { readonly [key: string]: unknown }, at: number): PathVerdict {
  const segment = search.path[at] ?? '';
  if (segment === 'length') return KNOWN;
  if (!/^\d+$/.test(segment)) return { kind: 'unknown', at, type: 'a list', fields: [] };
  const first = schema['prefixItems'];
  const item = Array.isArray(first) && Number(segment) < first.length ? first[Number(segment)] : schema['items'];
  return walk(search, item, { at: at + 1, hops: 0 });
}

/** What the branches of a union say together: a field that only some have may be absent. */
function joined(verdicts: readonly PathVerdict[]): PathVerdict {
  const unknown = verdicts.filter((verdict) => verdict.kind === 'unknown');
  if (verdicts.length > 0 && unknown.length === verdicts.length) {
    const furthest = unknown.reduce((best, verdict) => (verdict.at > best.at ? verdict : best));
    const fields = new Set(
      unknown.filter((verdict) => verdict.at === furthest.at).flatMap((verdict) => verdict.fields),
    );
    return { ...furthest, fields: [...fields] };
  }
  const optional = verdicts.find((verdict) => verdict.kind === 'optional');
  if (optional !== undefined) return optional;
  const [missing] = unknown;
  return missing === undefined ? KNOWN : { kind: 'optional', at: missing.at + 1 };
}

/** What `#/$defs/name` points at; undefined (believed) when it points elsewhere or is percent-encoded. */
function resolve(root: JsonSchema, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const step of reference.slice(2).split('/')) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(found)) found = found[Number(key)];
    else if (isObject(found)) found = found[key];
    else return undefined;
  }
  return found;
}
