import { measured, report } from './measure.mjs';

/** What durability costs: against the driver alone that writes as much, and in seconds and bytes. */
export async function durable() {
  for (const synchronous of ['full', 'normal']) {
    const { run, bare } = await measured('durable-tasks.mjs', [synchronous, 2_000], ['--expose-gc']);
    console.log(`\ndurable, synchronous ${synchronous}: 2,000 tasks of three steps that do nothing, 8,000 rows`);
    report('CPU, against the driver alone writing as many rows', run.cpu / bare.cpu, { unit: '×', bound: 16 });
    report('tasks a second', 2_000 / run.wall, {});
  }
  const { run, resume, peakBytes } = await measured('durable-tasks.mjs', ['full', 10_000], ['--expose-gc']);
  console.log('\ndurable, synchronous full: 10,000 tasks of three steps that do nothing, 40,000 rows');
  report('seconds for the run', run.wall, { unit: ' s', bound: 15 });
  report('memory on top of what the process had', peakBytes / 2 ** 20, { unit: ' MB', bound: 300 });
  report('resumed when only one task is left, against the run', resume.cpu / run.cpu, { unit: '×', bound: 0.6 });
  report('seconds to resume', resume.wall, { unit: ' s', bound: 1 });
}
