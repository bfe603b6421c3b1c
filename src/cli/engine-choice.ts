import { resolve } from 'node:path';
import { CrewError } from '../errors.ts';

/** Where the command line keeps its runs when it is not told, below the working directory. */
export const DEFAULT_STORE = '.crewline/runs.db';

/** What `--engine` names. */
export type EngineChoice =
  | { readonly kind: 'memory' }
  /** `file` as it was written; `asked` is false where nobody named an engine. */
  | { readonly kind: 'sqlite'; readonly file: string; readonly path: string; readonly asked: boolean };

export const ENGINE_OPTION = {
  engine: {
    type: 'string',
    description: `Where runs are kept: memory, sqlite (${DEFAULT_STORE}), or sqlite:<file>`,
    valueHint: 'engine',
  },
} as const;

/** @throws {CrewError} `USAGE`. */
export function readEngine(written: string | undefined, cwd: string): EngineChoice {
  if (written === 'memory') return { kind: 'memory' };
  const [kind, ...rest] = (written ?? 'sqlite').split(':');
  // A file on Windows has a colon of its own.
  const file = rest.length === 0 ? DEFAULT_STORE : rest.join(':');
  if (kind !== 'sqlite' || file === '') {
    throw new CrewError('USAGE', `--engine takes memory, sqlite or sqlite:<file>, not "${written}".`);
  }
  return { kind, file, path: resolve(cwd, file), asked: written !== undefined };
}
