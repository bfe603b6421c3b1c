import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { isLive, newOwner } from '../../../src/engines/sqlite/owner.ts';
import { startWorker } from './children.ts';
import { begin, errorOf, newFile, open, step, valuesOf } from './stores.ts';

const elsewhere = { ...newOwner(), host: 'elsewhere', pid: 1, id: 'other' };

test('a run that a live process works on cannot be taken over, and the error names that process; once it was killed, it can', async () => {
  const file = newFile();
  const worker = startWorker([file, 'r1', 'begin']);
  await worker.saying(5);
  const store = await open(file, { now: () => Date.now() });
  const error = await errorOf(() => store.lease('r1'));
  expect(error.code).toBe('RUN_LOCKED');
  expect(error.message).toContain(`Process ${worker.process.pid} on ${hostname()}`);
  expect(store.runs()[0]?.owner).toEqual({ pid: worker.process.pid, host: hostname(), live: true });
  await worker.kill();
  expect(store.runs()[0]?.owner?.live).toBe(false);
  const lease = store.lease('r1');
  expect(lease.epoch).toBe(2);
  await lease.append(step(1, 'mine'));
  expect(valuesOf(store).at(-1)).toBe('mine');
  await store.close();
});

test.skipIf(process.platform === 'win32')(
  'a process that stood still while its run was taken over writes nothing more',
  async () => {
    const file = newFile();
    const worker = startWorker([file, 'r1', 'begin', '20']);
    while (!worker.said.includes('stopping')) await worker.saying(worker.said.length + 1);
    // As if seen from another machine, where only what the owner says counts, and much later.
    const store = await open(file, { now: () => Date.now() + 60_000, owner: elsewhere });
    const lease = store.lease('r1');
    await lease.append(step(1, 'mine'));
    const before = store.records('r1');
    worker.process.kill('SIGCONT');
    // The worker ends with the error of its append.
    await expect(worker.saying(Number.POSITIVE_INFINITY)).rejects.toThrow('Process 1 on elsewhere');
    expect(JSON.stringify(store.records('r1'))).toBe(JSON.stringify(before));
    await lease.append(step(2, 'mine too'));
    await store.close();
  },
);

test('of an owner on another machine only counts when it was last heard of', async () => {
  let now = 100_000;
  const file = newFile();
  const store = await open(file, { now: () => now });
  const other = await open(file, { now: () => now, owner: elsewhere });
  const lease = begin(store);
  now += 14_999;
  expect((await errorOf(() => other.lease('r1'))).code).toBe('RUN_LOCKED');
  await lease.renew();
  now += 14_999;
  expect((await errorOf(() => other.lease('r1'))).code).toBe('RUN_LOCKED');
  await lease.append(step(1));
  now += 15_000;
  const second = other.lease('r1');
  expect(store.runs()[0]?.owner).toEqual({ pid: 1, host: 'elsewhere', live: true });
  expect(second.epoch).toBe(2);
  await store.close();
  await other.close();
});

test('who lost its run is refused every write and writes nothing, while its other runs go on', async () => {
  let now = 0;
  const file = newFile();
  const store = await open(file, { now: () => now });
  const other = await open(file, { now: () => now, owner: elsewhere });
  const [lost, kept] = [begin(store, 'lost'), begin(store, 'kept')];
  await lost.append(step(1));
  now = 20_000;
  const lease = other.lease('lost');
  // All of one tick, and so in one transaction.
  const attempts = [lost.append(step(2)), kept.append(step(1)), lost.end('done', 'wrong')];
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
  for (const write of [() => lost.append(step(3)), () => lost.renew(), () => lost.end('done', 1), () => attempts[0]]) {
    const error = await errorOf(write);
    expect([error.code, error.runId]).toEqual(['RUN_LOCKED', 'lost']);
    expect(error.message).toContain('Process 1 on elsewhere');
  }
  // There is nothing to give back.
  await lost.release();
  await lease.append(step(2, 'right'));
  expect(valuesOf(store, 'lost')).toEqual([1, 'right']);
  expect(valuesOf(store, 'kept')).toEqual([1]);
  expect(store.records('lost').end).toBeUndefined();
  await store.close();
  expect(other.runs().map(({ runId, status }) => `${runId} ${status}`)).toEqual(['lost running', 'kept paused']);
  await other.close();
});

test('who lost its run hears so also when that is over and was removed, and its other runs go on', async () => {
  let now = 0;
  const file = newFile();
  const store = await open(file, { now: () => now });
  const other = await open(file, { now: () => now, owner: elsewhere });
  const [lost, kept] = [begin(store, 'lost'), begin(store, 'kept')];
  now = 20_000;
  await other.lease('lost').end('done', 1);
  other.prune({ before: 30_000 });
  const outcomes = await Promise.allSettled([lost.append(step(1)), kept.append(step(1))]);
  expect(outcomes).toMatchObject([{ reason: { code: 'RUN_LOCKED', runId: 'lost' } }, { status: 'fulfilled' }]);
  expect(store.runs().map(({ runId }) => runId)).toEqual(['kept']);
  await Promise.all([store.close(), other.close()]);
});

test('two stores in one process are two owners', async () => {
  const file = newFile();
  const [one, two] = [await open(file), await open(file)];
  const lease = begin(one);
  expect((await errorOf(() => two.lease('r1'))).code).toBe('RUN_LOCKED');
  expect((await errorOf(() => one.lease('r1'))).code).toBe('RUN_LOCKED');
  // Given back and taken in one tick.
  const released = lease.release();
  expect(one.lease('r1').epoch).toBe(2);
  await released;
  await one.close();
  expect(two.lease('r1').epoch).toBe(3);
  await two.close();
});

test('nobody looks at a renewal, and one that fails ends no process', async () => {
  let now = 0;
  const file = newFile();
  const store = await open(file, { now: () => now });
  const other = await open(file, { now: () => now, owner: elsewhere });
  const lease = begin(store);
  now = 20_000;
  other.lease('r1');
  void lease.renew();
  await new Promise((resolve) => setImmediate(resolve));
  expect((await errorOf(() => lease.append(step(1)))).code).toBe('RUN_LOCKED');
  await Promise.all([store.close(), other.close()]);
});

test('a process that is alive, one that is gone, and one that was given the pid of another are told apart', () => {
  const me = newOwner();
  const late = { ageMs: 60_000, leaseMs: 15_000 };
  const recent = { ageMs: 10, leaseMs: 15_000 };
  const gone = { ...me, pid: 2 ** 22 + 1 };
  expect(isLive(gone, me, recent)).toBe(false);
  expect(isLive({ ...me, space: 'another container' }, me, recent)).toBe(true);
  expect(isLive({ ...me, space: 'another container' }, me, late)).toBe(false);
  // A clock that was set back by an hour.
  expect(isLive({ ...me, host: 'elsewhere' }, me, { ageMs: -3_600_000, leaseMs: 15_000 })).toBe(false);
  // Where the kernel does not tell when a process began.
  const blind = { ...me, started: '' };
  expect([
    isLive(blind, blind, recent),
    isLive(blind, blind, late),
    isLive({ ...blind, pid: gone.pid }, blind, recent),
  ]).toEqual([true, false, false]);
});

test.runIf(process.platform === 'linux')(
  'on Linux a live process counts, however long it was silent, and a reused pid does not',
  () => {
    const me = newOwner();
    const late = { ageMs: 60_000, leaseMs: 15_000 };
    expect(isLive(me, newOwner(), late)).toBe(true);
    expect(isLive({ ...me, started: '1' }, me, late)).toBe(false);
    // Process 1 is always there, and may be somebody else's.
    expect(isLive({ ...me, pid: 1, started: '1' }, me, late)).toBe(false);
  },
);

test.runIf(process.platform === 'linux')(
  'a process that has died counts as dead before its parent has asked how it ended',
  async () => {
    // The shell becomes another program, which never asks.
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [said] = await once(parent.stdout, 'data');
    const pid = Number(String(said));
    const until = async (isSo: () => boolean) => {
      while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
    };
    const stat = (of: number | undefined) => readFileSync(`/proc/${of}/stat`, 'utf8').split(' ');
    try {
      // Before that the shell might still ask.
      await until(() => stat(parent.pid)[1] === '(sleep)');
      process.kill(pid, 'SIGKILL');
      await until(() => stat(pid)[2] === 'Z');
      const me = newOwner();
      const dead = { ...me, pid, started: String(stat(pid)[21]) };
      expect(isLive(dead, me, { ageMs: 0, leaseMs: 15_000 })).toBe(false);
    } finally {
      parent.kill('SIGKILL');
    }
  },
);
