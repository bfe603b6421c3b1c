import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { isLive, newOwner } from '../../../src/engines/sqlite/owner.ts';
import { startWorker } from './children.ts';
import { begin, errorOf, newFile, open, step, valuesOf } from './stores.ts';

test('a run that a live process works on cannot be taken over, and the error names that process; once it was killed, it can', async () => {
  const file = newFile();
  const worker = startWorker([file, 'r1']);
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

test.skipIf(process.platform === 'win32')('a process that stood still while its run was taken over writes nothing more', async () => {
  const file = newFile();
  const worker = startWorker([file, 'r1']);
  await worker.saying(5);
  worker.process.kill('SIGSTOP');
  // As if seen from another machine, where only what the owner says counts, and much later.
  const store = await open(file, { now: () => Date.now() + 60_000, elsewhere: true });
  const lease = store.lease('r1');
  await lease.append(step(1, 'mine'));
  const before = store.records('r1');
  worker.process.kill('SIGCONT');
  // The worker ends with the error of its append.
  await expect(worker.saying(Number.POSITIVE_INFINITY)).rejects.toThrow(`Process ${process.pid} on`);
  expect(store.records('r1')).toEqual(before);
  await lease.append(step(2, 'mine too'));
  await store.close();
});
