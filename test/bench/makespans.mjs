import { measured, report } from './measure.mjs';

export async function makespans() {
  console.log('makespan');
  const { free, underLimit } = await measured('makespan.mjs', []);
  report('200 tasks in random layers: / critical path', free, { bound: 1.02 });
  report('limit 8, bulk and a long chain declared last: / lower bound', underLimit, { bound: 1.04 });
}
