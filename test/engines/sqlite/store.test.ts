import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { libsqlDriver, nodeDriver, openDatabase } from '../../../src/engines/sqlite/driver.ts';
import type { Json } from '../../../src/spec/json.ts';
import { RUNS } from '../../sizes.ts';
import { begin, driverThat, errorOf, newFile, open, step, valuesOf } from './stores.ts';

/** Any text JavaScript can hold, also half a surrogate pair, NUL, and what looks like JSON. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('', '"', '"\\ud800"', '\0', 'a\0b', '\ud800', '__proto__', 'é'.repeat(300)),
);
const anyJson = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, false),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
    anyText,
    fc.array(tie('json'), { maxLength: 4 }),
    fc.array(fc.tuple(anyText, tie('json')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
    anyText.map((text) => text.padEnd(70_000, 'big')),
  ),
})).json;

test('what a run was begun with, what it recorded and how it ended come back as they were written, in order', async () => {
  const store = await open(newFile());
  let run = 0;
  const kind = fc.constantFrom('step', 'task', 'signal', 'note');
  const records = fc.array(fc.record({ kind, key: anyText, name: anyText, value: anyJson }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ crew: anyText, inputs: anyJson, result: anyJson, status: fc.oneof(anyText, fc.constant('paused')) }),
      records,
      async (given, rows) => {
        const { crew, inputs, result, status } = given;
        run += 1;
        const runId = `run-${run}`;
        const admission = { runId, crew, definition: JSON.stringify(result), inputs, at: run };
        const lease = store.admit(admission);
        await Promise.all(rows.map((row) => lease.append(row)));
        await lease.end(status, result);
        const read = store.records(runId);
        expect(read.run).toEqual(admission);
        expect(read.records.map(({ kind, key, name, value }) => ({ kind, key, name, value }))).toEqual(rows);
        expect(read.end).toEqual({ status, result });
        expect(store.runs({ limit: 1 })[0]).toMatchObject({ runId, crew, status });
      },
    ),
    { numRuns: Math.ceil(RUNS / 20) },
  );
  await store.close();
});

test('keys named __proto__ are data', async () => {
  const store = await open(newFile());
  const value: Json = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}');
  await begin(store).append(step(1, value));
  expect(JSON.stringify(valuesOf(store))).toBe('[{"__proto__":{"polluted":true},"constructor":1}]');
  await store.close();
});

test('all that is appended in one tick is one commit, also what later microtasks of it append, by several runs', async () => {
  let commits = 0;
  const store = await open(newFile(), {
    drivers: [driverThat({ onRun: (sql) => (commits += Number(sql === 'COMMIT')) })],
  });
  const [one, two] = [begin(store, 'one'), begin(store, 'two')];
  commits = 0;
  const appended: Promise<void>[] = [];
  for (let number = 0; number < 100; number += 1) appended.push(one.append(step(number)), two.append(step(number)));
  const late = Promise.resolve().then(() => one.append(step(100)));
  // Nothing is there before the promise says so.
  expect(valuesOf(store, 'one')).toEqual([]);
  await appended[0];
  expect(commits).toBe(1);
  expect(valuesOf(store, 'one')).toEqual(Array.from({ length: 101 }, (_, number) => number));
  expect(valuesOf(store, 'two')).toHaveLength(100);
  await Promise.all([...appended, late]);
  await one.append(step(101));
  expect(commits).toBe(2);
  await store.close();
});

test('large values are kept once, however many rows have them, and go when the last of their runs does', async () => {
  const file = newFile();
  const store = await open(file);
  const big = 'x'.repeat(100_000);
  for (const runId of ['one', 'two']) {
    const lease = begin(store, runId);
    await Promise.all([1, 2, 3].map((number) => lease.append(step(number, big))));
    await lease.end('done', big);
  }
  const blobs = (await openDatabase(file)).prepare("SELECT count(*) AS n FROM blobs WHERE text LIKE '\"xxx%'");
  expect(blobs.get()).toEqual({ n: 1 });
  expect(valuesOf(store, 'two')).toEqual([big, big, big]);
  expect(store.prune({ before: 1_001 })).toBe(2);
  expect(blobs.get()).toEqual({ n: 0 });
  expect(store.runs()).toEqual([]);
  await store.close();
});

test('the runs are listed, those begun last first, with how they stand and who has them', async () => {
  let now = 1_000;
  const store = await open(newFile(), { now: () => now });
  for (const [index, runId] of ['first', 'second', 'third'].entries()) {
    const lease = store.admit({ runId, crew: 'birds', definition: '{}', inputs: {}, at: index });
    now += 10;
    if (runId === 'first') await lease.end('failed', null);
    if (runId === 'second') await lease.release();
  }
  const nothingDone = { tasks: 0, done: 0, costUsd: 0 };
  expect(store.runs()).toEqual([
    expect.objectContaining({
      runId: 'third',
      status: 'running',
      owner: expect.objectContaining({ pid: process.pid, live: true }),
    }),
    { runId: 'second', crew: 'birds', status: 'paused', startedAt: 1, updatedAt: 1_020, ...nothingDone },
    { runId: 'first', crew: 'birds', status: 'failed', startedAt: 0, updatedAt: 1_010, ...nothingDone },
  ]);
  expect(store.runs({ limit: 1 })).toHaveLength(1);
  await store.close();
});

test('only runs that have ended, and before the time given, are pruned', async () => {
  let now = 1_000;
  const store = await open(newFile(), { now: () => now });
  const [old, paused, held, late] = [
    begin(store, 'old'),
    begin(store, 'paused'),
    begin(store, 'held'),
    begin(store, 'late'),
  ];
  await Promise.all([old.end('done', null), paused.release(), held.append(step(1))]);
  now = 2_000;
  await late.end('done', null);
  expect(store.prune({ before: 2_000 })).toBe(1);
  expect(store.prune({ before: 2_000 })).toBe(0);
  expect(
    store
      .runs()
      .map(({ runId }) => runId)
      .sort(),
  ).toEqual(['held', 'late', 'paused']);
  expect((await errorOf(() => store.records('old'))).code).toBe('RUN_UNKNOWN');
  await store.close();
});

test('an id that is there cannot be begun again, and one that is not is answered with the one that was meant', async () => {
  const store = await open(newFile());
  expect((await errorOf(() => store.lease('r1'))).message).toContain('It has none.');
  begin(store, 'morning-run');
  const twice = await errorOf(() => begin(store, 'morning-run'));
  expect([twice.code, twice.message]).toEqual(['RUN_DUPLICATE', expect.stringContaining('morning-run')]);
  for (const call of [
    () => store.lease('mornin-run'),
    () => store.records('mornin-run'),
    () => store.salvage('mornin-run'),
  ]) {
    const error = await errorOf(call);
    expect([error.code, error.message]).toEqual(['RUN_UNKNOWN', expect.stringContaining('Did you mean morning-run?')]);
  }
  expect((await errorOf(() => store.records('xyz'))).message).toContain('The last ones are: morning-run.');
  await store.close();
});

test('what is no JSON is refused, and the lease goes on', async () => {
  const store = await open(newFile());
  const lease = begin(store);
  const circle: { [key: string]: Json } = {};
  circle['self'] = circle;
  await expect(lease.append(step(1, circle))).rejects.toThrow('circular');
  await lease.append(step(2));
  expect(valuesOf(store)).toEqual([2]);
  await store.close();
});

test('an ended run says so until somebody goes on with it', async () => {
  const store = await open(newFile());
  const lease = begin(store);
  await Promise.all([lease.append(step(1)), lease.end('failed', { why: 'money' })]);
  expect((await errorOf(() => lease.append(step(2)))).code).toBe('RUN_LOCKED');
  await lease.release();
  expect(store.records('r1').end).toEqual({ status: 'failed', result: { why: 'money' } });
  const second = store.lease('r1');
  expect(second.epoch).toBe(2);
  expect(store.records('r1').end).toBeUndefined();
  await second.append(step(2));
  await second.end('done', 'ok');
  expect(store.records('r1')).toMatchObject({
    takeovers: [{ seq: 4, at: 1_000, pid: process.pid }],
    records: [
      { seq: 2, value: 1 },
      { seq: 5, value: 2 },
    ],
    end: { status: 'done', result: 'ok' },
  });
  await store.close();
});

test('a store is closed with all that was appended, and what it held can be taken on', async () => {
  const file = newFile();
  const store = await open(file);
  const lease = begin(store);
  const appended = lease.append(step(1));
  await store.close();
  await appended;
  expect((await errorOf(() => lease.append(step(2)))).code).toBe('RUN_LOCKED');
  const again = await open(file);
  expect(again.runs()[0]?.status).toBe('paused');
  await again.lease('r1').append(step(2));
  expect(valuesOf(again)).toEqual([1, 2]);
  await again.close();
});

test.skipIf(process.platform === 'win32')(
  'only its owner can read the files, and the folder made for them',
  async () => {
    const file = newFile();
    const store = await open(file);
    begin(store);
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(dirname(file))).toBe('700');
    const names = readdirSync(dirname(file)).sort();
    expect(names).toEqual(['runs.db', 'runs.db-shm', 'runs.db-wal']);
    for (const name of names) expect([name, modeOf(`${dirname(file)}/${name}`)]).toEqual([name, '600']);
    await store.close();
  },
);

test('a file of a later version is left as it is, and the error says who wrote it', async () => {
  const file = newFile();
  await (await open(file)).close();
  const db = await openDatabase(file);
  db.exec("PRAGMA user_version = 7; UPDATE about SET value = '3.2.1'");
  db.close();
  const error = await errorOf(() => open(file));
  expect(error.code).toBe('STORE_TOO_NEW');
  expect(error.message).toMatch(/later Crewline 3\.2\.1 \(format 7\).*formats up to 2.*npm install crewline@latest/);
});

test('a file of another program is not taken for a store, and not changed', async () => {
  const file = newFile();
  await (await open(file)).close();
  const text = `${file}.txt`;
  writeFileSync(text, 'Dear diary, nothing happened today. '.repeat(40));
  expect((await errorOf(() => open(text))).code).toBe('STORE_CORRUPT');
  expect(statSync(text).size).toBe(36 * 40);
  const foreign = await openDatabase(`${file}.other`);
  foreign.exec('CREATE TABLE bookmarks (url)');
  const error = await errorOf(() => open(`${file}.other`));
  expect([error.code, error.message]).toEqual(['STORE_CORRUPT', expect.stringContaining('it is no store of Crewline')]);
  foreign.close();
});

test('without any driver, the error names the command that installs one', async () => {
  const missing = async () => {
    throw new Error("Cannot find package 'libsql'");
  };
  const error = await errorOf(() => open(newFile(), { drivers: [async () => undefined, missing] }));
  expect(error.code).toBe('ENGINE_DRIVER_MISSING');
  expect(error.message).toContain('npm install libsql');
});

test('both drivers read what the other wrote', async ({ skip }) => {
  if ((await nodeDriver()) === undefined) skip('this Node has no SQLite of its own');
  const file = newFile();
  for (const [index, driver] of [nodeDriver, libsqlDriver, nodeDriver].entries()) {
    const store = await open(file, { drivers: [driver] });
    const lease = index === 0 ? begin(store) : store.lease('r1');
    await lease.append(step(index, '\ud800\0é'));
    expect(valuesOf(store)).toHaveLength(index + 1);
    await store.close();
  }
});

test('a clock with fractions of a millisecond damages nothing', async () => {
  const store = await open(newFile(), { now: () => 1_000.25 });
  const { runId } = store.admit({ runId: 'r1', crew: 'birds', definition: '{}', inputs: {}, at: 500.5 });
  expect(store.records(runId).run.at).toBe(500);
  expect(store.runs()[0]).toMatchObject({ runId, startedAt: 500, updatedAt: 1_000 });
  await store.close();
});

test('many stores can be opened on a new file at once', async () => {
  const file = newFile();
  const stores = await Promise.all(Array.from({ length: 8 }, () => open(file)));
  for (const [index, store] of stores.entries()) begin(store, `run-${index}`);
  expect(stores[0]?.runs()).toHaveLength(8);
  for (const store of stores) await store.close();
});

test('a list of runs, and what is learnt from them, does not read what tasks came to', async () => {
  const file = newFile();
  const store = await open(file, { now: () => 1_000 });
  const lease = begin(store, 'large');
  const outcome = (name: string, length: number, costUsd: number | null) => ({
    ...{ name, status: 'done', output: 'x'.repeat(length), durationMs: 7, usage: { costUsd }, reusedFrom: null },
  });
  await lease.append({ kind: 'task', key: 'inline', name: 'done', value: outcome('inline', 10, 0.5) });
  await lease.append({ kind: 'task', key: 'apart', name: 'done', value: outcome('apart', 100_000, 0.25) });
  await lease.append({
    kind: 'task',
    key: 'taken',
    name: 'done',
    value: { ...outcome('taken', 1, 0), reusedFrom: 'r' },
  });
  await lease.end('done', null);
  const told = () => ({ run: store.summary('large'), learnt: store.learnt('birds') });
  const before = told();
  expect(before.run).toMatchObject({ done: 3, costUsd: 0.75 });
  expect([...(before.learnt?.tasks ?? [])]).toEqual([
    ['inline', { ms: 7, costUsd: 0.5 }],
    ['apart', { ms: 7, costUsd: 0.25 }],
  ]);
  const db = await openDatabase(file);
  db.exec(
    "UPDATE records SET value = 'no JSON' WHERE label LIKE '%task%'; DELETE FROM blobs WHERE length(text) > 50000",
  );
  db.close();
  expect(told()).toEqual(before);
  await store.close();
});

test('rows of a file of the first previews, which tell nothing in brief, are read up to a bound', async () => {
  const file = newFile();
  const store = await open(file, { now: () => 1_000 });
  const lease = begin(store, 'old');
  const value = { output: 'x'.repeat(300_000), durationMs: 7, usage: { costUsd: 1 }, reusedFrom: null };
  for (const key of ['a', 'b', 'c', 'd'])
    await lease.append({ kind: 'task', key, name: 'done', value: { ...value, key } });
  await lease.end('done', null);
  const db = await openDatabase(file);
  for (const key of ['a', 'b', 'c', 'd']) {
    db.exec(`UPDATE records SET label = '["task","${key}","done"]' WHERE label LIKE '["task","${key}"%'`);
  }
  db.close();
  expect([...(store.learnt('birds')?.tasks.keys() ?? [])]).toEqual(['a', 'b', 'c']);
  expect(store.summary('old')).toMatchObject({ done: 4, costUsd: null });
  await store.close();
});
