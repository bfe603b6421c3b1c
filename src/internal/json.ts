import type { Json, JsonObject } from '../spec/json.ts';

/** Deeper JSON is refused: `JSON.stringify` overflows the stack at about 5,000 levels, long after anything useful. */
const MAX_JSON_DEPTH = 64;
const LONGEST_PATH = 40;

/** Keys that would reach an object's prototype in careless code; they are dropped wherever outside JSON comes in. */
const DANGEROUS_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** Visiting every key triples the time of parsing, so it is done only for a text that may hold such a key, spelled out or escaped. */
const MAY_BE_DANGEROUS = /__proto__|constructor|prototype|\\u/;

/** Where a value is not JSON, and why; nothing when it is. `path` reads like code: `output.items[2].date`. */
export function findNotJson(value: unknown, path: string, depth = 0): string | undefined {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined;
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}, which JSON cannot hold`;
    case 'object':
      return value === null ? undefined : findInObject(value, path, depth);
    default:
      return `${path} is ${typeof value === 'undefined' ? 'undefined' : `a ${typeof value}`}, which JSON cannot hold`;
  }
}

function findInObject(value: object, path: string, depth: number): string | undefined {
  if (depth >= MAX_JSON_DEPTH)
    return `${shortened(path)} is nested deeper than ${MAX_JSON_DEPTH} levels, or holds itself`;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const found = findNotJson(value[index], `${path}[${index}]`, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return `${path} is a ${prototype.constructor?.name ?? 'class instance'}, which JSON cannot hold`;
  }
  for (const [key, entry] of Object.entries(value)) {
    // An absent optional field is often spelled `undefined`; JSON leaves such a field out, and nothing is lost.
    if (entry === undefined) continue;
    const found = findNotJson(entry, `${path}.${key}`, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The beginning of a path that goes too deep to be read. */
function shortened(path: string): string {
  return path.length > LONGEST_PATH ? `${path.slice(0, LONGEST_PATH)}…` : path;
}

export function isJson(value: unknown): value is Json {
  return findNotJson(value, '') === undefined;
}

/** An output as text: itself, or its JSON. */
export function rawOf(output: Json): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}

export function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

const NESTED = `nested deeper than ${MAX_JSON_DEPTH} levels`;
/** Refused before it is parsed: a megabyte of `[` takes V8 a hundred of memory. */
const TOO_DEEP = new RegExp(`^\\s*(?:\\[\\s*){${MAX_JSON_DEPTH + 2}}`);

/** What `parseJson` answers: a value, or what is wrong with the text. */
export type Parsed = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

/** Parses JSON from outside: never throws, drops keys that reach a prototype, refuses absurd depth. */
export function parseJson(source: string): Parsed {
  if (TOO_DEEP.test(source)) return { ok: false, problem: NESTED };
  let value: unknown;
  try {
    value = JSON.parse(source, MAY_BE_DANGEROUS.test(source) ? dropDangerous : undefined);
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
  return isJson(value) ? { ok: true, value } : { ok: false, problem: NESTED };
}

function dropDangerous(key: string, value: unknown): unknown {
  return DANGEROUS_KEYS.has(key) ? undefined : value;
}
