import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.ts';
import { INPUTS, RUNS } from './test/sizes.ts';

/** More cases of each property than by default, or more inputs of each fuzz target, take as long as they take. */
const cases = Math.max(RUNS, INPUTS);
const source = fileURLToPath(new URL('src', import.meta.url));

export default defineConfig({
  resolve: {
    // What users import, run from source: the same names as `paths` in tsconfig.json.
    alias: [
      { find: /^crewline$/, replacement: `${source}/index.ts` },
      { find: /^crewline\/(tools|testing)$/, replacement: `${source}/$1/index.ts` },
      { find: /^crewline\/sqlite$/, replacement: `${source}/engines/sqlite/index.ts` },
      { find: /^crewline\/dbos$/, replacement: `${source}/engines/dbos.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/*.test-d.ts'] },
    globalSetup: ['test/postgres/global-setup.ts'],
    setupFiles: ['test/setup.ts'],
    // Each call of the command line is a process of its own, and the machine may be busy.
    testTimeout: 60_000 + cases * 20,
    hookTimeout: 120_000,
    pool: 'threads',
    // One worker a processor; vitest would leave one idle, which is half of a small machine. Files share a worker: loading
    // everything again for each takes as long as a quarter of all tests.
    maxWorkers: '100%',
    isolate: false,
    sequence: { sequencer: LongestFirst },
  },
});
