import {
  assignedExport,
  type DeclaredName,
  declaredIn,
  exportListStart,
  importsIn,
  namesInList,
  testIn,
} from './code-lines.ts';
import { CommentReader, sentenceFrom } from './comments.ts';

/** A name that a file declares, with what its comment says. */
export interface Declaration extends DeclaredName {
  /** The first sentence of the comment above it. */
  readonly about: string | undefined;
}

/** What a program file says about itself. */
export interface CodeFile {
  readonly path: string;
  /** The first sentence of the comment that opens the file. */
  readonly about: string | undefined;
  readonly declarations: readonly Declaration[];
  /** What it imports, as written, each once. */
  readonly imports: readonly string[];
  /** Names of its tests. */
  readonly tests: readonly string[];
}

const LONGEST_LINE = 400;

/** Reads a program line by line: comments, what is declared, exported, imported and tested. A rough reading, in one pass. */
export function readCode(path: string, text: string): CodeFile {
  return new CodeReader().read(path, text.split('\n'));
}

class CodeReader {
  readonly #comments = new CommentReader();
  readonly #declarations: Declaration[] = [];
  readonly #imports = new Set<string>();
  readonly #exported = new Map<string, string | undefined>();
  readonly #tests: string[] = [];
  #about: string | undefined;
  #begun = false;
  #inExportList = false;

  read(path: string, lines: readonly string[]): CodeFile {
    for (const [index, raw] of lines.entries()) {
      if (raw.length > LONGEST_LINE) continue;
      const line = raw.trim();
      if (this.#comments.take(line)) continue;
      this.#opening(line);
      if (line === '') continue;
      this.#begun = true;
      for (const name of importsIn(line)) this.#imports.add(name);
      const test = testIn(line);
      if (test !== undefined) this.#tests.push(test);
      this.#exports(line);
      const declared = raw === raw.trimStart() ? declaredIn(line) : undefined;
      if (declared !== undefined) {
        this.#declarations.push({ ...declared, about: this.#comments.sentence() ?? docstring(lines, index) });
      }
      this.#comments.clear();
    }
    return { path, about: this.#about, declarations: this.#all(), imports: [...this.#imports], tests: this.#tests };
  }

  /** A comment speaks of the whole file when it opens it and stands apart from what follows. */
  #opening(line: string): void {
    if (this.#begun || this.#about !== undefined) return;
    if (line.startsWith('"""')) this.#about = sentenceFrom(line.slice(3).split('"""')[0] ?? '');
    const apart = line === '' || /^(?:import |['"]use strict)/.test(line);
    if (apart && this.#comments.isLong) this.#about = this.#comments.sentence();
  }

  #exports(line: string): void {
    const single = assignedExport(line);
    if (single !== undefined) this.#exported.set(single, this.#comments.sentence());
    const list = this.#inExportList ? line : exportListStart(line);
    if (list === undefined) return;
    for (const name of namesInList(list)) this.#exported.set(name, undefined);
    this.#inExportList = !list.includes('}');
  }

  #all(): Declaration[] {
    const known = new Set(this.#declarations.map((one) => one.name));
    const further = [...this.#exported].filter(([name]) => !known.has(name));
    return [
      ...this.#declarations.map((one) => (this.#exported.has(one.name) ? { ...one, exported: true } : one)),
      ...further.map(([name, about]) => ({ name, kind: 'value', exported: true, about })),
    ];
  }
}

/** Python's comment stands below the declaration. */
function docstring(lines: readonly string[], index: number): string | undefined {
  const next = (lines[index + 1] ?? '').trim();
  const mark = ['"""', "'''"].find((quotes) => next.startsWith(quotes));
  if (mark === undefined || next.length > LONGEST_LINE) return undefined;
  return sentenceFrom(next.slice(3).split(mark)[0]?.trim() ?? '');
}
