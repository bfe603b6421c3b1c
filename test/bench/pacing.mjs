import { measured, report } from './measure.mjs';

const percent = (share) => share * 100;

/** 200 tasks on a server that takes 60 requests a minute, over HTTP; and what a lane costs. */
export async function pacing() {
  console.log('200 tasks on 60 requests a minute, over HTTP, on a fake clock');
  const naive = await measured('paced-crew.mjs', ['naive']);
  report('Promise.all of the same calls: failed', naive.failed, {});
  for (const [how, what] of [
    ['declared', 'requestsPerMinute declared'],
    ['told', 'told by headers only'],
  ]) {
    const run = await measured('paced-crew.mjs', [how]);
    report(`${what}: failed`, run.failed, { bound: 0 });
    report(`${what}: below the pace that is allowed`, percent(1 - run.pace), { unit: ' %', bound: 5 });
    report(`${what}: requests answered 429`, percent(run.refused), { unit: ' %', bound: 3 });
  }
  console.log('a place in a lane, taken and given back (CPU)');
  const cost = await measured('lane-costs.mjs', []);
  report('no limits', cost.open, { unit: ' ns', bound: 100 });
  report('maxConcurrency', cost.places, { unit: ' ns', bound: 100 });
  report('maxConcurrency, requests and tokens a minute', cost.minute, { unit: ' ns', bound: 1_000 });
  report('100,000 that wait: each', cost.waiter, { unit: ' µs' });
  // n log n alone is 1.1; memory caches and garbage add to it.
  report('growth exponent from 10,000 to 100,000 that wait', cost.exponent, { bound: 1.4 });
}
