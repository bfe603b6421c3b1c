import type { Postgres } from './postgres.ts';

/** Processes that have been dead for so long are asked for by nobody any more. */
const WORKERS_KEPT = '7 days';

/** A workflow's id begins with that of its run. What it was given and came to lies apart. */
const WORKFLOWS = `
WITH gone AS (
  DELETE FROM dbos.workflow_status WHERE application_name = 'crewline' AND split_part(workflow_uuid, ':', 1) = ANY($1)
  RETURNING workflow_uuid
), given AS (
  DELETE FROM dbos.workflow_input AS i USING gone WHERE i.workflow_uuid = gone.workflow_uuid
) DELETE FROM dbos.workflow_output AS o USING gone WHERE o.workflow_uuid = gone.workflow_uuid`;

/**
 * Removes the runs in a Postgres that ended before `before`, in milliseconds since 1970, with all that they recorded, and
 * what DBOS keeps of them; how many. Those that are under way or paused stay. Throws what the driver throws.
 */
export function pruneRuns(database: Postgres, before: number): Promise<number> {
  return database.transaction(async (queries) => {
    const old = await queries.query(
      `DELETE FROM crewline.runs WHERE status NOT IN ('running', 'paused') AND updated < to_timestamp($1 / 1000.0)
       RETURNING run_id`,
      [before],
    );
    const ids = old.rows.map((row) => String(row['run_id']));
    for (const table of ['records', 'tries', 'events']) {
      await queries.query(`DELETE FROM crewline.${table} WHERE run_id = ANY($1)`, [ids]);
    }
    await queries.query(WORKFLOWS, [ids]);
    await queries.query(`DELETE FROM crewline.calls WHERE at < now() - $1::interval`, [WORKERS_KEPT]);
    await queries.query(`DELETE FROM crewline.workers WHERE dead AND seen < now() - $1::interval`, [WORKERS_KEPT]);
    return ids.length;
  });
}
