import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findDriver } from '../engines/sqlite/driver.ts';
import { Store } from '../engines/sqlite/store.ts';
import { CrewError } from '../errors.ts';
import { DEFAULT_STORE, type EngineChoice, readEngine } from './engine-choice.ts';
import { quietSqlite } from './quiet-sqlite.ts';
import type { Session } from './session.ts';

/** Makes the folder of the store that nobody named, where no version control looks. */
export function prepareDefaultFolder(path: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ignore = join(folder, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
}

/** @throws {CrewError} `ENGINE_DRIVER_MISSING`. */
export async function needDriver(): Promise<void> {
  quietSqlite();
  await findDriver();
}

/**
 * Opens the store that `--engine` names, lets `work` use it, and closes it. Where there is none yet, `none` answers.
 * @throws {CrewError} `USAGE` for an engine that keeps nothing, and as `Store.open`.
 */
export async function withStore<T>(
  engine: string | undefined,
  { cwd }: Session,
  { work, none, readOnly = true }: { work(store: Store, file: string): T; none(file: string): T; readOnly?: boolean },
): Promise<T> {
  const choice = keeping(readEngine(engine, cwd));
  if (!existsSync(choice.path)) return none(choice.file);
  quietSqlite();
  const store = await Store.open(choice.path, { now: Date.now, readOnly });
  try {
    return work(store, choice.file);
  } finally {
    await store.close();
  }
}

/** An engine that keeps runs. @throws {CrewError} `USAGE`. */
function keeping(choice: EngineChoice): Extract<EngineChoice, { readonly kind: 'sqlite' }> {
  if (choice.kind === 'sqlite') return choice;
  if (choice.kind === 'dbos') {
    throw new CrewError('USAGE', 'This reads runs in SQLite. Those in Postgres are in its table crewline.runs.');
  }
  throw new CrewError('USAGE', `Runs in memory are gone with their process. Give --engine sqlite (${DEFAULT_STORE}).`);
}

/** @throws {CrewError} `RUN_UNKNOWN`. */
export function noRuns(runId: string): (file: string) => never {
  return (file) => {
    throw new CrewError('RUN_UNKNOWN', `There is no run ${runId}: nothing has been kept in ${file} yet.`, { runId });
  };
}
