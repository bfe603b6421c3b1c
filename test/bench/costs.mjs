import { measured, median, report } from './measure.mjs';

const SHAPES = ['wide', 'layered', 'chain'];
const SIZES = [10_000, 100_000];

/** Code tasks that do nothing, graph built and run, each size in processes of its own. */
export async function codeTasks() {
  console.log('code tasks that do nothing: graph built and run');
  for (const shape of SHAPES) {
    const warm = await measured('code-tasks.mjs', ['crewline', shape, 1000, 60]);
    report(`${shape}, 1,000 warm: CPU a task`, warm.cpu, { unit: ' µs', bound: 10 });
    const cold = [];
    for (const n of SIZES) {
      const run = await median3(['crewline', shape, n, 1]);
      cold.push(run);
      const size = `${shape}, ${n.toLocaleString('en')} cold`;
      report(`${size}: wall a task`, run.wall, { unit: ' µs', bound: 10 });
      // At 10,000, up to half of it is V8's compiler on other threads, busy with code that is warm soon after.
      report(`${size}: CPU a task, all threads`, run.cpu, { unit: ' µs', ...(n > 10_000 && { bound: 10 }) });
    }
    const [small, large] = cold;
    report(`${shape}, 100,000: memory kept a task`, large.bytes / 1024, { unit: ' KB', bound: 3 });
    report(`${shape}, 100,000: memory at its peak, garbage included, a task`, large.peakBytes / 1024, {
      unit: ' KB',
      bound: 3,
    });
    // Cost ~ n^e between the two sizes; per-task costs divide out one n.
    report(`${shape}, growth exponent from 10,000 to 100,000`, 1 + Math.log10(large.cpu / small.cpu), { bound: 1.1 });
  }
}

async function median3(args) {
  const runs = [];
  for (let run = 0; run < 3; run += 1) runs.push(await measured('code-tasks.mjs', args, ['--expose-gc']));
  const middle = (key) => median(runs.map((run) => run[key]));
  return { wall: middle('wall'), cpu: middle('cpu'), bytes: middle('bytes'), peakBytes: middle('peakBytes') };
}

/** The same beside a bare scheduler in the same process: what `npm run gates` holds. */
export async function ratios() {
  console.log('code tasks that do nothing, against a bare reference scheduler in the same process');
  for (const shape of SHAPES) {
    let { ratio } = await measured('ratio.mjs', [shape, 100_000, 7]);
    // A busy machine can spoil one measurement; code that is too slow is so twice.
    if (ratio > 2) ({ ratio } = await measured('ratio.mjs', [shape, 100_000, 7]));
    report(`${shape}, 100,000 tasks: CPU / reference`, ratio, { bound: 2 });
  }
}

/** Agent tasks on a model in memory. */
export async function memoryAgents() {
  console.log('agent tasks on a model in memory: prompt, events, usage');
  const { cpu } = await measured('agent-tasks.mjs', [1000]);
  report('1,000 warm: CPU a task', cpu, { unit: ' µs', bound: 40 });
}
