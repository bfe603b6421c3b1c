/**
 * A layered random graph of 200 tasks that wait (20 to 100 ms), without a limit: how long the run takes over its critical
 * path. And under a limit of 8, 400 bulk tasks with a long chain declared last: over max(critical path, work / 8).
 */
import { Crew, Task } from 'crewline';
import { seeded } from './graphs.mjs';

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function criticalPath(tasks) {
  const ends = [];
  for (const { ms, needs } of tasks) ends.push(ms + Math.max(0, ...needs.map((id) => ends[id])));
  return Math.max(...ends);
}

async function makespan(tasks, maxConcurrency) {
  const crew = new Crew({
    name: 'bench',
    process: 'parallel',
    ...(maxConcurrency && { maxConcurrency }),
    tasks: tasks.map(
      ({ ms, needs }, id) =>
        new Task({
          name: `t${id}`,
          expectedMs: ms,
          context: needs.map((other) => `t${other}`),
          execute: () => wait(ms),
        }),
    ),
  });
  const start = performance.now();
  await crew.kickoff();
  return performance.now() - start;
}

const random = seeded(42);
const layered = Array.from({ length: 200 }, (_, id) => {
  const layer = Math.floor(id / 20);
  const above = (layer - 1) * 20;
  const needs = layer === 0 ? [] : [...new Set([0, 1, 2].map(() => above + Math.floor(random() * 20)))];
  return { ms: 20 + Math.floor(random() * 80), needs };
});

const k = 8;
const bulk = Array.from({ length: 400 }, () => ({ ms: 40, needs: [] }));
const chain = Array.from({ length: 30 }, (_, link) => ({ ms: 60, needs: link === 0 ? [] : [bulk.length + link - 1] }));
const limited = [...bulk, ...chain];
const work = limited.reduce((sum, { ms }) => sum + ms, 0);

await makespan(layered);
const free = Math.min(await makespan(layered), await makespan(layered)) / criticalPath(layered);
const bound = Math.max(criticalPath(limited), work / k);
const underLimit = Math.min(await makespan(limited, k), await makespan(limited, k)) / bound;
console.log(JSON.stringify({ free, underLimit }));
