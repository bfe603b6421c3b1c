import { expect, test } from 'vitest';
import { beginOne, countDrive } from '../../../src/engines/dbos/beginnings.ts';
import { loadDrivers } from '../../../src/engines/dbos/driver.ts';
import { learntIn } from '../../../src/engines/dbos/look-back.ts';
import { Postgres } from '../../../src/engines/dbos/postgres.ts';
import { WAITING } from '../../../src/engines/dbos/run-lists.ts';
import { answersOfRun, paymentsOf, questionsOfRun } from '../../../src/engines/dbos/run-rows.ts';
import { prepareTables } from '../../../src/engines/dbos/schema.ts';
import { withClient } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';

const postgres = await sharedPostgres();
const STATEMENT_MS = 60_000;

/** Asks how Postgres would go about a statement instead of having it done. */
class Explaining extends Postgres {
  readonly plans: string[] = [];

  override async query(text: string, values: readonly unknown[] = []) {
    const [row] = await super.query(`EXPLAIN (FORMAT JSON) ${text}`, values);
    this.plans.push(JSON.stringify(row?.['QUERY PLAN']));
    return [];
  }
}

/** Many failed runs of one crew, all that each recorded, and a few that came to something long before. */
const MANY = `
INSERT INTO crewline.runs (run_id, crew, version, queue, definition, inputs, status, started)
  SELECT 'run_' || n, CASE n % 3 WHEN 0 THEN 'other' ELSE 'digest' END, '1', 'default', '{}', '{}', CASE WHEN n <= 20 THEN 'done' ELSE 'failed' END,
    now() - interval '1 day' + n * interval '1 second' FROM generate_series(1, 4000) AS n;
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value, brief)
  SELECT 'run_' || n, 1, 'task', 't' || k, '', '{}', json_build_object('status', CASE WHEN n <= 20 THEN 'done' ELSE 'failed' END,
    'durationMs', 1, 'costUsd', 0, 'reused', false)::text FROM generate_series(1, 4000) AS n, generate_series(1, 5) AS k;
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
  SELECT 'run_' || n, 1, 'step', 't' || k || '/turn', '1', '{}' FROM generate_series(1, 4000) AS n, generate_series(1, 5) AS k;
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
  SELECT 'run_' || n, 1, 'note', 'run', 'spent', '{}' FROM generate_series(1, 4000) AS n;
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
  SELECT 'run_1', 1, 'note', 'run', 'spent', '{}' FROM generate_series(1, 5000);
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
  SELECT 'run_' || n, 1, 'note', 't1/' || k, 'asked', '{}' FROM generate_series(3000, 3020) AS n, generate_series(1, 50) AS k;
INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
  SELECT 'run_' || n, 0, 'answer', 't1/' || k, '1', '{}' FROM generate_series(3000, 3010) AS n, generate_series(1, 50) AS k;
ANALYZE;`;

async function filled(): Promise<Explaining> {
  const url = (await postgres?.freshDatabase()) ?? '';
  const database = new Explaining(loadDrivers(), url, STATEMENT_MS);
  await prepareTables(database);
  await withClient(url, (client) => client.query(MANY));
  return database;
}

const database = postgres === undefined ? undefined : await filled();

const RUN = 'run_3000';

test.skipIf(database === undefined).each<[string, RegExp, (explaining: Explaining) => Promise<unknown>]>([
  ['what the last runs of a crew took', /runs_over.*work_done.*work_done/, (all) => learntIn(all, 'digest')],
  ['what was paid since', /"payments".*seq > /, (all) => paymentsOf(all, { runId: 'run_1', budget: 'run', after: 9 })],
  ['what a run asks', /"questions"/, (all) => questionsOfRun(all, RUN)],
  [
    'one question of a run',
    /"(questions|records_by_key)".*Index Cond[^,]*key/,
    (all) => questionsOfRun(all, RUN, 't1/7'),
  ],
  ['answers to a run', /"messages_of_run"/, (all) => answersOfRun(all, RUN)],
  [
    'the answer to one question',
    /"(messages_of_run|records_by_key)".*Index Cond[^,]*key/,
    (all) => answersOfRun(all, RUN, ['t1/7']),
  ],
  [
    'whether a task got further',
    /records_by_key[^}]*= .*records_by_key[^}]*> /,
    (all) => beginOne(all, { runId: RUN, stretch: 1, key: 't1', segment: 1, input: '' }),
  ],
  ['whether a run got further', /"records_by_key"/, (all) => countDrive(all, { runId: RUN, stretch: 1 })],
  ['what all runs wait for', /"questions".*messages_of_run/, (all) => all.query(WAITING)],
])('%s is found by an index, however much there is of other runs', async (_, index, read) => {
  if (database === undefined) return;
  database.plans.length = 0;
  await read(database);
  expect(database.plans).toHaveLength(1);
  expect(database.plans[0]).not.toMatch(/Seq Scan[^}]*"Relation Name": *"records"/);
  expect(database.plans[0]).toMatch(index);
});
