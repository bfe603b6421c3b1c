import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Block } from './read-readme.ts';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = {
  'crewline/dbos': 'engines/dbos',
  'crewline/sqlite': 'engines/sqlite/index',
  'crewline/tools': 'tools/index',
  'crewline/testing': 'testing/index',
  crewline: 'index',
};

/** Written between the output of one example and the next. */
const NEXT = '\u0001';
/** Written where an example goes on after the code of another. */
const OWN = '\u0002';

/** What came of running examples. */
export interface Ran {
  /** What each has printed. */
  readonly printed: ReadonlyMap<string, string>;
  /** Which of them failed, and of what. */
  readonly failure: string | undefined;
}

/**
 * The code of a document as a reader would have it: its files in a folder, its examples beside them. An example that
 * goes on `after` another has that one's code before its own.
 */
export class Examples {
  /** The folder, like a clone of this repository with the document's files in it. */
  readonly folder: string;
  readonly #names: readonly string[];

  constructor(blocks: readonly Block[]) {
    // A name with a dot: the compiler's own patterns pass it by.
    this.folder = mkdtempSync(join(here, '.run-'));
    cpSync(join(root, 'crews'), join(this.folder, 'crews'), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
    const sources = new Map<string, string>();
    for (const { mark, code } of blocks) {
      if (mark?.kind === 'file') this.#write(mark.name, code);
      if (mark?.kind !== 'example') continue;
      const [name = '', before] = mark.name.split(' after ');
      const start = before === undefined ? '' : `${sources.get(before)}\nconsole.log('${OWN}');\n`;
      sources.set(name, `${start}${code}`);
    }
    for (const [name, source] of sources) this.#write(`${name}.ts`, `${source}\nexport {};\n`);
    this.#names = [...sources.keys()];
    this.#write('tsconfig.json', JSON.stringify(CONFIG));
  }

  /** What the compiler says about it; mistakes in `src/` are for `npm run check` to find. */
  async compile(): Promise<string> {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const run = promisify(execFile)(process.execPath, [compiler, '-p', this.folder], { cwd: root });
    const { stdout } = await run.catch((failed: { stdout: string }) => failed);
    return stdout
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('src/'))
      .join('\n');
  }

  /** Runs all examples, one after another, in one process, until one fails. */
  async run(env: Readonly<Record<string, string>>): Promise<Ran> {
    const steps = this.#names.map((name) => `console.log('${NEXT}${name}');\nawait import('./${name}.ts');`);
    this.#write('all.mts', `${steps.join('\n')}\nexport {};\n`);
    const source = (entry: string) => join(root, 'src', `${entry}.ts`);
    const alias = Object.fromEntries(Object.entries(ENTRIES).map(([name, entry]) => [name, source(entry)]));
    const { PATH = '', HOME = '' } = process.env;
    const ran: { stdout: string; stderr: string; code?: number } = await promisify(execFile)(
      process.execPath,
      [join(root, 'node_modules/jiti/lib/jiti-cli.mjs'), 'all.mts'],
      { cwd: this.folder, env: { PATH, HOME, JITI_ALIAS: JSON.stringify(alias), ...env } },
    ).catch((failed) => failed);
    const printed = new Map<string, string>();
    for (const output of ran.stdout.split(NEXT).slice(1)) {
      const [name = ''] = output.split('\n', 1);
      printed.set(
        name,
        output
          .slice(name.length + 1)
          .split(`${OWN}\n`)
          .at(-1) ?? '',
      );
    }
    const failed = ran.code === undefined ? undefined : [...printed.keys()].at(-1);
    return { printed, failure: failed === undefined ? undefined : `The example "${failed}" fails:\n${ran.stderr}` };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  #write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true });
    writeFileSync(join(this.folder, path), text);
  }
}

/** As strict as this repository, but for two rules of style. `crewline` is the source. */
const CONFIG = {
  extends: '../../../tsconfig.json',
  compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false },
  include: ['**/*.ts'],
};
