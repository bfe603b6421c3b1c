import { type Database, type Driver, libsqlDriver, nodeDriver } from '../../../src/engines/sqlite/driver.ts';
import { Store } from '../../../src/engines/sqlite/store.ts';

/** What becomes of the store of one stretch. */
export interface Breakdown {
  /** Which commit is the last, from 1. */
  readonly commit: number;
  /** Whether that one is still written, although nobody is told. */
  readonly written: boolean;
}

/** A store that breaks down at a given commit: from then on nothing is read or written. */
export interface BreakingStore {
  readonly store: Store;
  readonly isBroken: () => boolean;
  /** Leaves it as a process does that is killed: its runs are still held by an owner whom nobody can ask. */
  leave(): void;
}

let owners = 0;

/** Opens a file as a process of its own would, on another machine, whose word counts no longer than it is heard of. */
export async function openBreaking(
  file: string,
  { now, breakdown }: { readonly now: () => number; readonly breakdown: Breakdown | undefined },
): Promise<BreakingStore> {
  let commits = 0;
  let isBroken = false;
  let connection: Database | undefined;
  const run = (sql: string, work: () => { readonly changes: number }) => {
    // Or the file would stay locked, as no dead process leaves it.
    if (isBroken && sql.startsWith('ROLLBACK')) return work();
    if (isBroken) throw diskError();
    if (!sql.startsWith('COMMIT')) return work();
    commits += 1;
    if (commits !== breakdown?.commit) return work();
    if (breakdown.written) work();
    isBroken = true;
    throw diskError();
  };
  const driver: Driver = async () => {
    const opens = (await nodeDriver()) ?? (await libsqlDriver());
    return (location) => {
      const db = opens?.(location);
      if (db === undefined) throw new Error('There is no driver.');
      connection = db;
      const prepare = (sql: string) => {
        const statement = db.prepare(sql);
        return {
          ...statement,
          run: (...parameters: Parameters<typeof statement.run>) => run(sql, () => statement.run(...parameters)),
        };
      };
      return { exec: db.exec, prepare, close: db.close };
    };
  };
  owners += 1;
  const owner = { pid: 1, host: `machine-${owners}`, space: '', started: '', id: `owner-${owners}` };
  const store = await Store.open(file, { now, owner, leaseMs: 0, synchronous: 'normal', drivers: [driver] });
  // The file was made by then.
  commits = 0;
  return { store, isBroken: () => isBroken, leave: () => connection?.close() };
}

function diskError(): Error {
  return Object.assign(new Error('disk I/O error'), { rawCode: 778, code: 'SQLITE_IOERR_WRITE' });
}
