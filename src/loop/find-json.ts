import { type Parsed, parseJson } from '../internal/json.ts';

/** What a schema's root is, as far as finding it in a text goes. */
export type JsonKind = 'object' | 'array' | undefined;

const FENCE = '```';
/** Bracketed parts that are tried; a text with more of them is no answer with a sentence around it. */
const MAX_TRIED = 100;

/**
 * Finds the one JSON value that a model's answer holds: the whole of it, or fenced, or with sentences around it.
 * Reads the text once from left to right, whatever it holds.
 *
 * `kind` is what the schema wants at its root; undefined when it could be anything.
 */
export function findJson(text: string, kind: JsonKind): Parsed {
  const bare = unfenced(text.trim());
  const whole = parseJson(bare);
  if (whole.ok) return whole;
  let found: Parsed | undefined;
  let tried = 0;
  for (const part of bracketed(bare, kind)) {
    const parsed = parseJson(part);
    if (parsed.ok && found !== undefined) {
      return { ok: false, problem: 'the answer holds more than one JSON value; it must be exactly one' };
    }
    if (parsed.ok) found = parsed;
    tried += 1;
    if (tried === MAX_TRIED) break;
  }
  return found ?? { ok: false, problem: `the answer is not JSON: ${whole.problem}` };
}

/** Without a fence around the whole. */
function unfenced(text: string): string {
  if (!text.startsWith(FENCE) || !text.endsWith(FENCE)) return text;
  const firstLine = text.indexOf('\n');
  const last = text.length - FENCE.length;
  return firstLine < 0 || firstLine >= last ? text : text.slice(firstLine + 1, last).trim();
}

/** The outermost bracketed parts of a text; brackets inside JSON strings do not count. */
function* bracketed(text: string, kind: JsonKind): Generator<string> {
  let depth = 0;
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '{' || char === '[') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (depth > 0 && char === '"') {
      quoted = true;
    } else if (depth > 0 && (char === '}' || char === ']')) {
      depth -= 1;
      if (depth === 0 && fits(text[start], kind)) yield text.slice(start, at + 1);
    }
  }
}

function fits(opening: string | undefined, kind: JsonKind): boolean {
  return kind === undefined || opening === (kind === 'object' ? '{' : '[');
}
