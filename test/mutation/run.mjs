/**
 * `npm run mutation`: changes the source in every small way there is, one at a time, and counts how many changes some
 * test notices. `npm run mutation -- retry lanes` picks parts. Fails below 85 %.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What is changed, and the tests that must notice. */
const PARTS = {
  ready: {
    mutate: ['src/plan/ready-set.ts', 'src/plan/priorities.ts'],
    tests: ['test/plan/{ready-set,priorities}.test.ts'],
  },
  scheduler: {
    mutate: ['src/run/drive-run.ts', 'src/run/urgency.ts'],
    tests: [
      'test/run/{graph,failure,failure-policy,conditions,paused,cancel,cancelled-work,deadlines,events}.test.ts',
      'test/run/properties-ends.test.ts',
    ],
  },
  policy: {
    mutate: ['work-task', 'task-work', 'outcomes', 'run-result'].map((name) => `src/run/${name}.ts`),
    tests: [
      'test/run/{failure,failure-policy,conditions,paused,cancelled-work,deadlines,abandoned,output-file,cut-off,broken-task,nested,task-events}.test.ts',
    ],
  },
  retry: { mutate: ['src/calls/retry.ts'], tests: ['test/calls/retry*.test.ts'] },
  limits: {
    mutate: ['lane', 'places', 'window', 'allowance', 'provider'].map((name) => `src/calls/${name}.ts`),
    tests: ['test/calls/{window,lane,lane-late,lane-learning,lane-refused,provider-news,lane-properties}.test.ts'],
  },
};

const root = fileURLToPath(new URL('../..', import.meta.url));
const stryker = fileURLToPath(new URL('../../node_modules/@stryker-mutator/core/bin/stryker.js', import.meta.url));
const wanted = process.argv.slice(2);

for (const [name, { mutate, tests }] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(`\n${name}: ${mutate.join(', ')}`);
  const { status } = spawnSync(
    process.execPath,
    [stryker, 'run', 'test/mutation/stryker.config.json', '--mutate', mutate.join()],
    // A few cases of each property find what thousands do: every mutant is tried by every test that reaches it.
    { cwd: root, stdio: 'inherit', env: { CREWLINE_RUNS: '20', ...process.env, CREWLINE_MUTATION: tests.join() } },
  );
  if (status !== 0) process.exitCode = 1;
}
