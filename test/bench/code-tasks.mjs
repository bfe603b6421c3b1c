/**
 * Code tasks that do nothing, built and run: `node code-tasks.mjs <who> <shape> <n> <rounds>`. Prints a JSON line: CPU and
 * wall in µs a task of the best round (of one round: cold), bytes a task that stay with
 * the result, and by how many the process had grown at its largest.
 */
import { SHAPES } from './graphs.mjs';
import { reference } from './reference.mjs';

const [who, shape, count, rounds] = process.argv.slice(2);
const n = Number(count);
const graph = SHAPES[shape](n);
const { Crew, Task } = who === 'crewline' ? await import('crewline') : {};
const noop = async () => null;

async function crewline() {
  const tasks = graph.map(
    (needs, id) => new Task({ name: `t${id}`, execute: noop, context: needs.map((other) => `t${other}`) }),
  );
  const result = await new Crew({ name: 'bench', tasks, process: 'parallel' }).kickoff();
  return result.tasks;
}

// What runs crews loads with the first kickoff; loading is measured with the import, not here.
if (Crew !== undefined)
  await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: noop })] }).kickoff();

const bare = () =>
  reference(graph.map((needs, id) => ({ name: `t${id}`, execute: noop, context: needs.map((other) => `t${other}`) })));

globalThis.gc?.();
const before = process.memoryUsage().rss;
let best = { cpu: Number.POSITIVE_INFINITY, wall: Number.POSITIVE_INFINITY, bytes: 0 };
for (let round = 0; round < Number(rounds); round += 1) {
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const tasks = await (who === 'crewline' ? crewline() : bare());
  const wall = ((performance.now() - start) * 1000) / n;
  const used = process.cpuUsage(cpu);
  globalThis.gc?.();
  const bytes = (process.memoryUsage().heapUsed - heap) / n;
  if (tasks[`t${n - 1}`].status !== 'done') throw new Error('the last task was not done');
  best = { cpu: Math.min(best.cpu, (used.user + used.system) / n), wall: Math.min(best.wall, wall), bytes };
}
console.log(JSON.stringify({ ...best, peakBytes: (process.resourceUsage().maxRSS * 1024 - before) / n }));
