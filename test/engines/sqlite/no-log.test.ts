import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/engines/sqlite/driver.ts';
import { temporaryFolder } from '../../temporary-folders.ts';
import { begin, errorOf, newFile, open, step, valuesOf } from './stores.ts';

/** The file alone, as somebody copies it who does not know of the log beside it. */
function copyOf(file: string): string {
  const copy = join(temporaryFolder('crewline-no-log-'), 'runs.db');
  copyFileSync(file, copy);
  return copy;
}

test('a file without its log holds what was checkpointed, whole and to go on with', async () => {
  const file = newFile();
  const store = await open(file);
  const lease = begin(store);
  await Promise.all([lease.append(step(1)), lease.append(step(2))]);
  const db = await openDatabase(file);
  db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
  db.close();
  await lease.append(step(3));
  const copied = await open(copyOf(file), { readOnly: true });
  expect(valuesOf(copied)).toEqual([1, 2]);
  expect(copied.runs()).toEqual([expect.objectContaining({ runId: 'r1', status: 'running' })]);
  await Promise.all([copied.close(), store.close()]);
});

test('a file whose log was never checkpointed has no run, and says so', async () => {
  const file = newFile();
  const store = await open(file);
  await begin(store).append(step(1));
  const copied = await open(copyOf(file));
  expect((await errorOf(() => copied.records('r1'))).code).toBe('RUN_UNKNOWN');
  await Promise.all([copied.close(), store.close()]);
});
