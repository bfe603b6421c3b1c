import { isObject, parseJson } from '../../internal/json.ts';
import type { Json } from '../../spec/json.ts';
import type { Source } from './conversation.ts';
import { isBullet } from './limits.ts';
import { code } from './topics/finding.ts';
import { sameness, sentencesOf } from './words.ts';
import { NOTICE } from './write.ts';

/** A line of somebody's answer. */
export interface Line {
  readonly kind: 'heading' | 'bullet' | 'text';
  readonly level: number;
  readonly text: string;
}

/** Somebody's answer, taken apart. */
export interface Piece {
  /** As people say it: `research-notes` is `Research notes`. */
  readonly name: string;
  readonly lines: readonly Line[];
}

/**
 * Takes answers apart and drops what was said before. Where a later answer takes up most of an earlier one, as a report
 * does of its notes, the later stands for both.
 */
export function takeApart(sources: readonly Source[]): Piece[] {
  const all = sources.map((source) => ({ name: spoken(source.name), lines: linesOf(source.text) }));
  const keys = all.map(
    (piece) =>
      new Set(
        piece.lines.filter((line) => line.kind !== 'heading').map((line) => sameness(withoutSource(line.text).text)),
      ),
  );
  const standing = all.filter(
    (_, index) => !keys.some((later, other) => other > index && covers(later, keys[index] ?? new Set())),
  );
  const seen = new Set<string>();
  return standing.flatMap((piece) => {
    const lines = withoutEmptyHeadings(piece.lines.filter((line) => line.kind === 'heading' || isNew(line, seen)));
    return lines.length === 0 ? [] : [{ name: piece.name, lines }];
  });
}

/** A statement and the file that stands in brackets at its end. */
export function withoutSource(text: string): { readonly text: string; readonly source: string | undefined } {
  const at = text.lastIndexOf(' (`');
  const rest = at === -1 ? '' : text.slice(at + 3);
  const end = rest.indexOf('`)');
  if (end < 1 || rest.length - end > 3 || rest.slice(0, end).includes('`')) return { text, source: undefined };
  return { text: `${text.slice(0, at)}${rest.slice(end + 2)}`, source: rest.slice(0, end) };
}

function covers(later: ReadonlySet<string>, earlier: ReadonlySet<string>): boolean {
  let shared = 0;
  for (const key of earlier) if (later.has(key)) shared += 1;
  return earlier.size > 0 && shared >= earlier.size * 0.6;
}

function isNew(line: Line, seen: Set<string>): boolean {
  const key = sameness(withoutSource(line.text).text);
  if (key === '' || seen.has(key)) return false;
  seen.add(key);
  return true;
}

function withoutEmptyHeadings(lines: readonly Line[]): Line[] {
  return lines.filter((line, index) => {
    if (line.kind !== 'heading') return true;
    const next = lines[index + 1];
    return next !== undefined && (next.kind !== 'heading' || next.level > line.level);
  });
}

/** `research-notes` → `Research notes`, `riskReview` → `Risk review`; a name with a space stays as it is. */
function spoken(name: string): string {
  const words = name.includes(' ')
    ? name
    : name
        .split(/[-_]/)
        .join(' ')
        .replace(/(?<=\p{Ll})(?=\p{Lu})/gu, ' ')
        .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function linesOf(source: string): Line[] {
  const parsed = source.startsWith('{') || source.startsWith('[') ? parseJson(source) : undefined;
  if (parsed?.ok) return fromJson(parsed.value);
  const lines: Line[] = [];
  let fenced = false;
  for (const raw of source.split(NOTICE).join('').split('\n')) {
    const line = raw.trim();
    if (line.startsWith('```')) fenced = !fenced;
    if (line === '' || fenced || line.startsWith('```') || line === '---') continue;
    const level = /^(#{1,6}) /.exec(line)?.[1]?.length;
    if (level !== undefined) lines.push({ kind: 'heading', level, text: line.slice(level + 1).trim() });
    else if (/^\*\*[^*]{1,80}\*\*$/.test(line)) lines.push({ kind: 'heading', level: 3, text: line.slice(2, -2) });
    else if (isBullet(line)) lines.push({ kind: 'bullet', level: 0, text: line.slice(line.indexOf(' ') + 1).trim() });
    else lines.push({ kind: 'text', level: 0, text: line.startsWith('> ') ? line.slice(2) : line });
  }
  return lines;
}

/** The fields of an object as statements; a file that comes with a text is its source. */
function fromJson(value: Json, label = ''): Line[] {
  const named = label === '' ? '' : `${spoken(label)}: `;
  if (Array.isArray(value)) {
    if (value.every((entry) => typeof entry !== 'object' || entry === null)) {
      return value.length === 0
        ? []
        : [
            {
              kind: 'bullet',
              level: 0,
              text: `${named}${value.map(String).join(', ')}${/[.!?]$/.test(String(value.at(-1))) ? '' : '.'}`,
            },
          ];
    }
    return value.flatMap((entry) => fromJson(entry));
  }
  if (!isObject(value)) {
    if (value === null || value === '') return [];
    const text = String(value).split(NOTICE).join('').trim();
    if (text === '') return [];
    const whole = sentencesOf(text).length > 1 || text.length > 60;
    return [
      {
        kind: whole && label !== '' ? 'text' : 'bullet',
        level: 0,
        text: whole ? text : `${named}${text}${/[.!?]$/.test(text) ? '' : '.'}`,
      },
    ];
  }
  return fromObject(value);
}

const SOURCE_FIELDS = ['file', 'path', 'source', 'where', 'url'];
const TEXT_FIELDS = [
  'fact',
  'finding',
  'text',
  'statement',
  'description',
  'summary',
  'claim',
  'detail',
  'details',
  'title',
  'name',
];

function fromObject(value: { readonly [key: string]: Json }): Line[] {
  const textField = TEXT_FIELDS.find((key) => typeof value[key] === 'string' && value[key] !== '');
  const isItem =
    textField !== undefined && Object.values(value).every((entry) => typeof entry !== 'object' || entry === null);
  if (!isItem) return Object.entries(value).flatMap(([key, entry]) => fromJson(entry, key));
  const text = String(value[textField]).split(NOTICE).join('').trim();
  const file = SOURCE_FIELDS.map((key) => value[key]).find((entry) => typeof entry === 'string' && entry !== '');
  const rest = Object.entries(value).filter(
    ([key, entry]) => key !== textField && !SOURCE_FIELDS.includes(key) && entry !== null && entry !== '',
  );
  const notes = [
    ...(typeof file === 'string' && !text.includes(file) ? [code(file)] : []),
    ...rest.map(([key, entry]) => `${spoken(key).toLowerCase()}: ${String(entry)}`),
  ];
  const end = /[.!?]$/.test(text) ? '' : '.';
  return [
    {
      kind: 'bullet',
      level: 0,
      text: notes.length === 0 ? `${text}${end}` : `${end === '' ? text.slice(0, -1) : text} (${notes.join('; ')}).`,
    },
  ];
}
