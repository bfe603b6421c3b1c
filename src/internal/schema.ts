import { CrewError, messageOf } from '../errors.ts';
import type { JsonSchema } from '../spec/json.ts';
import type { Schema, SchemaIssue } from '../spec/schema.ts';
import { frozenData } from './frozen.ts';
import { isObject } from './json.ts';

const converted = new WeakMap<object, JsonSchema>();

/** A schema's JSON schema, converted once.
 *  @throws {CrewError} `SCHEMA_UNSUPPORTED` with the library's own words when JSON cannot express it (dates, maps, bigints). */
export function jsonSchemaOf(schema: Schema<unknown, unknown>): JsonSchema {
  const known = converted.get(schema);
  if (known !== undefined) return known;
  try {
    const { $schema: _, ...fresh } = schema['~standard'].jsonSchema.input({ target: 'draft-2020-12' });
    const closed = frozenData(fresh);
    converted.set(schema, closed);
    return closed;
  } catch (error) {
    throw new CrewError('SCHEMA_UNSUPPORTED', `the schema has no JSON schema: ${messageOf(error)}`, { cause: error });
  }
}

/** `items[2].name: expected string, received number`, a line an issue. */
export function describeIssues(issues: readonly SchemaIssue[]): string[] {
  return issues.map((issue) => {
    let path = '';
    for (const segment of issue.path ?? []) {
      const key = isObject(segment) ? segment['key'] : segment;
      path += typeof key === 'number' ? `[${key}]` : `${path === '' ? '' : '.'}${String(key)}`;
    }
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
}

/** Fields of `value` that the schema does not know, as paths. Only objects that declare `properties` and nothing looser count. */
export function unknownFields(schema: unknown, value: unknown, path = ''): string[] {
  if (!isObject(schema)) return [];
  if (Array.isArray(value))
    return value.flatMap((entry, index) => unknownFields(schema['items'], entry, `${path}[${index}]`));
  const properties = schema['properties'];
  if (!isObject(value) || !isObject(properties)) return [];
  const open = ['additionalProperties', 'patternProperties', 'anyOf', 'oneOf', 'allOf', '$ref'].some(
    (key) => schema[key] !== undefined && schema[key] !== false,
  );
  return Object.entries(value).flatMap(([key, entry]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(properties, key)) return unknownFields(properties[key], entry, at);
    return open ? [] : [at];
  });
}
