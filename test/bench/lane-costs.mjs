/** What a lane costs, in a process of its own: a place taken and given back at once; many that wait, of all priorities. */
import { Lane } from '../../dist/calls/lane.js';
import { realRuntime } from '../../dist/internal/runtime.js';
import { seeded } from './graphs.mjs';

const ROUNDS = 5;
const CALLS = 500_000;
const OUTCOME = { tokens: 80 };
const { signal } = new AbortController();
const REQUEST = { tokens: 100, priority: () => 0, signal: () => signal, onWait: () => {} };

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The fastest of some rounds, in milliseconds. */
function fastest(work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const began = cpuMs();
    work();
    best = Math.min(best, cpuMs() - began);
  }
  return best;
}

function uncontended(limits) {
  const lane = new Lane(realRuntime, limits);
  const ms = fastest(() => {
    for (let call = 0; call < CALLS; call += 1) {
      const lease = lane.acquire(REQUEST);
      lease.goesOut?.();
      lease.release(OUTCOME);
    }
  });
  return (ms / CALLS) * 1e6;
}

async function waiters(count) {
  const random = seeded(1);
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round += 1) {
    const lane = new Lane(realRuntime, { maxConcurrency: 8 });
    const began = cpuMs();
    const ended = Array.from({ length: count }, async () => {
      const lease = await lane.acquire({ ...REQUEST, priority: random });
      lease.release(OUTCOME);
    });
    await Promise.all(ended);
    best = Math.min(best, cpuMs() - began);
  }
  return best / count;
}

const minute = { maxConcurrency: 64, requestsPerMinute: 1e9, tokensPerMinute: 1e12 };
const open = uncontended({});
const places = uncontended({ maxConcurrency: 64 });
const counted = uncontended(minute);
const few = await waiters(10_000);
const many = await waiters(100_000);
const exponent = 1 + Math.log10(many / few);
console.log(JSON.stringify({ open, places, minute: counted, waiter: many * 1000, exponent }));
