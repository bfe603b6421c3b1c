import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunStore } from '../engines/run-store.ts';
import { findDriver } from '../engines/sqlite/driver.ts';
import { Store } from '../engines/sqlite/store.ts';
import { CrewError } from '../errors.ts';
import { DEFAULT_STORE, type EngineChoice, placeOf, readEngine } from './engine-choice.ts';
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

/** What is done with the runs that are kept somewhere; `place` says where, in words. */
export interface StoreWork<T> {
  work(store: RunStore, place: string): T | Promise<T>;
  /** Answers where nothing was ever kept. */
  none(place: string): T;
  /** @default true */
  readonly readOnly?: boolean;
}

/**
 * Opens the store that `--engine` names, lets `work` use it, and closes it. Where there is none yet, `none` answers, and
 * none is made.
 * @throws {CrewError} `USAGE` for an engine that keeps nothing, and as the store itself.
 */
export async function withStore<T>(
  engine: string | undefined,
  { cwd }: Session,
  { work, none, readOnly = true }: StoreWork<T>,
): Promise<T> {
  const choice = readEngine(engine, cwd);
  const place = placeOf(choice);
  const store = await openStore(choice, readOnly);
  if (store === undefined) return none(place);
  try {
    return await work(store, place);
  } finally {
    await store.close();
  }
}

async function openStore(choice: EngineChoice, readOnly: boolean): Promise<RunStore | undefined> {
  switch (choice.kind) {
    case 'memory':
      throw new CrewError(
        'USAGE',
        `Runs in memory are gone with their process. Give --engine sqlite (${DEFAULT_STORE}).`,
      );
    case 'dbos': {
      const { PostgresRuns } = await import('../engines/dbos/postgres-runs.ts');
      return PostgresRuns.open(choice.url);
    }
    case 'sqlite':
      if (!existsSync(choice.path)) return undefined;
      quietSqlite();
      return Store.open(choice.path, { now: Date.now, readOnly });
  }
}
