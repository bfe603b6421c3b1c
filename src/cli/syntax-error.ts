import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../errors.ts';

/** Lines of generated files are no help. */
const LONGEST_LINE = 160;

interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/**
 * What is wrong with a file that is no code: `crew.ts:1:10: Unexpected token`, with the line and a mark below it.
 * Undefined for any other error.
 */
export function explainSyntax(thrown: unknown): string | undefined {
  const found = ofJiti(messageOf(thrown)) ?? ofNode(thrown);
  if (found === undefined) return undefined;
  const { what, place } = found;
  const { file, line, column } = place;
  const lines = [`${file}:${line}:${column}: ${what}`];
  const source = lineOf(place);
  if (source !== undefined) {
    const margin = `${line} | `;
    // Tabs stay tabs, so that the mark stands where they lead.
    const before = source.slice(0, column - 1).replace(/[^\t]/g, ' ');
    lines.push(`${margin}${source}`, `${' '.repeat(margin.length - 2)}| ${before}^`);
  }
  return lines.join('\n');
}

/** jiti: `ParseError: Unexpected token ⏎ /crews/crew.ts:1:9`, its columns from 0. */
function ofJiti(message: string): { readonly what: string; readonly place: Place } | undefined {
  const [first = '', where = ''] = message.split('\n');
  const [, what] = /ParseError: (.*)/.exec(first) ?? [];
  const [, file, line, column] = /^\s*(.+):(\d+):(\d+)\s*$/.exec(where) ?? [];
  if (what === undefined || file === undefined) return undefined;
  return { what: what.trim(), place: { file: pathOf(file), line: Number(line), column: Number(column) + 1 } };
}

/** Node: the stack begins with the place, the line and carets below it. */
function ofNode(thrown: unknown): { readonly what: string; readonly place: Place } | undefined {
  if (!(thrown instanceof SyntaxError)) return undefined;
  const [where = '', , carets = ''] = (thrown.stack ?? '').split('\n');
  const [, file, line] = /^(.+):(\d+)$/.exec(where) ?? [];
  if (file === undefined) return undefined;
  const column = Math.max(0, carets.indexOf('^')) + 1;
  return { what: thrown.message, place: { file: pathOf(file), line: Number(line), column } };
}

function pathOf(file: string): string {
  return file.startsWith('file:') ? fileURLToPath(file) : file;
}

function lineOf({ file, line }: Place): string | undefined {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch {
    // It was there a moment ago; the place says enough.
    return undefined;
  }
  const text = source.split(/\r?\n/)[line - 1];
  return text === undefined || text.length > LONGEST_LINE ? undefined : text;
}
