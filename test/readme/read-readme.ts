import { readFileSync } from 'node:fs';

/** One fenced block, with what the comment on the line before it says about it. */
export interface Block {
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** `file: crews/x.ts`, `example: name`, `prints: name`; undefined without a comment. */
  readonly mark: Mark | undefined;
}

export interface Mark {
  readonly kind: string;
  readonly name: string;
}

export interface Heading {
  /** 1 for the title. */
  readonly level: number;
  readonly text: string;
  /** What links to it say after their `#`. */
  readonly anchor: string;
}

/** A document as a reader finds their way in it. */
export interface Document {
  readonly blocks: readonly Block[];
  readonly headings: readonly Heading[];
  readonly links: readonly { readonly target: string; readonly line: number }[];
  readonly lines: readonly string[];
}

/** Reads a Markdown file: its blocks, headings and links. */
export function readDocument(path: string): Document {
  const lines = readFileSync(path, 'utf8').split('\n');
  const blocks: Block[] = [];
  const headings: Heading[] = [];
  const links: { target: string; line: number }[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    const fence = /^```(\w*)$/.exec(line);
    if (fence === null) {
      const [, signs = '', text = ''] = /^(#+) (.+)$/.exec(line) ?? [];
      if (text !== '') headings.push({ level: signs.length, text, anchor: anchorOf(text) });
      for (const [, target = ''] of line.matchAll(/\]\(([^)\s]+)\)/g)) links.push({ target, line: at + 1 });
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${path}:${at + 1}: this block has no end.`);
    const code = lines.slice(at + 1, end).join('\n');
    blocks.push({ language: fence[1] ?? '', code, line: at + 1, mark: markIn(lines[at - 1] ?? '') });
    at = end;
  }
  return { blocks, headings, links, lines };
}

function markIn(line: string): Mark | undefined {
  const [, kind, name] = /^<!-- ([a-z, ]+): (.+) -->$/.exec(line) ?? [];
  return kind === undefined || name === undefined ? undefined : { kind, name };
}

/** As GitHub makes them: https://docs.github.com/get-started/writing-on-github (section links). */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
