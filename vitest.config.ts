import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = fileURLToPath(new URL('src', import.meta.url));

export default defineConfig({
  resolve: {
    // What users import, run from source: the same names as `paths` in tsconfig.json.
    alias: [
      { find: /^crewline$/, replacement: `${source}/index.ts` },
      { find: /^crewline\/(tools|testing)$/, replacement: `${source}/$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/types/*.test-d.ts'] },
    testTimeout: 20_000,
    pool: 'threads',
  },
});
