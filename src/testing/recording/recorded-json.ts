import { isObject } from '../../internal/json.ts';
import type { RecordedCall } from './recorded-call.ts';

/** One call as it stands in the file. A text of several lines is written as a list of them, for people to read and compare. */
export function callText(call: RecordedCall): string {
  return JSON.stringify(inLines(call), null, 2).replace(/^/gm, '    ');
}

const TEXTS: ReadonlySet<string> = new Set(['content', 'text', 'message']);

function inLines(value: unknown, key = ''): unknown {
  if (typeof value === 'string') return TEXTS.has(key) && value.includes('\n') ? value.split('\n') : value;
  if (Array.isArray(value)) return value.map((entry) => inLines(entry));
  if (!isObject(value)) return value;
  // What a schema holds under these names is not a text of ours.
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, SCHEMAS.has(name) ? entry : inLines(entry, name)]),
  );
}

const SCHEMAS: ReadonlySet<string> = new Set(['parameters', 'schema', 'settings']);
