import { isObject } from '../../internal/json.ts';
import type { Json, JsonSchema } from '../../spec/json.ts';
import type { ToolDescription } from '../../spec/model.ts';
import { stem, wordsOf } from './words.ts';

/** What a tool is good for. `change` tools do something to the world and are never called. */
export type ToolRole = 'list' | 'search' | 'read' | 'delegate' | 'ask' | 'change' | 'other';

const CHANGING = new Set(
  'write create delete remove send post update put save edit move rename run exec execute shell insert drop deploy publish pay buy order book upload append commit push kill stop start set'
    .split(' ')
    .map(stem),
);
const LISTING = new Set('list ls tree glob folder directory dir'.split(' ').map(stem));
const SEARCHING = new Set('search grep find query lookup retrieve'.split(' ').map(stem));
const READING = new Set('read open load cat view fetch show get'.split(' ').map(stem));
/** Parameters that name what to read. */
const PATHS = ['path', 'file', 'filename', 'filepath', 'file_path', 'filePath', 'name', 'url', 'uri', 'id'];
/** Parameters that say what to look for. */
const QUERIES = ['text', 'query', 'q', 'pattern', 'term', 'keyword', 'keywords', 'search'];

/** What a tool is for, by its name and parameters. */
export function roleOf(tool: ToolDescription): ToolRole {
  return roleFrom(tool.name, requiredOf(tool.parameters), Object.keys(propertiesOf(tool.parameters)));
}

/** What a tool was for, by a call of it: an answer may have to be written when the tools are gone. */
export function roleOfCall(name: string, input: Json): ToolRole {
  const given = isObject(input) ? Object.keys(input) : [];
  return roleFrom(name, given, given);
}

function roleFrom(name: string, required: readonly string[], all: readonly string[]): ToolRole {
  if (name === 'delegate_work_to_coworker') return 'delegate';
  if (name === 'ask_question_to_coworker') return 'ask';
  const stems = wordsOf(name).map(stem);
  const named = (set: ReadonlySet<string>): boolean => stems.some((word) => set.has(word));
  if (named(CHANGING)) return 'change';
  const files = stems.some((word) =>
    [
      'file',
      'folder',
      'directory',
      'dir',
      'document',
      'doc',
      'page',
      'note',
      'ls',
      'tree',
      'glob',
      'cat',
      'grep',
    ].includes(word),
  );
  if (named(LISTING) && !required.some((key) => QUERIES.includes(key) && key !== 'pattern'))
    return files || all.length === 0 ? 'list' : 'other';
  if (named(SEARCHING) && all.some((key) => QUERIES.includes(key))) return 'search';
  if (named(READING) && files && all.some((key) => PATHS.includes(key))) return 'read';
  return 'other';
}

/** The parameter of a tool that names what to read or says what to look for. */
export function mainParameter(tool: ToolDescription): string | undefined {
  const keys = Object.keys(propertiesOf(tool.parameters));
  return [...PATHS, ...QUERIES].find((key) => keys.includes(key)) ?? requiredOf(tool.parameters)[0];
}

/** The text of a call's main argument. */
export function textArgument(input: Json): string | undefined {
  if (!isObject(input)) return undefined;
  const key = [...PATHS, ...QUERIES].find((name) => typeof input[name] === 'string');
  const value = key === undefined ? undefined : input[key];
  return typeof value === 'string' ? value : undefined;
}

/** The declared properties of an object schema. */
export function propertiesOf(schema: JsonSchema): { readonly [key: string]: unknown } {
  const properties = schema['properties'];
  return isObject(properties) ? properties : {};
}

/** The names of the fields that must be there. */
export function requiredOf(schema: JsonSchema): readonly string[] {
  const required = schema['required'];
  return Array.isArray(required) ? required.filter((entry) => typeof entry === 'string') : [];
}
