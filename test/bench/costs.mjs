import { measured, median, report } from './measure.mjs';

const SHAPES = ['wide', 'layered', 'chain'];

/** Code tasks that do nothing, graph built and run, in processes of their own, beside a bare reference scheduler. */
export async function codeTasks() {
  console.log('code tasks that do nothing: graph built and run');
  for (const shape of SHAPES) {
    const warm = await measured('code-tasks.mjs', ['crewline', shape, 1000, 60]);
    report(`${shape}, 1,000 warm: CPU a task`, warm.cpu, { unit: ' µs', bound: 10 });
    const small = await thrice(['crewline', shape, 10_000, 1]);
    report(`${shape}, 10,000 cold: CPU a task`, small.cpu, { unit: ' µs', bound: 10 });
    const large = await thrice(['crewline', shape, 100_000, 1]);
    report(`${shape}, 100,000 cold: CPU a task`, large.cpu, { unit: ' µs', bound: 10 });
    report(`${shape}, 100,000: memory kept a task`, large.bytes / 1024, { unit: ' KB', bound: 3 });
    report(`${shape}, 100,000: memory at its peak, garbage included, a task`, large.peakBytes / 1024, {
      unit: ' KB',
      bound: 3,
    });
    // Cost ~ n^e between the two sizes; per-task costs divide out one n.
    const exponent = 1 + Math.log10(large.cpu / small.cpu);
    report(`${shape}, growth exponent from 10,000 to 100,000`, exponent, { bound: 1.1 });
    const bare = await thrice(['reference', shape, 100_000, 1]);
    report(`${shape}, 100,000 cold: CPU / bare reference scheduler`, large.cpu / bare.cpu, { bound: 2 });
  }
}

async function thrice(args) {
  const runs = [];
  for (let run = 0; run < 3; run += 1) runs.push(await measured('code-tasks.mjs', args, ['--expose-gc']));
  const middle = (key) => median(runs.map((run) => run[key]));
  return { cpu: middle('cpu'), bytes: middle('bytes'), peakBytes: middle('peakBytes') };
}

/** Agent tasks on a model in memory. */
export async function memoryAgents() {
  console.log('agent tasks on a model in memory: prompt, events, usage');
  const { cpu } = await measured('agent-tasks.mjs', [1000]);
  report('1,000 warm: CPU a task', cpu, { unit: ' µs', bound: 40 });
}
