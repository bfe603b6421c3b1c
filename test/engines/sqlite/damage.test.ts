import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../../src/engines/sqlite/driver.ts';
import { entryFrom, type RunEntry, updateEntry } from '../../../src/engines/sqlite/run-entry.ts';
import { prepareStatements } from '../../../src/engines/sqlite/statements.ts';
import type { Lease, Store, StoredRun } from '../../../src/engines/sqlite/store.ts';
import { RUNS } from '../../sizes.ts';
import { temporaryFolder } from '../../temporary-folders.ts';
import { begin, errorOf, newFile, open, step, valuesOf } from './stores.ts';

const CASES = Math.ceil(RUNS / 10);
const CODES = ['STORE_CORRUPT', 'STORE_TOO_NEW', 'STORE_FAILED', 'RUN_UNKNOWN'];

/** The bytes of a store, and what is in it. */
interface Saved {
  readonly db: Buffer;
  readonly wal: Buffer;
  readonly runs: ReadonlyMap<string, StoredRun>;
}
let closed: Saved;
let opened: Saved;

async function fill(lease: Lease, from: number, to: number): Promise<void> {
  for (let number = from; number < to; number += 1) {
    await lease.append(
      step(number, { number, text: 'é'.repeat((number * 37) % 300), more: 'x'.repeat(number % 17 ? 0 : 66_000) }),
    );
  }
}

function saved(store: Store): Saved {
  const runs = new Map(store.runs().map(({ runId }) => [runId, store.records(runId)]));
  return { db: readFileSync(store.file), wal: readFileSync(`${store.file}-wal`), runs };
}

beforeAll(async () => {
  const file = newFile();
  const store = await open(file);
  for (const runId of ['one', 'two', 'three']) {
    const lease = begin(store, runId);
    await fill(lease, 1, 15);
    if (runId === 'one') await lease.end('done', { fine: true });
  }
  await store.close();
  const again = await open(file);
  closed = saved(again);
  await fill(again.lease('two'), 15, 25);
  opened = saved(again);
  await again.close();
});

/** libsql keeps a closed file open until its statements are collected; a process may have only so many. */
async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  await new Promise((resolve) => setImmediate(resolve));
  runInNewContext('gc')();
  await new Promise((resolve) => setImmediate(resolve));
}

/** Opens changed bytes, and checks that all that can be read of them is right. Answers with how it went. */
async function readBack(
  { db, wal }: { db: Buffer; wal: Buffer },
  { runs }: Saved,
  mayBeShorter: boolean,
): Promise<void> {
  const folder = temporaryFolder('crewline-damaged-');
  const file = join(folder, 'runs.db');
  writeFileSync(file, db);
  writeFileSync(`${file}-wal`, wal);
  let store: Store;
  try {
    store = await open(file);
  } catch (thrown) {
    expect(CODES).toContain(Object(thrown).code);
    rmSync(folder, { recursive: true });
    return;
  }
  for (const [runId, right] of runs) {
    try {
      const read = store.records(runId);
      if (mayBeShorter) {
        expect(read.run).toEqual(right.run);
        expect(plain(read.records)).toEqual(plain(right.records.slice(0, read.records.length)));
        if (read.end !== undefined) expect(read.end).toEqual(right.end);
      } else {
        expect(plain(read)).toEqual(plain(right));
      }
    } catch (thrown) {
      if (Object(thrown).code === undefined) throw thrown;
      expect(CODES).toContain(Object(thrown).code);
      checkSalvage(store, right);
    }
  }
  try {
    for (const { runId, crew, status } of store.runs()) {
      if (status !== 'damaged') expect([runs.has(runId), crew]).toEqual([true, 'birds']);
    }
  } catch (thrown) {
    if (Object(thrown).code === undefined) throw thrown;
    expect(CODES).toContain(Object(thrown).code);
  }
  await store.close();
  rmSync(folder, { recursive: true });
}

/** With the values of rows, which are read when they are asked for. */
function plain(read: unknown): unknown {
  return JSON.parse(JSON.stringify(read));
}

function checkSalvage(store: Store, right: StoredRun): void {
  try {
    const { run, records } = store.salvage(right.run.runId);
    expect(plain(records)).toEqual(plain(right.records.slice(0, records.length)));
    if (run !== undefined) expect(run).toEqual(right.run);
  } catch (thrown) {
    if (Object(thrown).code === undefined) throw thrown;
    expect(CODES).toContain(Object(thrown).code);
  }
}

test('a flipped bit anywhere in the file gives right data or an error that says so, never wrong data', async () => {
  let done = 0;
  const flip = fc.record({
    inWal: fc.boolean(),
    anywhere: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    // Where SQLite keeps its own books: at the beginning of a page.
    inPageHeader: fc.option(fc.nat(99), { nil: undefined }),
    bit: fc.nat(7),
  });
  await fc.assert(
    fc.asyncProperty(flip, async ({ inWal, anywhere, inPageHeader, bit }) => {
      const from = inWal ? opened : closed;
      const db = Buffer.from(from.db);
      const wal = Buffer.from(inWal ? from.wal : '');
      const bytes = inWal ? wal : db;
      const place = Math.floor(anywhere * bytes.length);
      const at =
        inPageHeader === undefined ? place : Math.min(bytes.length - 1, place - (place % 4_096) + inPageHeader);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      await readBack({ db, wal }, from, inWal);
      done += 1;
      if (done % 50 === 0) await collect();
    }),
    { numRuns: CASES, endOnFailure: true },
  );
});

test('a file that was cut anywhere gives right data or an error that says so; a cut log only lacks its end', async () => {
  for (let index = 0; index < CASES; index += 1) {
    const inWal = index % 2 === 0;
    const from = inWal ? opened : closed;
    const part = index / CASES;
    const db = inWal ? from.db : from.db.subarray(0, Math.floor(part * from.db.length));
    const wal = inWal ? from.wal.subarray(0, Math.floor(part * from.wal.length)) : Buffer.alloc(0);
    // What is left of a file of nothing is a new one.
    await readBack({ db, wal }, from, inWal);
    if (index % 50 === 49) await collect();
  }
});

/** A store of two runs, changed behind its back. */
async function changed(change: (db: Database) => void): Promise<Store> {
  const file = newFile();
  const store = await open(file);
  for (const runId of ['r1', 'r2']) {
    const lease = begin(store, runId);
    for (const number of [1, 2, 3, 4]) await lease.append(step(number, number === 3 ? 'x'.repeat(70_000) : number));
    await lease.end('done', 'fine');
  }
  await store.close();
  const db = await openDatabase(file);
  change(db);
  db.close();
  return open(file);
}

test.each([
  ['a value', `UPDATE records SET value = '9' WHERE run_id = 'r1' AND seq = 3`, 'row 3', 1],
  ['a name', `UPDATE records SET label = '["step","task.9","x"]' WHERE run_id = 'r1' AND seq = 3`, 'row 3', 1],
  ['a value that is kept apart', `UPDATE blobs SET text = '"y"'`, 'row 4', 2],
  ['a missing row', `DELETE FROM records WHERE run_id = 'r1' AND seq = 4`, 'row 4', 2],
  ['a missing last row', `DELETE FROM records WHERE run_id = 'r1' AND seq = 6`, 'row 6', 4],
  [
    'a row too many',
    `INSERT INTO records SELECT run_id, 7, label, value, blob, hash FROM records WHERE run_id = 'r1' AND seq = 6`,
    'row 7',
    4,
  ],
  [
    'two rows that changed places',
    `UPDATE records SET seq = 99 WHERE run_id = 'r1' AND seq = 2; UPDATE records SET seq = 2 WHERE run_id = 'r1' AND seq = 3; UPDATE records SET seq = 3 WHERE run_id = 'r1' AND seq = 99`,
    'row 2',
    0,
  ],
  [
    'a row of another run',
    `DELETE FROM records WHERE run_id = 'r1'; UPDATE records SET run_id = 'r1' WHERE run_id = 'r2'`,
    'row 0',
    0,
  ],
  [
    'a label that takes a piece of its value',
    `UPDATE records SET label = label || substr(value, 1, 1), value = substr(value, 2) WHERE run_id = 'r1' AND seq = 3`,
    'row 3',
    1,
  ],
  [
    'a label that gives its end away',
    `UPDATE records SET label = substr(label, 1, length(label) - 1), value = ']' || value WHERE run_id = 'r1' AND seq = 3`,
    'row 3',
    1,
  ],
  [
    'what it was begun with',
    `UPDATE records SET value = replace(value, 'owls', 'cats') WHERE run_id = 'r1' AND seq = 0`,
    'row 0',
    0,
  ],
  ['how it ended', `UPDATE runs SET status = 'failed' WHERE run_id = 'r1'`, 'its entry in the list', 4],
  ['its crew', `UPDATE runs SET crew = 'fish' WHERE run_id = 'r1'`, 'its entry in the list', 4],
  ['its entry', `DELETE FROM runs WHERE run_id = 'r1'`, 'its entry in the list', 4],
  ['its rows', `DELETE FROM records WHERE run_id = 'r1'`, 'row 0', 0],
])('%s that was changed is found, and salvage gives what comes before', async (_, sql, where, trusted) => {
  const store = await changed((db) => db.exec(sql));
  const error = await errorOf(() => store.records('r1'));
  expect([error.code, error.runId, error.message]).toEqual([
    'STORE_CORRUPT',
    'r1',
    expect.stringContaining('run r1, '),
  ]);
  expect(error.message).toContain(where);
  expect(error.message).toContain('crewline runs salvage r1');
  const { records, problems } = store.salvage('r1');
  expect(records.map(({ value }) => value)).toEqual([1, 2, 'x'.repeat(70_000), 4].slice(0, trusted));
  expect(problems[0]).toContain(where);
  await store.close();
});

/** Changes what is in the entry of a run, and seals it again: as a page of another time would hold it. */
function resealed(db: Database, runId: string, changes: Partial<RunEntry>): void {
  const statements = prepareStatements(db);
  const entry = entryFrom(statements.entry.get(runId) ?? {});
  if (entry === undefined) throw new Error('There is no such run.');
  updateEntry(statements, { ...entry, ...changes }, entry.epoch);
}

test.each([
  ['another end', { status: 'failed' }, 'its entry in the list of runs does not fit its rows'],
  ['no end', { status: 'paused' }, 'its entry in the list of runs does not fit its rows'],
  ['a row less', { size: 6 }, 'row 7'],
  ['another last row', { head: new Uint8Array(32) }, 'row 6: it is not the last that was written'],
])('an entry in the list of runs that is whole but says %s is found out', async (_, changes, problem) => {
  const store = await changed((db) => resealed(db, 'r1', changes));
  expect(store.runs().map(({ status }) => status)).not.toContain('damaged');
  const error = await errorOf(() => store.records('r1'));
  expect([error.code, error.message]).toEqual(['STORE_CORRUPT', expect.stringContaining(problem)]);
  expect(store.salvage('r1').problems).toEqual([expect.stringContaining(problem)]);
  await store.close();
});

test('salvage of a whole run says that nothing is wrong, and one damaged run leaves the others as they were', async () => {
  const store = await changed((db) => db.exec(`UPDATE runs SET crew = 'fish' WHERE run_id = 'r1'`));
  expect(plain(store.salvage('r2'))).toEqual(plain({ ...store.records('r2'), problems: [] }));
  expect(valuesOf(store, 'r2')).toHaveLength(4);
  expect(store.runs().map(({ runId, status }) => `${runId} ${status}`)).toEqual(['r2 done', 'r1 damaged']);
  const error = await errorOf(() => store.lease('r1'));
  expect(error.code).toBe('STORE_CORRUPT');
  await store.close();
});

test('what can be trusted is read from a file that may not be changed', async () => {
  const file = newFile();
  const store = await open(file);
  await begin(store).append(step(1));
  await store.close();
  const folder = join(dirname(file), 'copy');
  mkdirSync(folder);
  copyFileSync(file, join(folder, 'runs.db'));
  const reader = await open(join(folder, 'runs.db'), { readOnly: true });
  expect(reader.salvage('r1').records).toHaveLength(1);
  const error = await errorOf(() => reader.lease('r1'));
  expect([error.code, error.message]).toEqual(['STORE_WRITE', expect.stringContaining('It is read-only.')]);
  expect((await errorOf(() => begin(reader, 'r2'))).code).toBe('STORE_WRITE');
  await reader.close();
  expect(readFileSync(join(folder, 'runs.db'))).toEqual(readFileSync(file));
  expect((await errorOf(() => open(join(folder, 'nothing.db'), { readOnly: true }))).code).toBe('STORE_FAILED');
});
