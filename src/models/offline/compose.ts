import type { Conversation } from './conversation.ts';
import { type Line, type Piece, takeApart, withoutSource } from './join.ts';
import type { Limits } from './limits.ts';
import { subjectOf } from './subject.ts';
import { code } from './topics/finding.ts';
import { counted } from './words.ts';
import { NOTICE, type Part, writeFindings } from './write.ts';

/** Kinds of documents that a task may ask for; the first that it names becomes part of the title. */
const DOCUMENTS = [
  'brief',
  'report',
  'article',
  'summary',
  'review',
  'newsletter',
  'memo',
  'overview',
  'guide',
  'essay',
  'note',
  'letter',
  'story',
  'document',
];

/** The whole of a document whose material holds nothing. */
const EMPTY = 'There is nothing to tell: the material holds no findings.';

/** One document out of several answers: a title, what each says first, then a section for each. */
export function composeDocument(task: Conversation, limits: Limits): string {
  const pieces = takeApart(task.sources).map((piece) => ({
    ...piece,
    lines: piece.lines.filter((line) => isWanted(line, limits)),
  }));
  if (limits.most.size > 0 || limits.length === 'shorter') return writeFindings(asParts(pieces), limits);
  const [only] = pieces;
  const title = titleOf(task, pieces);
  if (pieces.length === 1 && only !== undefined) return finishDocument(asDocument(only, title), limits);
  if (only === undefined) return finishDocument(`# ${title}\n\n${NOTICE}\n\n${EMPTY}`, limits);
  const leads = pieces.map((piece) => ({ piece, lead: leadOf(piece) }));
  const short = leads.flatMap(({ piece, lead }) => (lead === undefined ? [] : [`- **${piece.name}**: ${lead.text}`]));
  const sections = leads.flatMap(({ piece, lead }) => {
    const rest = piece.lines.filter((line) => line !== lead);
    return rest.length === 0 ? [] : [`## ${piece.name}`, layOut(rest, 3)];
  });
  return finishDocument(
    [`# ${title}`, NOTICE, ...(short.length === 0 ? [] : ['## In short', short.join('\n')]), ...sections].join('\n\n'),
    limits,
  );
}

function isWanted(line: Line, { exclude }: Limits): boolean {
  return !exclude.some((entry) => line.text.toLowerCase().includes(entry.toLowerCase()));
}

function asParts(pieces: readonly Piece[]): Part[] {
  return pieces.map((piece) => ({
    heading: pieces.length > 1 ? piece.name : '',
    findings: piece.lines.filter((line) => line.kind !== 'heading').map((line) => ({ text: line.text })),
  }));
}

/** The first line of running text, where it comes before any list. */
function leadOf(piece: Piece): Line | undefined {
  const first = piece.lines.find((line) => line.kind !== 'heading');
  return first?.kind === 'text' ? first : undefined;
}

/** An answer that is whole already keeps its own title and order; a bare list is put in order by file. */
function asDocument(piece: Piece, title: string): string {
  const [first, ...rest] = piece.lines;
  const own = first?.kind === 'heading' && first.level === 1;
  const lines = own ? rest : piece.lines;
  return [`# ${own ? first.text : title}`, NOTICE, layOut(byFile(lines), 2)].join('\n\n');
}

/** A long list from several files: what it holds in one line, then a section a file. Anything else stays as it is. */
function byFile(lines: readonly Line[]): readonly Line[] {
  const told = lines.map((line) => ({ line, ...withoutSource(line.text) }));
  const files = [...new Set(told.flatMap(({ source }) => (source === undefined ? [] : [source])))];
  const sourced = told.filter(({ source }) => source !== undefined);
  if (lines.some((line) => line.kind === 'heading') || sourced.length < 5 || files.length < 2) return lines;
  const most = files.map((file) => ({ file, count: sourced.filter(({ source }) => source === file).length }));
  const [largest] = most.sort((a, b) => b.count - a.count);
  const share = largest !== undefined && largest.count * 2 > sourced.length ? `, most from ${code(largest.file)}` : '';
  const summary = `${counted(sourced.length, 'statement')} from ${counted(files.length, 'file')}${share}.`;
  const sections = files.flatMap((file): Line[] => [
    { kind: 'heading', level: 1, text: code(file) },
    ...sourced.filter(({ source }) => source === file).map(({ text }): Line => ({ kind: 'bullet', level: 0, text })),
  ]);
  const loose = told.filter(({ source }) => source === undefined).map(({ line }) => line);
  return [{ kind: 'text', level: 0, text: summary }, ...loose, ...sections];
}

/** Lines as Markdown; the highest heading among them gets `level`. */
function layOut(lines: readonly Line[], level: number): string {
  const highest = Math.min(...lines.filter((line) => line.kind === 'heading').map((line) => line.level), 6);
  const blocks: string[] = [];
  let list: string[] = [];
  const flush = (): void => {
    if (list.length > 0) blocks.push(list.join('\n'));
    list = [];
  };
  for (const line of lines) {
    if (line.kind === 'bullet') list.push(`- ${line.text}`);
    else {
      flush();
      blocks.push(
        line.kind === 'heading' ? `${'#'.repeat(Math.min(6, level + line.level - highest))} ${line.text}` : line.text,
      );
    }
  }
  flush();
  return blocks.join('\n\n');
}

function finishDocument(text: string, limits: Limits): string {
  const lower = text.toLowerCase();
  const missing = limits.include.filter((entry) => !lower.includes(entry.toLowerCase()));
  const named = missing.map((entry) =>
    entry.startsWith('#')
      ? `${entry}\n\nNothing on this was found.`
      : `On ${entry}: nothing was found in what was read.`,
  );
  const whole = [text, ...named].join('\n\n');
  const opened =
    limits.startsWith === undefined || whole.startsWith(limits.startsWith) ? whole : `${limits.startsWith}\n\n${whole}`;
  return limits.endsWith === undefined || opened.endsWith(limits.endsWith) ? opened : `${opened}\n\n${limits.endsWith}`;
}

/** `Brief: undici`, from the kind of document asked for and what the answers are about. */
function titleOf(task: Conversation, pieces: readonly Piece[]): string {
  const words = task.description.toLowerCase();
  const kind =
    DOCUMENTS.map((name) => ({ name, at: words.indexOf(name) }))
      .filter(({ at }) => at !== -1)
      .sort((a, b) => a.at - b.at)[0]?.name ?? 'result';
  const subject = subjectIn(pieces) ?? subjectOf(task.description);
  const name = kind.charAt(0).toUpperCase() + kind.slice(1);
  return subject === undefined ? name : `${name}: ${subject}`;
}

/** The project that the first statement names: "`undici` holds …". */
function subjectIn(pieces: readonly Piece[]): string | undefined {
  const text = pieces[0]?.lines.find((line) => line.kind !== 'heading')?.text ?? '';
  return /^`([^`]{1,60})` (?:holds|needs|\d)/.exec(text)?.[1];
}
