/**
 * Code tasks that do nothing, built and run by Crewline and by a bare reference scheduler, in turn, in one process:
 * `node ratio.mjs <shape> <n> <rounds>`. Prints the median ratio of their CPU as JSON.
 */
import { Crew, Task } from 'crewline';
import { SHAPES } from './graphs.mjs';
import { median } from './measure.mjs';
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
  const before = process.cpuUsage();
  const tasks = await work();
  const used = process.cpuUsage(before);
  if (tasks[`t${n - 1}`].status !== 'done') throw new Error('the last task was not done');
  return (used.user + used.system) / n;
}

// The first round warms both up.
await cpuOf(crewline);
await cpuOf(() => reference(graph.map(declared)));
const ratios = [];
for (let round = 0; round < Number(rounds); round += 1) {
  const ours = await cpuOf(crewline);
  ratios.push(ours / (await cpuOf(() => reference(graph.map(declared)))));
}
console.log(JSON.stringify({ ratio: median(ratios) }));
