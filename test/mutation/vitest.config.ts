import { defineConfig } from 'vitest/config';
import project from '../../vitest.config.ts';

/** For `npm run mutation`: only the tests that it names. */
export default defineConfig({
  ...project,
  test: {
    ...project.test,
    include: (process.env['CREWLINE_MUTATION'] ?? 'test/plan/*.test.ts').split(/,(?![^{]*\})/),
    typecheck: { enabled: false },
  },
});
