import { plainText } from './markdown.ts';
import { sentencesOf } from './words.ts';

/** Words that show a comment to be about rights or tools, not about the code. */
const NO_CONTENT =
  /copyright|licen[sc]e|eslint|@ts-|prettier|istanbul|biome|generated|use strict|deprecated|internal use|^note\b|^see |^todo|^this (?:is|was) |sadly/i;
/** A line this short was not broken by its writer for want of room. */
const WRAPPED = 60;

/** Gathers the comment above the current line. */
export class CommentReader {
  #lines: string[] = [];
  #inBlock = false;
  #block = false;

  /** Takes the line when it belongs to a comment. */
  take(line: string): boolean {
    if (this.#inBlock || line.startsWith('/*')) {
      if (!this.#inBlock) this.#lines = [];
      const end = line.indexOf('*/');
      this.#lines.push(end === -1 ? line : line.slice(0, end));
      this.#inBlock = end === -1;
      this.#block = true;
      return true;
    }
    if (!line.startsWith('//') && !(line.startsWith('# ') && !line.startsWith('#!'))) return false;
    if (this.#block) this.clear();
    this.#lines.push(line);
    return true;
  }

  /** True for what a whole file may open with: a block, or several lines. */
  get isLong(): boolean {
    return this.#block || this.#lines.length > 1;
  }

  /** The first sentence of it, when it is one that tells something. */
  sentence(): string | undefined {
    const words: string[] = [];
    for (const line of this.#lines) {
      const text = stripSigns(line);
      const last = words.at(-1);
      if (text.startsWith('@') || text.startsWith('```') || (text === '' && last !== undefined)) break;
      // Two lines without a stop between them, the first one short: the writer began anew.
      if (last !== undefined && last.length < WRAPPED && !/[.,;:!?—-]$/.test(last) && /^\p{Lu}\p{Ll}/u.test(text))
        break;
      if (text !== '') words.push(text);
    }
    return sentenceFrom(words.join(' '));
  }

  clear(): void {
    this.#lines = [];
    this.#block = false;
  }
}

/** The first sentence of a comment's text, made whole; nothing when it is none. */
export function sentenceFrom(text: string): string | undefined {
  const first = sentencesOf(plainText(unlinked(text)))[0] ?? '';
  if (first.length < 12 || first.length > 260 || !/^["“`']?\p{Lu}/u.test(first) || !first.includes(' '))
    return undefined;
  const outsideTicks = first
    .split('`')
    .filter((_, index) => index % 2 === 0)
    .join('');
  if (NO_CONTENT.test(first) || /[{};=<>|]/.test(outsideTicks) || first.endsWith(':')) return undefined;
  return /[.!?]["”')`]?$/.test(first) ? first : `${first}.`;
}

function stripSigns(line: string): string {
  let start = 0;
  while (start < line.length && '/*#!'.includes(line[start] ?? '')) start += 1;
  return line.slice(start).trim();
}

/** `{@link Name}` → `Name`. */
function unlinked(text: string): string {
  return text.split('{@link ').join('').split('{@linkcode ').join('').split('}').join('');
}
