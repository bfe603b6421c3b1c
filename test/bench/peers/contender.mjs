/**
 * One contender in a process of its own: `node contender.mjs <who> <part> <shape> <n> <rounds> <seconds> [url]`. One
 * warm-up, then as many rounds as fit into the seconds, `rounds` at most and three at least. Prints a JSON line: wall and
 * CPU in ms of the best round, and how many rounds there were, warm-up included.
 */
import { SHAPES } from '../graphs.mjs';

const [who, part, shape, count, limit, seconds, url] = process.argv.slice(2);
const n = Number(count);
const contender = await import(`./contenders/${who}.mjs`);
const work = contender[part]({ n, url, graph: SHAPES[shape](n) });
const end = performance.now() + Number(seconds) * 1000;
let best = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY };
let rounds = 0;
while (rounds <= Number(limit) && (rounds < 4 || performance.now() < end)) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const answers = await work();
  const wall = performance.now() - start;
  const used = process.cpuUsage(cpu);
  if (answers !== n) throw new Error(`${who}: ${answers} answers instead of ${n}`);
  if (rounds > 0) best = { wall: Math.min(best.wall, wall), cpu: Math.min(best.cpu, (used.user + used.system) / 1000) };
  rounds += 1;
}
process.stdout.write(`${JSON.stringify({ ...best, rounds })}\n`, () => process.exit(0));
