import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Database } from '../../../src/engines/sqlite/driver.ts';
import { JITI } from './children.ts';
import { begin, driverThat, errorOf, newFile, open, step, valuesOf } from './stores.ts';

const DENIED = fileURLToPath(new URL('fixtures/denied.ts', import.meta.url));

/** What a process is told that may read the file but not write it. */
async function asReader(file: string, ...more: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [JITI, DENIED, file, ...more], {
    env: { ...process.env, JITI_FS_CACHE: 'false' },
  });
  return stdout;
}

test('a full disk is said so; what was written earlier is intact, and the run goes on once there is room', async () => {
  const file = newFile();
  let db: Database | undefined;
  const onOpen = (opened: Database) => {
    db = opened;
    db.exec('PRAGMA max_page_count = 40');
  };
  const full = driverThat({ onOpen });
  const store = await open(file, { drivers: [full] });
  const lease = begin(store);
  const written: number[] = [];
  let failed: Promise<void>[] = [];
  for (let number = 0; failed.length === 0; number += 2) {
    const tick = [number, number + 1].map((each) => lease.append(step(each, 'x'.repeat(5_000 + each))));
    const outcomes = await Promise.allSettled(tick);
    if (outcomes.every(({ status }) => status === 'fulfilled')) written.push(5_000 + number, 5_001 + number);
    else failed = tick;
  }
  // All of the tick, and everything after it: there are no gaps.
  for (const call of [
    ...failed.map((promise) => () => promise),
    () => lease.append(step(1)),
    () => lease.end('done', 1),
  ]) {
    const error = await errorOf(call);
    expect(error.code).toBe('STORE_WRITE');
    expect(error.message).toContain(file);
    expect(error.message).toContain('The disk is full. Make room on it, then go on.');
    expect(error.resumable).toBe(true);
  }
  expect(written.length).toBeGreaterThan(4);
  const lengths = (of: typeof store) => valuesOf(of).map((value) => String(value).length);
  expect(lengths(store)).toEqual(written);
  expect((await errorOf(() => begin(store, 'big', 'x'.repeat(200_000)))).code).toBe('STORE_WRITE');
  expect(store.runs()).toHaveLength(1);
  expect(store.runs()[0]?.owner?.live).toBe(false);
  // By somebody else, or in the same process.
  db?.exec('PRAGMA max_page_count = 4000');
  await store.lease('r1').append(step(98, 'y'));
  await store.close();
  const roomy = await open(file);
  await roomy.lease('r1').append(step(99, 'y'));
  expect(lengths(roomy)).toEqual([...written, 1, 1]);
  await roomy.close();
});

test('whichever write fails, what was committed before is there, nothing of the rest, and the store can be used again', async () => {
  for (let failing = 1, fired = true; fired; failing += 1) {
    const file = newFile();
    let left = Number.POSITIVE_INFINITY;
    fired = false;
    const onRun = (sql: string) => {
      if (sql.startsWith('ROLLBACK') || --left !== 0) return;
      fired = true;
      throw Object.assign(new Error('disk I/O error'), { rawCode: 778, code: 'SQLITE_IOERR_WRITE' });
    };
    const store = await open(file, { drivers: [driverThat({ onRun })] });
    const lease = begin(store);
    await lease.append(step(1));
    left = failing;
    const outcomes = await Promise.allSettled([lease.append(step(2)), lease.append(step(3))]);
    left = Number.POSITIVE_INFINITY;
    for (const outcome of outcomes) {
      expect(outcome.status).toBe(fired ? 'rejected' : 'fulfilled');
      if (outcome.status === 'rejected') expect(outcome.reason.message).toContain('The disk reports an error.');
    }
    expect(valuesOf(store)).toEqual(fired ? [1] : [1, 2, 3]);
    await begin(store, 'next').append(step(1));
    expect(valuesOf(store, 'next')).toEqual([1]);
    await store.close();
  }
});

test('another process that keeps the file locked is named as what it is', async () => {
  const file = newFile();
  const locked = Object.assign(new Error('database is locked'), { rawCode: 5, code: 'SQLITE_BUSY' });
  let isLocked = false;
  const onRun = (sql: string) => {
    if (isLocked && sql === 'BEGIN IMMEDIATE') throw locked;
  };
  const store = await open(file, { drivers: [driverThat({ onRun })] });
  const lease = begin(store);
  isLocked = true;
  const error = await errorOf(() => lease.append(step(1)));
  expect([error.code, error.cause]).toEqual(['STORE_WRITE', locked]);
  expect(error.message).toContain('Another process kept it locked for 5 seconds.');
  await store.close();
});

test('a folder that cannot be made is said so', async () => {
  const file = newFile();
  await (await open(file)).close();
  const error = await errorOf(() => open(`${file}/runs.db`));
  expect([error.code, error.message]).toEqual(['STORE_FAILED', expect.stringContaining('It cannot be opened.')]);
});

test.skipIf(process.platform === 'win32')(
  'who may not write the file or its folder is told so, and can still read it',
  async () => {
    const file = newFile();
    const store = await open(file);
    await begin(store).append(step(1));
    await store.close();
    // Readable for all, so that this is so for whoever runs the test.
    chmodSync(dirname(dirname(file)), 0o755);
    chmodSync(dirname(file), 0o555);
    chmodSync(file, 0o444);
    const answer = await asReader(file);
    expect(answer).toMatch(/^STORE_FAILED .*It may not be accessed\. Check who owns the file and its folder/);
    expect(JSON.parse(await asReader(file, 'read'))).toEqual([1]);
    chmodSync(dirname(file), 0o755);
  },
);

test('a run that could not be written any more is given back when the store is closed', async () => {
  const file = newFile();
  let isBroken = false;
  const onRun = (sql: string) => {
    if (isBroken && sql === 'COMMIT') throw Object.assign(new Error('disk I/O error'), { rawCode: 10 });
  };
  const store = await open(file, { drivers: [driverThat({ onRun })] });
  const lease = begin(store);
  isBroken = true;
  await errorOf(() => lease.append(step(1)));
  isBroken = false;
  const other = await open(file);
  expect((await errorOf(() => other.lease('r1'))).code).toBe('RUN_LOCKED');
  await store.close();
  expect(other.runs()[0]?.status).toBe('paused');
  await other.lease('r1').append(step(2));
  expect(valuesOf(other)).toEqual([2]);
  await other.close();
});
