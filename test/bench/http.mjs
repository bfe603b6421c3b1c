import { measured, median, report, withServer } from './measure.mjs';

const PAIRS = 5;

/** Crewline and a hand-written `Promise.all` over the openai package, in turn, each in a process of its own. */
async function pairs(shape, n, { delayMs, rounds }) {
  return withServer(delayMs, async (url, count) => {
    const ratios = { wall: [], cpu: [], peakMb: [] };
    let requests = 0;
    let raw;
    let crewline;
    for (let pair = 0; pair < PAIRS; pair += 1) {
      raw = await measured('contender.mjs', ['raw', shape, n, url, rounds]);
      const before = await count();
      crewline = await measured('contender.mjs', ['crewline', shape, n, url, rounds]);
      requests = (await count()) - before;
      for (const key of Object.keys(ratios)) ratios[key].push(crewline[key] / raw[key]);
    }
    return { ratios, requests, perRound: requests / (rounds + 1), raw, crewline };
  });
}

/** 1,000 independent agent tasks of one 50 ms call and a join; a chain of 100 tasks without latency. */
export async function http() {
  console.log('over HTTP, against Promise.all over the openai package (median of pairs)');
  const wide = await pairs('wide', 1000, { delayMs: 50, rounds: 3 });
  report('1,000 tasks of 50 ms, then a join: wall / raw', median(wide.ratios.wall), { bound: 1 });
  report('1,000 tasks of 50 ms, then a join: CPU / raw', median(wide.ratios.cpu), { bound: 1 });
  report('1,000 tasks of 50 ms, then a join: peak memory / raw', median(wide.ratios.peakMb), { bound: 1 });
  report('requests a task', wide.perRound / 1000, { bound: 1 });
  const chain = await pairs('chain', 100, { delayMs: 0, rounds: 5 });
  report('chain of 100 tasks without latency: wall / raw', median(chain.ratios.wall), { bound: 1 });
  report('chain of 100 tasks without latency: CPU / raw', median(chain.ratios.cpu), { bound: 1 });
}
