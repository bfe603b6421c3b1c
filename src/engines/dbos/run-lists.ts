import type { RunSummary } from '../run-summary.ts';
import { ANEW, ASKED } from '../stored-questions.ts';
import type { Row } from './driver.ts';

/** A worker that has said nothing for so many seconds may be dead. Whether it is, others find out on their own clocks. */
const SILENT_S = 15;

const IS_QUEUED = `r.status = 'running' AND coalesce(s.status, 'ENQUEUED') = 'ENQUEUED'`;
/** By the name of the queue that `runQueue` gives. */
const IS_SERVED = `EXISTS (SELECT 1 FROM crewline.workers AS v WHERE NOT v.dead
  AND v.seen > clock_timestamp() - interval '${SILENT_S} seconds' AND v.queues::jsonb @> to_jsonb('runs of ' || r.crew || '@' || r.version))`;

/** Runs as a list shows them. Of what their tasks came to nothing is read. */
const listed = (which: string) => `
SELECT r.run_id, r.crew, r.tasks, t.done, t.cost, t.unpriced, s.executor_id, w.host, w.pid,
  NOT w.dead AND w.seen > clock_timestamp() - interval '${SILENT_S} seconds' AS live,
  CASE WHEN ${IS_QUEUED} AND NOT ${IS_SERVED} THEN r.version END AS unserved,
  CASE WHEN ${IS_QUEUED} THEN 'queued' WHEN r.status = 'broken' THEN 'failed' ELSE r.status END AS status,
  extract(epoch FROM r.started) * 1000 AS started_at, extract(epoch FROM r.updated) * 1000 AS updated_at
FROM (SELECT * FROM crewline.runs ${which}) AS r
CROSS JOIN LATERAL (
  SELECT count(DISTINCT key) FILTER (WHERE brief::json ->> 'status' = 'done') AS done,
    coalesce(sum((brief::json ->> 'costUsd')::float8), 0) AS cost, coalesce(bool_or(brief::json ->> 'costUsd' IS NULL), false) AS unpriced
  FROM crewline.records WHERE run_id = r.run_id AND brief IS NOT NULL
) AS t
LEFT JOIN dbos.workflow_status AS s ON r.status = 'running' AND s.workflow_uuid = r.run_id || ':' || r.stretch
LEFT JOIN crewline.workers AS w ON s.status = 'PENDING' AND w.id = s.executor_id
ORDER BY r.started DESC, r.run_id DESC`;

/** Those begun last first. */
export const LAST = listed('ORDER BY started DESC, run_id DESC LIMIT $1');
export const BY_ID = listed('WHERE run_id = $1');

export function summaryFrom(row: Row): RunSummary {
  const { pid, host, live } = row;
  return {
    runId: String(row['run_id']),
    crew: String(row['crew']),
    status: String(row['status']),
    startedAt: Math.floor(Number(row['started_at'])),
    updatedAt: Math.floor(Number(row['updated_at'])),
    tasks: Number(row['tasks']),
    done: Number(row['done']),
    costUsd: row['unpriced'] === true ? null : Number(row['cost']),
    ...(row['unserved'] !== null && { unserved: String(row['unserved']) }),
    ...(pid !== null && { owner: { pid: Number(pid), host: String(host), live: live === true } }),
  };
}

/** Who went on with a run, and when: whoever drives it says so first of all. Who is long dead is forgotten. */
export const TAKEOVERS = `
SELECT e.at, w.pid, w.host FROM crewline.events AS e JOIN crewline.workers AS w ON w.id = e.worker
WHERE e.run_id = $1 AND e.type = 'run.start'
  AND e.seq > (SELECT min(seq) FROM crewline.events WHERE run_id = $1 AND type = 'run.start')
ORDER BY e.seq`;

/** What was begun in a stretch of a run, and not put back; each beginning is known by its segment, too. */
export const BEGUN = `
SELECT DISTINCT regexp_replace(key, ':[0-9]+$', '') AS key FROM crewline.tries WHERE run_id = $1 AND stretch = $2 AND tries > 0`;

const IS_QUESTION = `kind = 'note' AND name IN ('${ASKED}', '${ANEW}')`;

/** Questions and answers of all runs that are not done. Those that asked anything come first: they are few, and have an index. */
export const WAITING = `
WITH asking AS MATERIALIZED (SELECT DISTINCT run_id FROM crewline.records WHERE ${IS_QUESTION})
SELECT r.run_id, r.crew, n.seq, n.kind, n.key, n.name, n.value
FROM asking JOIN crewline.runs AS r ON r.run_id = asking.run_id AND r.status NOT IN ('done', 'partial')
CROSS JOIN LATERAL (
  SELECT seq, kind, key, name, value FROM crewline.records WHERE run_id = r.run_id AND ${IS_QUESTION}
  UNION ALL
  SELECT seq, kind, key, name, value FROM crewline.records WHERE run_id = r.run_id AND kind = 'answer'
) AS n
ORDER BY r.started DESC, r.run_id, n.seq`;
