import { isObject } from '../../internal/json.ts';
import type { Json, JsonObject } from '../../spec/json.ts';
import type { ToolDescription } from '../../spec/model.ts';
import type { Conversation } from './conversation.ts';
import { numbersIn, quotedIn } from './literals.ts';
import { keywords } from './subject.ts';
import { propertiesOf, requiredOf } from './tool-roles.ts';

const FOLDERS = ['path', 'dir', 'directory', 'folder', 'root', 'cwd'];

/** Arguments for a tool out of the task's own words; undefined when a required one is nowhere to be found. */
export function fillArguments(tool: ToolDescription, task: Conversation): JsonObject | undefined {
  const text = task.description;
  const numbers = numbersIn(text);
  const names = [...quotedIn(text), ...capitalisedIn(text), ...keywords(text)];
  const filled: { [key: string]: Json } = {};
  for (const key of requiredOf(tool.parameters)) {
    const schema = propertiesOf(tool.parameters)[key];
    const value = FOLDERS.includes(key)
      ? '.'
      : isObject(schema)
        ? valueFor(schema, text, { numbers, names })
        : undefined;
    if (value === undefined) return undefined;
    filled[key] = value;
  }
  return filled;
}

interface Hints {
  readonly numbers: number[];
  readonly names: string[];
}

/** Numbers and names are used up as they are given out, so `a` and `b` get different ones. */
function valueFor(schema: { readonly [key: string]: unknown }, text: string, hints: Hints): Json | undefined {
  if (Array.isArray(schema['enum'])) {
    const options = schema['enum'].filter((entry) => typeof entry === 'string' || typeof entry === 'number');
    return options.find((entry) => text.toLowerCase().includes(String(entry).toLowerCase())) ?? options[0];
  }
  switch (schema['type']) {
    case 'string':
      return hints.names.shift();
    case 'integer':
      return taken(hints.numbers, (value) => Number.isInteger(value));
    case 'number':
      return hints.numbers.shift();
    case 'boolean':
      return false;
    case 'array':
      return isObject(schema['items']) && schema['items']['type'] === 'number'
        ? hints.numbers.splice(0)
        : hints.names.splice(0, 5);
    default:
      return undefined;
  }
}

function taken(numbers: number[], fits: (value: number) => boolean): number | undefined {
  const at = numbers.findIndex(fits);
  return at === -1 ? undefined : numbers.splice(at, 1)[0];
}

/** Names: words with a capital inside a sentence, taken together where they follow each other. */
function capitalisedIn(text: string): string[] {
  const names: string[] = [];
  let current: string[] = [];
  let opening = true;
  for (const raw of text.split(/\s/)) {
    const word = raw.split(/[,;:.!?()"]/)[0] ?? '';
    if (/^\p{Lu}/u.test(word) && !opening) current.push(word);
    if (!/^\p{Lu}/u.test(word) || opening || word !== raw) {
      if (current.length > 0) names.push(current.join(' '));
      current = [];
    }
    opening = /[.!?:]$/.test(raw);
  }
  if (current.length > 0) names.push(current.join(' '));
  return names;
}
