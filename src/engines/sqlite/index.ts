import { checkOptions, runtime as isRuntime, oneOf, type Rules, refuse, text } from '../../internal/checks.ts';
import { type Runtime, realRuntime } from '../../internal/runtime.ts';
import type { Engine } from '../../spec/engine.ts';
import { SqliteEngine } from '../sqlite.ts';

/** What `sqlite` is told. */
export interface SqliteOptions {
  /** Where runs are kept, such as `.crewline/runs.db`. Made when it is not there, with its folder, readable by its owner only. */
  readonly file: string;
  /**
   * What a finished step survives. `'full'`: loss of power, too. `'normal'`: a killed process; the last moments before a
   * loss of power may be missing then, never half of them. @default 'full'
   */
  readonly synchronous?: 'full' | 'normal';
  /** Where time and ids come from: a test gives a fake clock. @default the real ones */
  readonly runtime?: Runtime;
}

const RULES: Rules = { file: text, synchronous: oneOf('full', 'normal'), runtime: isRuntime };

/**
 * Runs that survive their process: each finished step is in the file before anything builds on it, and `crew.resume`
 * goes on from there. One process at a time works a run; any number of processes may share the file.
 *
 * Needs SQLite: Node 22.13 has it, older ones take the package `libsql`.
 * @throws {DefinitionError} at once, for an option that is wrong or missing.
 * @throws {CrewError} when a run is started or resumed: `ENGINE_DRIVER_MISSING` with the command that installs it,
 * `STORE_FAILED`, `STORE_WRITE`, `STORE_CORRUPT`, `STORE_TOO_NEW`.
 */
export function sqlite(options: SqliteOptions): Engine {
  refuse(checkOptions('sqlite', options, RULES, ['file']), 'sqlite');
  const { file, synchronous = 'full', runtime = realRuntime } = options;
  return new SqliteEngine(
    runtime,
    async () => {
      const { Store } = await import('./store.ts');
      return Store.open(file, { synchronous, now: () => runtime.now() });
    },
    file,
  );
}
