/**
 * Code tasks that do nothing, built and run by Crewline and by a bare reference scheduler, in turn, in one process:
 * `node ratio.mjs <shape> <n> <rounds>`. Prints the CPU of the best round of each, in µs a task, as JSON: what else the machine
 * does makes rounds longer, never shorter.
 */
import { Crew, Task } from 'crewline';
import { SHAPES } from './graphs.mjs';
import { reference } from './reference.mjs';

const [shape, count, rounds] = process.argv.slice(2);
const n = Number(count);
const graph = SHAPES[shape](n);
const noop = async () => null;
const declared = (needs, id) => ({ name: `t${id}`, execute: noop, context: needs.map((other) => `t${other}`) });

async function crewline() {
  const tasks = graph.map((needs, id) => new Task(declared(needs, id)));
  return (await new Crew({ name: 'bench', tasks, process: 'parallel' }).kickoff()).tasks;
}

async function cpuOf(work) {
  globalThis.gc?.();
  const before = process.cpuUsage();
  const tasks = await work();
  const used = process.cpuUsage(before);
  if (tasks[`t${n - 1}`].status !== 'done') throw new Error('the last task was not done');
  return (used.user + used.system) / n;
}

const ours = [];
const bare = [];
for (let round = 0; round < Number(rounds); round += 1) {
  ours.push(await cpuOf(crewline));
  bare.push(await cpuOf(() => reference(graph.map(declared))));
}
console.log(JSON.stringify({ ours: Math.min(...ours), bare: Math.min(...bare) }));
