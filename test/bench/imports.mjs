import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, report } from './measure.mjs';

const cwd = fileURLToPath(new URL('../..', import.meta.url));

function startUp(code) {
  const start = performance.now();
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd });
  if (status !== 0) throw new Error(`node ended with ${status}`);
  return performance.now() - start;
}

/** `import 'crewline'` over a bare Node, in turn, as the median difference of pairs. */
export async function imports() {
  console.log('start');
  const differences = [];
  for (let pair = 0; pair < 15; pair += 1) {
    const bare = startUp('0');
    differences.push(startUp("import 'crewline'") - bare);
  }
  report("import 'crewline', over bare Node", median(differences), { unit: ' ms', bound: 30 });
}
