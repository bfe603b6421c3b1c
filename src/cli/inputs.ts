import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CrewError, messageOf } from '../errors.ts';
import { isJsonObject, isObject, parseJson } from '../internal/json.ts';
import { didYouMean } from '../internal/suggest.ts';
import type { Json, JsonObject, JsonSchema } from '../spec/json.ts';
import { kindsOf, readValue } from './input-value.ts';

/** Where inputs come from. */
export interface InputSources {
  /** `name=value`, later ones win. */
  readonly pairs: readonly string[];
  /** A JSON file with an object; `pairs` win over it. */
  readonly file: string | undefined;
  readonly cwd: string;
  /** True where the rest are there already. @default false */
  readonly partial?: boolean;
}

/** A crew as far as its inputs go. */
export interface InputTaker {
  readonly name: string;
  readonly inputsSchema: JsonSchema | undefined;
}

/**
 * The inputs of a run, each typed as the crew's schema says.
 * @throws {CrewError} `USAGE` with everything that is wrong: unknown names, wrong values, missing inputs with what they are for.
 */
export function readInputs(crew: InputTaker, sources: InputSources): JsonObject {
  const properties = propertiesOf(crew.inputsSchema);
  const problems: string[] = [];
  const inputs = new Map<string, Json>(Object.entries(sources.file === undefined ? {} : readFile(sources)));
  for (const pair of sources.pairs) {
    const at = pair.indexOf('=');
    const name = at < 0 ? pair : pair.slice(0, at);
    if (at < 1) {
      problems.push(`--input takes name=value, not "${pair}".`);
      continue;
    }
    const read = readValue(pair.slice(at + 1), properties?.get(name));
    if (read.ok) inputs.set(name, read.value);
    else problems.push(`Input ${name} ${read.problem}.`);
  }
  if (properties !== undefined && isClosed(crew.inputsSchema)) {
    for (const name of inputs.keys()) {
      if (properties.has(name)) continue;
      problems.push(`Crew "${crew.name}" has no input "${name}".${didYouMean(name, properties.keys())}`);
    }
  }
  const required = sources.partial === true ? [] : requiredOf(crew.inputsSchema);
  const missing = required.filter((name) => !inputs.has(name) && !isNamed(sources.pairs, name));
  if (missing.length > 0) problems.push(sayMissing(crew.name, missing, properties));
  if (problems.length > 0) throw new CrewError('USAGE', problems.join('\n'));
  return Object.fromEntries(inputs);
}

/** A value that could not be read is a problem of its own, and not missing. */
function isNamed(pairs: readonly string[], name: string): boolean {
  return pairs.some((pair) => pair.startsWith(`${name}=`));
}

function readFile({ file = '', cwd }: InputSources): JsonObject {
  const place = `--inputs ${file}`;
  let source: string;
  try {
    source = readFileSync(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw new CrewError('USAGE', `${place} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const parsed = parseJson(source.replace(/^\ufeff/, ''));
  if (!parsed.ok) throw new CrewError('USAGE', `${place} is not JSON: ${parsed.problem}`);
  if (!isJsonObject(parsed.value)) throw new CrewError('USAGE', `${place} must hold an object: {"name": value, …}.`);
  return parsed.value;
}

function propertiesOf(schema: JsonSchema | undefined): ReadonlyMap<string, unknown> | undefined {
  const properties = schema?.['properties'];
  return isObject(properties) ? new Map(Object.entries(properties)) : undefined;
}

function isClosed(schema: JsonSchema | undefined): boolean {
  const more = schema?.['additionalProperties'];
  return (more === undefined || more === false) && schema?.['patternProperties'] === undefined;
}

function requiredOf(schema: JsonSchema | undefined): string[] {
  const required = schema?.['required'];
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

function sayMissing(
  crew: string,
  names: readonly string[],
  properties: ReadonlyMap<string, unknown> | undefined,
): string {
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const schema = properties?.get(name);
    const kinds = kindsOf(schema).join(' or ');
    const description = isObject(schema) && typeof schema['description'] === 'string' ? schema['description'] : '';
    return `  ${name.padEnd(width)}  ${[kinds, description].filter((part) => part !== '').join(': ')}`.trimEnd();
  });
  const call = names.map((name) => `--input ${name}=…`).join(' ');
  return [
    `Crew "${crew}" needs ${names.length === 1 ? 'one more input' : 'more inputs'}:`,
    ...lines,
    `Add: ${call}`,
  ].join('\n');
}
