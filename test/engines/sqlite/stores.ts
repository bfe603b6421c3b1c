import { join } from 'node:path';
import { type Database, type Driver, libsqlDriver, nodeDriver } from '../../../src/engines/sqlite/driver.ts';
import type { Lease, RunRecord, StoreOptions } from '../../../src/engines/sqlite/store.ts';
import { Store } from '../../../src/engines/sqlite/store.ts';
import { CrewError } from '../../../src/errors.ts';
import type { Json } from '../../../src/spec/json.ts';
import { temporaryFolder } from '../../temporary-folders.ts';

/** A file that is not there yet, in a folder that is not there yet. */
export function newFile(): string {
  return join(temporaryFolder('crewline-store-'), '.crewline', 'runs.db');
}

export function open(file: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  return Store.open(file, { now: () => 1_000, ...options });
}

export function begin(store: Store, runId = 'r1', inputs: Json = { topic: 'owls' }): Lease {
  return store.admit({ runId, crew: 'birds', definition: '{}', inputs, at: 500 });
}

export function step(number: number, value: Json = number): RunRecord {
  return { kind: 'step', key: `task.${number}`, name: 'turn.1.model', value };
}

/** The values of a run's records, in order. */
export function valuesOf(store: Store, runId = 'r1'): Json[] {
  return store.records(runId).records.map(({ value }) => value);
}

/** The error that `call` throws, or its promise rejects with. */
export async function errorOf(call: () => unknown): Promise<CrewError> {
  try {
    await call();
  } catch (thrown) {
    if (thrown instanceof CrewError) return thrown;
    throw thrown;
  }
  throw new Error('Nothing was thrown.');
}

/** The driver of this Node, told of what is done with it: `onRun` may throw instead. */
export function driverThat({
  onOpen,
  onRun,
}: {
  onOpen?: (db: Database) => void;
  onRun?: (sql: string) => void;
}): Driver {
  return async () => {
    const opens = (await nodeDriver()) ?? (await libsqlDriver());
    return (location) => {
      const db = opens?.(location);
      if (db === undefined) throw new Error('There is no driver.');
      onOpen?.(db);
      const prepare = (sql: string) => {
        const statement = db.prepare(sql);
        const run: typeof statement.run = (...parameters) => {
          onRun?.(sql);
          return statement.run(...parameters);
        };
        return { ...statement, run };
      };
      return { exec: db.exec, prepare, close: db.close };
    };
  };
}
