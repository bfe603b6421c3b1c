import { loadDrivers } from './driver.ts';
import { Postgres, storeError } from './postgres.ts';
import { prepareTables, TABLES_LOCK } from './schema.ts';

/** Statements of what may be a large table. */
const STATEMENT_MS = 600_000;
/** Processes that have been dead for so long are asked for by nobody any more. */
const WORKERS_KEPT = '7 days';

/**
 * Removes the runs in a Postgres that ended before `before`, with all that they recorded, and what DBOS keeps of them; how
 * many. Those that are under way or paused stay.
 * @throws {CrewError} `ENGINE_DRIVER_MISSING`, `STORE_FAILED`, `STORE_TOO_NEW`.
 */
export async function prunePostgres(url: string, { before }: { readonly before: number }): Promise<number> {
  const database = new Postgres(loadDrivers(), url, STATEMENT_MS);
  try {
    await database.alone(TABLES_LOCK, () => prepareTables(database));
    return await database.transaction(async (queries) => {
      const old = await queries.query(
        `DELETE FROM crewline.runs WHERE status NOT IN ('running', 'paused') AND updated < to_timestamp($1 / 1000.0)
         RETURNING run_id`,
        [before],
      );
      const ids = old.rows.map((row) => String(row['run_id']));
      for (const table of ['records', 'tries', 'events']) {
        await queries.query(`DELETE FROM crewline.${table} WHERE run_id = ANY($1)`, [ids]);
      }
      // A workflow's id begins with that of its run.
      const { rows } = await queries.query(`SELECT to_regclass('dbos.workflow_status') IS NOT NULL AS there`);
      if (rows[0]?.['there'] === true) {
        const text = `DELETE FROM dbos.workflow_status WHERE application_name = 'crewline' AND split_part(workflow_uuid, ':', 1) = ANY($1)`;
        await queries.query(text, [ids]);
      }
      await queries.query(`DELETE FROM crewline.calls WHERE at < now() - $1::interval`, [WORKERS_KEPT]);
      await queries.query(`DELETE FROM crewline.workers WHERE dead AND seen < now() - $1::interval`, [WORKERS_KEPT]);
      return ids.length;
    });
  } catch (thrown) {
    throw storeError(thrown);
  } finally {
    await database.close();
  }
}
