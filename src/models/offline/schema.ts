import { isObject } from '../../internal/json.ts';
import type { Json, JsonObject, JsonSchema } from '../../spec/json.ts';
import type { Evidence, Field } from './evidence.ts';
import { numberFor } from './schema-number.ts';
import { textForField } from './schema-text.ts';
import { requiredOf } from './tool-roles.ts';
import type { Finding } from './topics/finding.ts';
import { termsOf } from './words.ts';

/** Deeper than this only what must be there is filled in. */
const DEPTH = 5;
/** A schema that requires itself without end is given up on. */
const DEEPEST = 40;
const ITEMS = 5;
/** Where the schema allows more, so many at most. */
const MOST_ITEMS = 12;

/** A value that satisfies a JSON schema, filled from the evidence. */
export function fillSchema(schema: JsonSchema, evidence: Evidence): Json {
  return new SchemaFiller(schema, evidence).fill(schema, { name: '', path: '', depth: 0, about: undefined, index: 0 });
}

class SchemaFiller {
  readonly #root: JsonSchema;
  readonly #evidence: Evidence;

  constructor(root: JsonSchema, evidence: Evidence) {
    this.#root = root;
    this.#evidence = evidence;
  }

  fill(given: unknown, field: Field): Json {
    if (field.depth > DEEPEST || !isObject(given))
      return given === true ? textForField({}, field, this.#evidence) : null;
    const schema = this.#simple(given, field);
    if (isJsonValue(schema['const'])) return schema['const'];
    if (Array.isArray(schema['enum'])) return this.#option(schema['enum'], field);
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, field);
      case 'array':
        return this.#list(schema, field);
      case 'number':
      case 'integer':
        return numberFor(schema, field, this.#evidence);
      case 'boolean':
        return this.#flag(field);
      case 'null':
        return null;
      default:
        return textForField(schema, field, this.#evidence);
    }
  }

  /** References followed, parts joined, one of several alternatives taken. */
  #simple(schema: JsonSchema, field: Field, steps = 0): JsonSchema {
    if (steps > DEEPEST) return schema;
    const reference = schema['$ref'];
    if (typeof reference === 'string') {
      const { $ref: _, ...rest } = schema;
      return this.#simple({ ...this.#resolve(reference), ...rest }, field, steps + 1);
    }
    const { allOf, anyOf, oneOf, ...rest } = schema;
    if (Array.isArray(allOf)) {
      const parts = allOf.filter(isObject).map((part) => this.#simple(part, field, steps + 1));
      return this.#simple(
        [
          ...parts,
          { ...rest, ...(anyOf === undefined ? {} : { anyOf }), ...(oneOf === undefined ? {} : { oneOf }) },
        ].reduce(merged, {}),
        field,
        steps + 1,
      );
    }
    const options = Array.isArray(anyOf) ? anyOf : Array.isArray(oneOf) ? oneOf : undefined;
    if (options === undefined) return schema;
    const chosen = this.#alternative(options.filter(isObject), field);
    return this.#simple(merged(rest, chosen), field, steps + 1);
  }

  /** Rather something than nothing, but deep down rather nothing than something. */
  #alternative(options: readonly JsonSchema[], field: Field): JsonSchema {
    const simple = options.filter(
      (option) => option['$ref'] === undefined && option['properties'] === undefined && option['items'] === undefined,
    );
    const empty = options.find((option) => option['type'] === 'null');
    if (field.depth > DEPTH) return empty ?? simple[0] ?? options[0] ?? {};
    return options.find((option) => option !== empty) ?? options[0] ?? {};
  }

  #resolve(reference: string): JsonSchema {
    if (reference === '#') return this.#root;
    let at: unknown = this.#root;
    for (const step of reference.split('/').slice(1)) {
      const key = decodeURIComponent(step).split('~1').join('/').split('~0').join('~');
      at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    }
    return isObject(at) ? at : {};
  }

  #object(schema: JsonSchema, field: Field): JsonObject {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = requiredOf(schema);
    const names = new Set([
      ...Object.keys(properties).filter((name) => required.includes(name) || field.depth < DEPTH),
      ...required,
    ]);
    const filled: [string, Json][] = [];
    for (const name of names) {
      const own = Object.hasOwn(properties, name)
        ? properties[name]
        : isObject(schema['additionalProperties'])
          ? schema['additionalProperties']
          : true;
      const path = field.path === '' ? name : `${field.path}.${name}`;
      filled.push([name, this.fill(own, { ...field, name, path, depth: field.depth + 1 })]);
    }
    const least = typeof schema['minProperties'] === 'number' ? schema['minProperties'] : 0;
    for (let extra = filled.length; extra < least; extra += 1) {
      filled.push([
        `field${extra + 1}`,
        this.fill(schema['additionalProperties'] ?? true, { ...field, depth: field.depth + 1 }),
      ]);
    }
    return Object.fromEntries(filled);
  }

  #list(schema: JsonSchema, field: Field): Json[] {
    const fix = this.#evidence.fixes.get(field.path);
    const least = Math.max(numeric(schema['minItems']) ?? 0, fix?.least ?? 0);
    const most = Math.min(
      numeric(schema['maxItems']) ?? Number.POSITIVE_INFINITY,
      fix?.most ?? Number.POSITIVE_INFINITY,
    );
    const tuple = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : [];
    const first = tuple.map((item, index) =>
      this.fill(item, { ...field, path: `${field.path}[]`, depth: field.depth + 1, index }),
    );
    const { items } = schema;
    if (items === false) return first;
    const names = stringsOnly(items) ? this.#namesFor(field) : [];
    const about = this.#findingsFor(field).filter((one) => one.nothing !== true);
    const wanted =
      field.depth > DEPTH
        ? 0
        : names.length > 0
          ? names.length
          : Math.min(about.length, numeric(schema['maxItems']) === undefined ? ITEMS : MOST_ITEMS);
    const count = Math.min(most, Math.max(least, wanted + first.length, first.length));
    const list = [...first];
    for (let index = first.length; index < count; index += 1) {
      const own = about.length === 0 ? undefined : about[index % about.length];
      list.push(
        names[index] ??
          this.fill(items ?? true, { ...field, path: `${field.path}[]`, depth: field.depth + 1, about: own, index }),
      );
    }
    return schema['uniqueItems'] === true ? distinct(list, least) : list;
  }

  /** For `dependencies: string[]` and the like: the names that the fitting statement shows. */
  #namesFor(field: Field): string[] {
    const best = this.#evidence.best(field.name, 'name');
    const names = best === undefined ? [] : best.text.split('`').filter((_, index) => index % 2 === 1);
    return names.length >= 2 ? [...new Set(names.map((name) => name.split(' ')[0] ?? name))].slice(0, 20) : [];
  }

  #findingsFor(field: Field): readonly Finding[] {
    const wanted = new Set(termsOf(field.name));
    const { findings } = this.#evidence;
    if (wanted.size === 0 || field.depth < 2) return findings;
    const fitting = findings.filter((one) => termsOf(one.text).some((term) => wanted.has(term)));
    return fitting.length > 0 ? fitting : findings;
  }

  #option(options: readonly unknown[], field: Field): Json {
    const allowed = options.filter(isJsonValue);
    const fixed = this.#evidence.fixes.get(field.path)?.options ?? [];
    const text = ` ${(field.about?.text ?? this.#evidence.task).toLowerCase()} `;
    const named =
      allowed.find((option) => fixed.includes(String(option))) ??
      allowed.find((option) => typeof option === 'string' && text.includes(` ${option.toLowerCase()} `));
    const unsure = allowed.find((option) =>
      ['unknown', 'other', 'none', 'unclear', 'n/a'].includes(String(option).toLowerCase()),
    );
    return named ?? unsure ?? allowed[Math.floor((allowed.length - 1) / 2)] ?? null;
  }

  #flag(field: Field): boolean {
    const words = termsOf(field.name).filter((term) => term !== 'ha');
    if (['pass', 'ok', 'valid', 'approv', 'approved', 'success', 'complete'].some((word) => words.includes(word)))
      return true;
    const best = this.#evidence.best(field.name, '');
    return best !== undefined && !/\b(?:no|not|none|missing|nothing)\b/i.test(best.text);
  }
}

function typeOf(schema: JsonSchema): string {
  const { type } = schema;
  if (Array.isArray(type)) return String(type.find((entry) => entry !== 'null') ?? 'null');
  if (typeof type === 'string') return type;
  if (schema['properties'] !== undefined || schema['required'] !== undefined) return 'object';
  return schema['items'] !== undefined || schema['prefixItems'] !== undefined ? 'array' : 'string';
}

function merged(a: JsonSchema, b: JsonSchema): JsonSchema {
  const properties = {
    ...(isObject(a['properties']) ? a['properties'] : {}),
    ...(isObject(b['properties']) ? b['properties'] : {}),
  };
  const required = [...new Set([...requiredOf(a), ...requiredOf(b)])];
  return {
    ...a,
    ...b,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

function stringsOnly(items: unknown): boolean {
  return (
    isObject(items) &&
    items['type'] === 'string' &&
    ['enum', 'format', 'pattern', 'minLength', 'maxLength'].every((key) => items[key] === undefined)
  );
}

/** Repeats dropped; where that leaves too few, texts and numbers are told apart by their position. */
function distinct(list: readonly Json[], least: number): Json[] {
  const kept: Json[] = [];
  const seen = new Set<string>();
  for (const [index, entry] of list.entries()) {
    let value = entry;
    if (seen.has(JSON.stringify(value)) && kept.length < least) {
      if (typeof value === 'string') value = `${value} (${index + 1})`;
      else if (typeof value === 'number') value += index;
    }
    const key = JSON.stringify(value);
    if (seen.has(key) && kept.length >= least) continue;
    if (seen.has(key)) continue;
    seen.add(key);
    kept.push(value);
  }
  return kept;
}

function numeric(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function isJsonValue(value: unknown): value is null | boolean | number | string {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
