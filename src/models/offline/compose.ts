import type { Conversation } from './conversation.ts';
import { type Line, type Piece, takeApart } from './join.ts';
import type { Limits } from './limits.ts';
import { subjectOf } from './subject.ts';
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

/** One document out of several answers: a title, what each says first, then a section for each. */
export function composeDocument(task: Conversation, limits: Limits): string {
  const pieces = takeApart(task.sources);
  if (limits.most.size > 0 || limits.length === 'shorter') return writeFindings(asParts(pieces), limits);
  const [only] = pieces;
  const title = titleOf(task, pieces);
  if (pieces.length === 1 && only !== undefined) return finishDocument(asDocument(only, title), limits);
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

/** An answer that is whole already keeps its own title and order. */
function asDocument(piece: Piece, title: string): string {
  const [first, ...rest] = piece.lines;
  const own = first?.kind === 'heading' && first.level === 1;
  return [`# ${own ? first.text : title}`, NOTICE, layOut(own ? rest : piece.lines, 2)].join('\n\n');
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
