import { test } from 'vitest';
import { sqlite } from '../../src/engines/sqlite/index.ts';
import { engineCases } from '../../src/testing/engine-conformance.ts';
import { temporaryFolder } from '../temporary-folders.ts';

test.each(engineCases.map(({ name, run }) => [name, run] as const))('in SQLite: %s', (_, run) =>
  run((runtime) => sqlite({ file: `${temporaryFolder('crewline-sqlite-')}/runs.db`, synchronous: 'normal', runtime })),
);
