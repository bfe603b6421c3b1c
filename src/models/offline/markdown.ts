import { isProse, sentencesOf } from './words.ts';

/** One part of a document: what stands below a heading. */
export interface Section {
  /** Empty for what stands before the first heading. */
  readonly heading: string;
  readonly level: number;
  /** Whole sentences, in order, without markup. */
  readonly sentences: readonly string[];
}

/** Reads a Markdown (or plain) document: headings, and the sentences that people wrote. Code, tables and badges are left out. */
export function readMarkdown(text: string): readonly Section[] {
  const sections: { heading: string; level: number; sentences: string[] }[] = [
    { heading: '', level: 0, sentences: [] },
  ];
  let paragraph: string[] = [];
  let fence: string | undefined;
  const flush = (): void => {
    const plain = plainText(paragraph.join(' '));
    sections.at(-1)?.sentences.push(...sentencesOf(plain).map(tidy).filter(isProse));
    paragraph = [];
  };
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const mark = line.startsWith('```') ? '```' : line.startsWith('~~~') ? '~~~' : undefined;
    if (mark !== undefined && (fence === undefined || fence === mark)) {
      flush();
      fence = fence === undefined ? mark : undefined;
    } else if (fence !== undefined) continue;
    else if (line === '' || line.startsWith('|') || (raw.startsWith('    ') && paragraph.length === 0)) flush();
    else if (line.startsWith('#')) {
      flush();
      const level = /^#{1,6}/.exec(line)?.[0].length ?? 1;
      sections.push({ heading: headingText(line.slice(level)), level, sentences: [] });
    } else if (isUnderline(line) && paragraph.length === 1) {
      sections.push({ heading: headingText(paragraph[0] ?? ''), level: line.startsWith('=') ? 1 : 2, sentences: [] });
      paragraph = [];
    } else if (/^(?:[-*+•]|\d{1,3}[.)]) /.test(line)) {
      flush();
      paragraph.push(line.slice(line.indexOf(' ') + 1));
    } else paragraph.push(line.startsWith('>') ? line.slice(1).trim() : line);
  }
  flush();
  return sections;
}

function isUnderline(line: string): boolean {
  return line.length >= 3 && (line === '='.repeat(line.length) || line === '-'.repeat(line.length));
}

function headingText(line: string): string {
  let plain = plainText(line).trim();
  while (plain.endsWith('#')) plain = plain.slice(0, -1).trimEnd();
  return plain;
}

/** A tail such as `[!NOTE]` or a list sign at the start is no part of a sentence. */
function tidy(sentence: string): string {
  const text = sentence.startsWith('[!') ? sentence.slice(sentence.indexOf(']') + 1).trim() : sentence;
  return text.endsWith(':') ? '' : text;
}

/** Without links, pictures, tags and emphasis; one pass over the letters, whatever the text. */
export function plainText(markdown: string): string {
  let out = '';
  for (let at = 0; at < markdown.length; ) {
    const char = markdown[at] ?? '';
    if (char === '!' && markdown[at + 1] === '[') {
      const link = linkAt(markdown, at + 1);
      at = link === undefined ? at + 1 : link.end;
    } else if (char === '[') {
      const link = linkAt(markdown, at);
      if (link === undefined) out += char;
      else out += plainText(link.label);
      at = link === undefined ? at + 1 : link.end;
    } else if (char === '<') {
      const close = markdown.slice(at, at + 500).indexOf('>');
      const address = /^<https?:\/\//.test(markdown.slice(at, at + 9));
      const isTag = close !== -1 && /^<[a-z/!]/i.test(markdown.slice(at, at + 2));
      if (!isTag) out += char;
      else if (address) out += markdown.slice(at + 1, at + close);
      at = isTag ? at + close + 1 : at + 1;
    } else if (char === '`') {
      const close = markdown.slice(at + 1, at + 200).indexOf('`');
      out += close === -1 ? '' : markdown.slice(at, at + close + 2);
      at += close === -1 ? 1 : close + 2;
    } else if (char === '*' || (char === '_' && isEdge(markdown, at))) at += 1;
    else if (char === '&') {
      const entity = ENTITIES.find(([name]) => markdown.startsWith(name, at));
      out += entity?.[1] ?? '&';
      at += entity?.[0].length ?? 1;
    } else {
      out += char;
      at += 1;
    }
  }
  return out;
}

const ENTITIES: readonly (readonly [string, string])[] = [
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&nbsp;', ' '],
  ['&#39;', "'"],
];

function isEdge(text: string, at: number): boolean {
  const letter = /[\p{L}\p{N}]/u;
  return !(letter.test(text[at - 1] ?? '') && letter.test(text[at + 1] ?? ''));
}

/** Brackets within brackets that a label may have; a run of thousands is none, and is not looked through from each. */
const DEEPEST_LABEL = 8;

/** `[label](address)` or `[label][id]` at a bracket; labels and addresses are short, so the search is, too. */
function linkAt(text: string, at: number): { readonly label: string; readonly end: number } | undefined {
  let depth = 0;
  for (let end = at; end < text.length && end < at + 400; end += 1) {
    if (text[end] === '[') depth += 1;
    else if (text[end] === ']') depth -= 1;
    if (depth > DEEPEST_LABEL) return undefined;
    if (depth > 0) continue;
    const label = text.slice(at + 1, end);
    const open = text[end + 1];
    const closing = open === '(' ? ')' : open === '[' ? ']' : undefined;
    if (closing === undefined) return { label, end: end + 1 };
    const close = text.slice(end + 2, end + 600).indexOf(closing);
    return close === -1 ? undefined : { label, end: end + 3 + close };
  }
  return undefined;
}
