import { afterAll, beforeAll, test } from 'vitest';
import { dbos } from '../../src/engines/dbos.ts';
import type { Engine } from '../../src/spec/engine.ts';
import { engineCases } from '../../src/testing/engine-conformance.ts';
import { programOf } from '../../src/testing/engine-probe.ts';
import { emptied } from '../postgres/emptied.ts';
import { sharedPostgres } from '../postgres/shared.ts';

const postgres = await sharedPostgres();
/** Quick, for a machine where nothing else happens. */
const QUICK = { leaseMs: 10_000, pollMs: 50 };

let url = '';
let keeper: Engine;
const used: Engine[] = [];

// DBOS is started once for all cases: what keeps it is an engine of no interest.
beforeAll(async () => {
  if (postgres === undefined) return;
  url = await postgres.freshDatabase();
  keeper = dbos({ url, ...QUICK });
  await keeper.start(programOf({ crew: 'keeper', run: async () => null }));
});
afterAll(async () => {
  // Another file in this process may need another Postgres.
  if (postgres !== undefined) for (const engine of [...used, keeper]) await engine.stop();
});

test.skipIf(postgres === undefined).each(engineCases.map(({ name, run }) => [name, run] as const))(
  'with DBOS: %s',
  (_, run) =>
    run(async (runtime) => {
      // Crews of other cases have the same names.
      for (const engine of used.splice(0)) await engine.stop();
      await emptied(url);
      const engine = dbos({ url, ...QUICK, runtime });
      used.push(engine);
      return engine;
    }),
);
