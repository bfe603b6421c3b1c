/**
 * `npm run mutation`: changes the source in every small way there is, one at a time, and counts how many changes some
 * test notices. `npm run mutation -- retry lanes` picks parts. Fails below 85 %.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What is changed, and the tests that must notice. */
const PARTS = {
  ready: {
    mutate: ['src/plan/ready-set.ts', 'src/plan/priorities.ts'],
    tests: ['test/plan/{ready-set,priorities}.test.ts'],
  },
  scheduler: {
    mutate: ['src/run/drive-run.ts'],
    tests: ['test/run/{properties,properties-ends,graph,failure,conditions,cancel,cancelled-work,events}.test.ts'],
  },
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const stryker = fileURLToPath(new URL('../../node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url));
const wanted = process.argv.slice(2);

for (const [name, { mutate, tests }] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const files = mutate.filter((file) => existsSync(new URL(`../../${file}`, import.meta.url)));
  console.log(`\n${name}: ${files.join(', ')}`);
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', 'test/mutation/stryker.config.json', '--mutate', files.join()],
    // A few cases of each property find what thousands do: every mutant is tried by every test that reaches it.
    { cwd: root, stdio: 'inherit', env: { CREWLINE_RUNS: '50', ...process.env, CREWLINE_MUTATION: tests.join() } },
  );
  if (status !== 0) process.exitCode = 1;
}
