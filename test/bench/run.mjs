// `npm run bench`: every figure as a ratio to a baseline of the same run, or as a cost. `npm run bench -- code http` picks.
import { codeTasks, memoryAgents, ratios } from './costs.mjs';
import { dbos } from './dbos.mjs';
import { durable } from './durable.mjs';
import { growth } from './growth.mjs';
import { http } from './http.mjs';
import { imports } from './imports.mjs';
import { makespans } from './makespans.mjs';
import { overBound } from './measure.mjs';
import { pacing } from './pacing.mjs';

const parts = {
  ratio: ratios,
  code: codeTasks,
  agents: memoryAgents,
  makespan: makespans,
  imports,
  growth,
  http,
  pacing,
  durable,
  dbos,
};
const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await part();
if (overBound().length > 0) {
  console.error(`\nOver their bounds:\n- ${overBound().join('\n- ')}`);
  process.exitCode = 1;
}
