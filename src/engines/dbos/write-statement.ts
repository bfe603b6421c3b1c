import { APPLICATION, NOW_MS, PROTOCOL } from './workflows.ts';

/** What tells a record from all others that count. */
export const IDENTITY = `r.run_id || ' ' || r.stretch || ' ' || r.kind || ' ' || r.key || ' ' || r.name`;

/**
 * Everything that a process has to write, or nothing of it when it counts as dead. Its workflows are DBOS' own rows, as
 * `enqueueWorkflows` and `recordWorkflowOutput` of 5.3.0 write them, save for the output that nobody reads.
 */
export const WRITE = `
WITH me AS (
  UPDATE crewline.workers SET wrote = $2 WHERE id = $1 AND NOT dead AND wrote = $2::bigint - 1 RETURNING 1
), mine AS (
  INSERT INTO crewline.records AS r (run_id, stretch, kind, key, name, value, brief)
  SELECT run, stretch, kind, key, name, value, brief FROM me, json_to_recordset($3::json)
    AS x (run text, stretch int, kind text, key text, name text, value text, brief text)
  ON CONFLICT DO NOTHING RETURNING ${IDENTITY} AS identity
), given AS (
  SELECT run, type, at, body, row_number() OVER (PARTITION BY run ORDER BY ordinal) AS place
  FROM me, ROWS FROM (json_to_recordset($4::json) AS (run text, type text, at double precision, body text))
    WITH ORDINALITY AS x (run, type, at, body, ordinal)
), touched AS (
  SELECT coalesce(n.run, x.run) AS run, coalesce(n.events, 0) AS events, x.stretch, x.status, x.result
  FROM (SELECT run, count(*) AS events FROM given GROUP BY run) AS n
  FULL JOIN json_to_recordset($5::json) AS x (run text, stretch int, status text, result text) ON n.run = x.run
), counted AS (
  UPDATE crewline.runs AS r SET events = r.events + t.events, updated = clock_timestamp(),
    status = CASE WHEN r.stretch = t.stretch AND r.status = 'running' THEN t.status ELSE r.status END,
    result = CASE WHEN r.stretch = t.stretch AND r.status = 'running' THEN t.result ELSE r.result END
  FROM me, touched AS t WHERE r.run_id = t.run RETURNING r.run_id, r.events - t.events AS before
), told AS (
  INSERT INTO crewline.events (run_id, seq, worker, type, at, body)
  SELECT given.run, counted.before + given.place, $1, given.type, given.at, given.body
  FROM given JOIN counted ON counted.run_id = given.run RETURNING 1
), queued AS (
  INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, priority, authenticated_user, assumed_role,
    authenticated_roles, executor_id, application_version, application_id, application_name, serialization, created_at, updated_at)
  SELECT id, 'ENQUEUED', name, queue, priority, '', '', '[]', '', '${PROTOCOL}', '', '${APPLICATION}', 'js_superjson', ${NOW_MS}, ${NOW_MS}
  FROM me, json_to_recordset($7::json) AS x (id text, name text, queue text, priority int)
  ON CONFLICT DO NOTHING RETURNING 1
), given_work AS (
  INSERT INTO dbos.workflow_input (workflow_uuid, inputs)
  SELECT id, inputs FROM me, json_to_recordset($7::json) AS x (id text, inputs text) ON CONFLICT DO NOTHING RETURNING 1
), over AS (
  UPDATE dbos.workflow_status AS w SET status = 'SUCCESS', updated_at = ${NOW_MS}, completed_at = ${NOW_MS}
  FROM me WHERE w.workflow_uuid = ANY($8::text[]) AND w.status = 'PENDING' AND w.executor_id = $1 RETURNING 1
), noticed AS (
  SELECT pg_notify('crewline', payload) FROM me, json_array_elements_text($6::json) AS payload
)
SELECT (SELECT count(*) = 1 FROM me) AS alive, (SELECT json_agg(identity) FROM mine) AS mine,
  (SELECT count(*) FROM noticed) AS noticed`;
