import { isObject, parseJson } from '../../internal/json.ts';
import type { Json } from '../../spec/json.ts';
import type { Done } from './conversation.ts';
import { type ListedFile, sizeIn } from './paths.ts';
import { roleOfCall, textArgument } from './tool-roles.ts';

/** A text that a tool returned. */
export interface Paper {
  /** The file, or the tool when it is no file. */
  readonly path: string;
  readonly text: string;
  /** True when the file goes on after this text. */
  readonly cut: boolean;
}

/** A line that a search found. */
export interface Hit {
  readonly path: string;
  readonly line: number;
  readonly text: string;
}

/** One search and what it found. */
export interface Search {
  readonly query: string;
  readonly hits: readonly Hit[];
  /** All matching lines, shown or not. */
  readonly total: number;
}

/** Everything that the tools have brought. */
export interface Dossier {
  readonly files: readonly ListedFile[];
  /** How many files there are in all, also those not shown. */
  readonly fileCount: number;
  readonly bytes: number | undefined;
  /** True when the list shows every file. */
  readonly complete: boolean;
  readonly listed: boolean;
  readonly papers: readonly Paper[];
  readonly searches: readonly Search[];
  /** What tools other than file tools said. */
  readonly answers: readonly Paper[];
  readonly failures: readonly Done[];
}

/** More of one file than this is not looked at. */
const LONGEST_PAPER = 300_000;

/** Sorts the results of tools by what they are. */
export function collect(done: readonly Done[]): Dossier {
  const files = new Map<string, ListedFile>();
  const papers: Paper[] = [];
  const searches: Search[] = [];
  const answers: Paper[] = [];
  let total: Total = {};
  let listed = false;
  for (const call of done) {
    if (call.failed) continue;
    const text = call.text.slice(0, LONGEST_PAPER);
    switch (roleOfCall(call.tool, call.input)) {
      case 'list': {
        const entries = filesIn(text);
        for (const file of entries) files.set(file.path, file);
        if (!listed) total = totalIn(text);
        listed = true;
        break;
      }
      case 'read':
        papers.push(paper(textArgument(call.input) ?? call.tool, text, text.length < call.text.length));
        break;
      case 'search':
        searches.push(searchOf(textArgument(call.input) ?? '', text));
        break;
      default:
        answers.push({ path: call.tool, text: toldAsText(text), cut: false });
    }
  }
  const sorted = [...files.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    files: sorted,
    fileCount: Math.max(total.files ?? 0, sorted.length),
    bytes: total.bytes ?? sizeOfAll(sorted),
    complete: (total.files ?? 0) <= sorted.length,
    listed,
    papers: papers.filter((one, index) => papers.findIndex((other) => other.path === one.path) === index),
    searches,
    answers,
    failures: done.filter((call) => call.failed),
  };
}

interface Total {
  readonly files?: number;
  readonly bytes?: number | undefined;
}

function sizeOfAll(files: readonly ListedFile[]): number | undefined {
  return files.every((file) => file.bytes !== undefined)
    ? files.reduce((sum, file) => sum + (file.bytes ?? 0), 0)
    : undefined;
}

/** Paths in a listing: one a line, with or without a size, or a JSON list. */
export function filesIn(text: string): ListedFile[] {
  const parsed = text.startsWith('[') || text.startsWith('{') ? parseJson(text) : undefined;
  if (parsed?.ok) return pathsIn(parsed.value);
  return text.split('\n').flatMap((line) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('[')) return [];
    const gap = trimmed.indexOf('  ');
    const size = gap === -1 ? undefined : sizeIn(trimmed.slice(gap + 2));
    const first = gap === -1 ? trimmed : trimmed.slice(0, gap);
    const path = first.startsWith('- ') || first.startsWith('* ') ? first.slice(2) : first;
    return looksLikePath(path) ? [{ path: path.startsWith('./') ? path.slice(2) : path, bytes: size }] : [];
  });
}

function pathsIn(value: Json): ListedFile[] {
  if (typeof value === 'string') return looksLikePath(value) ? [{ path: value, bytes: undefined }] : [];
  if (Array.isArray(value)) return value.flatMap((entry) => pathsIn(entry));
  if (!isObject(value)) return [];
  const path = value['path'] ?? value['file'] ?? value['name'];
  const size = value['bytes'] ?? value['size'];
  if (typeof path === 'string' && looksLikePath(path))
    return [{ path, bytes: typeof size === 'number' ? size : undefined }];
  return Object.values(value).flatMap((entry) => (Array.isArray(entry) ? pathsIn(entry) : []));
}

function looksLikePath(text: string): boolean {
  return (
    text.length < 400 &&
    !text.endsWith('/') &&
    !text.includes('\n') &&
    (text.includes('.') || text.includes('/') || /^[A-Z]+$/.test(text)) &&
    !/[<>|"*]|: |\. /.test(text)
  );
}

/** `[310 files, 1.4 MB in all.]` */
function totalIn(text: string): Total {
  for (const line of text.split('\n')) {
    const told = /^\[([\d,]{1,15}) files?, ([\d.]{1,10} \w{2,5}) in all\.\]$/.exec(line);
    if (told !== null) return { files: Number((told[1] ?? '').split(',').join('')), bytes: sizeIn(told[2] ?? '') };
  }
  return {};
}

function paper(path: string, text: string, tooLong: boolean): Paper {
  const end = text.trimEnd();
  const lastLine = end.slice(end.lastIndexOf('\n') + 1);
  if (lastLine.startsWith('[Lines ') && lastLine.endsWith(']')) {
    return { path, text: end.slice(0, end.length - lastLine.length), cut: true };
  }
  return { path, text: end.startsWith('[') && end.endsWith(' is empty.]') ? '' : text, cut: tooLong };
}

/** `path:line: text`, a line a hit. */
function searchOf(query: string, text: string): Search {
  const hits: Hit[] = [];
  let total: number | undefined;
  for (const line of text.split('\n')) {
    const told = /^\[([\d,]{1,15}) matching lines? in /.exec(line);
    if (told !== null) total = Number((told[1] ?? '').split(',').join(''));
    const first = line.indexOf(':');
    const second = line.indexOf(':', first + 1);
    const number = Number(line.slice(first + 1, second));
    if (first > 0 && second > first && Number.isInteger(number)) {
      hits.push({ path: line.slice(0, first), line: number, text: line.slice(second + 1).trim() });
    }
  }
  return { query, hits, total: Math.max(total ?? 0, hits.length) };
}

/** A tool's result as a person would tell it: JSON as `name: value` pairs. */
function toldAsText(text: string): string {
  const parsed = text.startsWith('{') || text.startsWith('[') ? parseJson(text) : undefined;
  return parsed?.ok ? pairs(parsed.value) : text.trim();
}

/** JSON in words: `city: Paris; sky: clear`. */
function pairs(value: Json): string {
  if (Array.isArray(value)) return value.map((entry) => pairs(entry)).join(', ');
  if (!isObject(value)) return String(value);
  return Object.entries(value)
    .map(([key, entry]) => `${key}: ${pairs(entry)}`)
    .join('; ');
}
