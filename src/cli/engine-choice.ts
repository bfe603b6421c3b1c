import { resolve } from 'node:path';
import { CrewError } from '../errors.ts';

/** Where the command line keeps its runs when it is not told, below the working directory. */
export const DEFAULT_STORE = '.crewline/runs.db';

/** Where the address of the Postgres is looked for that `--engine dbos` does not name. */
const POSTGRES_URL = 'CREWLINE_POSTGRES_URL';

/** What `--engine` names. */
export type EngineChoice =
  | { readonly kind: 'memory' }
  | { readonly kind: 'dbos'; readonly url: string }
  /** `file` as it was written; `asked` is false where nobody named an engine. */
  | { readonly kind: 'sqlite'; readonly file: string; readonly path: string; readonly asked: boolean };

export const ENGINE_OPTION = {
  engine: {
    type: 'string',
    description: `Where runs are kept: memory, sqlite (${DEFAULT_STORE}), sqlite:<file>, dbos:<postgres url>, or dbos (with ${POSTGRES_URL})`,
    valueHint: 'engine',
  },
} as const;

/** @throws {CrewError} `USAGE`. */
export function readEngine(written: string | undefined, cwd: string): EngineChoice {
  if (written === 'memory') return { kind: 'memory' };
  if (written === 'dbos' || written?.startsWith('dbos:') === true) return postgresAt(written.slice('dbos:'.length));
  const [kind, ...rest] = (written ?? 'sqlite').split(':');
  // A file on Windows has a colon of its own.
  const file = rest.length === 0 ? DEFAULT_STORE : rest.join(':');
  if (kind !== 'sqlite' || file === '') {
    throw new CrewError(
      'USAGE',
      `--engine takes memory, sqlite, sqlite:<file>, dbos:<postgres url> or dbos (with ${POSTGRES_URL}), not "${written}".`,
    );
  }
  return { kind, file, path: resolve(cwd, file), asked: written !== undefined };
}

/** What holds a password is better kept out of the command line, which others on the machine can read. */
function postgresAt(written: string): EngineChoice {
  const url = written === '' ? (process.env[POSTGRES_URL] ?? '') : written;
  if (/^postgres(ql)?:\/\//.test(url)) return { kind: 'dbos', url };
  const message = `--engine dbos needs the address of a Postgres: --engine dbos:postgres://localhost/crew, or ${POSTGRES_URL} in the environment.`;
  throw new CrewError('USAGE', message);
}

/** Where that is, in words that may be shown. */
export function placeOf(choice: EngineChoice): string {
  switch (choice.kind) {
    case 'memory':
      return 'memory';
    case 'sqlite':
      return choice.file;
    case 'dbos': {
      const url = readUrl(choice.url);
      return url === undefined ? 'Postgres' : `postgres://${url.host}${url.pathname}`;
    }
  }
}

/** The engine that the words of a command name, as it was written; undefined for none. */
export function engineIn(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => /^--engine(=|$)/.test(word));
  const word = words[at];
  return word?.startsWith('--engine=') === true ? word.slice('--engine='.length) : word && words[at + 1];
}

/** Whether the environment names a Postgres for who says no more than `--engine dbos`. */
export function namesPostgres(env: NodeJS.ProcessEnv): boolean {
  return (env[POSTGRES_URL] ?? '') !== '';
}

/** What names the same engine in a command that is shown: of an address with a password, only that there is one. */
export function shownEngine(written: string): string {
  return holdsPassword(written) ? 'dbos' : written;
}

/** What is to be known of commands that are shown; undefined for nothing. */
export function engineHint(written: string | undefined): string | undefined {
  if (written === undefined || !holdsPassword(written)) return undefined;
  return `--engine dbos takes the address from ${POSTGRES_URL}; it holds a password, so it is not shown here.`;
}

function holdsPassword(written: string): boolean {
  if (!written.startsWith('dbos:')) return false;
  const url = readUrl(written.slice('dbos:'.length));
  return url === undefined || url.password !== '' || [...url.searchParams.keys()].some((name) => /pass/i.test(name));
}

function readUrl(written: string): URL | undefined {
  return URL.canParse(written) ? new URL(written) : undefined;
}
