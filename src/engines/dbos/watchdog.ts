import { Worker } from 'node:worker_threads';
import { realRuntime } from '../../internal/runtime.ts';

/** How often it is looked at, and beats, in each lease; a process that stood still as a whole beats again before the third look. */
const LOOKS_PER_LEASE = 5;
const BEATS_PER_LEASE = 20;

/** A thread of its own: in this one nothing is called while something never yields. Plain text, so that it needs no file. */
const WATCHER = `
const { workerData: { beats, leaseMs, lookMs } } = require('node:worker_threads');
let last = -1, since = 0, looks = 0;
setInterval(() => {
  const now = Atomics.load(beats, 0);
  if (now !== last) [last, since, looks] = [now, performance.now(), 0];
  else if (++looks >= 3 && performance.now() - since >= leaseMs) process.kill(process.pid, 'SIGKILL');
}, lookMs);
`;

/**
 * Ends this process once its event loop has not turned for a lease: others go on with its work by then, and it would hold
 * its machine for ever. The function returned calls it off.
 */
export function watchLoop(leaseMs: number): () => void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { beats, leaseMs, lookMs: leaseMs / LOOKS_PER_LEASE };
  const watcher = new Worker(WATCHER, { eval: true, workerData });
  watcher.unref();
  let cancel = () => {};
  const beat = () => {
    Atomics.add(beats, 0, 1);
    cancel = realRuntime.timer(leaseMs / BEATS_PER_LEASE, beat);
  };
  beat();
  return () => {
    cancel();
    void watcher.terminate();
  };
}
