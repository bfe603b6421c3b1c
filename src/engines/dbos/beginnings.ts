import { SUSPICIOUS_TRIES } from '../poison.ts';
import { ASKED } from '../stored-questions.ts';
import type { Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { type PlacedRecord, recordFrom } from './run-rows.ts';
import { fromColumn, toColumn } from './text.ts';
import type { RunTicket, TaskTicket } from './workflows.ts';

/** A stretch of a task that was taken out of its queue, and what it starts from. */
export interface BegunTask {
  readonly ticket: TaskTicket;
  /**
   * How often it was begun since it last got any further, with this time; undefined where that was suspiciously often already, so
   * that it was not.
   */
  readonly tries: number | undefined;
  /** Whether its run was still at that stretch by then. */
  readonly isDue: boolean;
  readonly records: readonly PlacedRecord[];
}

/** A workflow that was taken out of its queue. */
export type Taken = { readonly id: string } & ({ readonly run: RunTicket } | { readonly task: BegunTask });

/** What the stretch of a task starts from: its own records, and what belongs to all of the run. Each part has an index. */
const RECORDS = `
  SELECT seq, kind, key, name, value FROM crewline.records
  WHERE run_id = given."runId" AND key COLLATE "C" = given.key COLLATE "C"
UNION ALL
  -- '0' comes after '/'.
  SELECT seq, kind, key, name, value FROM crewline.records
  WHERE run_id = given."runId" AND key COLLATE "C" > given.key || '/' AND key COLLATE "C" < given.key || '0'
UNION ALL
  SELECT seq, kind, key, name, value FROM crewline.records
  WHERE run_id = given."runId" AND key COLLATE "C" = 'task:' || given.key AND kind = 'note' AND name = 'spent'
UNION ALL
  SELECT seq, kind, key, name, value FROM crewline.records
  WHERE run_id = given."runId" AND key COLLATE "C" = given.input AND kind = 'input'
UNION ALL
  SELECT seq, kind, key, name, value FROM crewline.records
  WHERE run_id = given."runId" AND key COLLATE "C" = '' AND kind = 'abort' AND stretch = given.stretch
UNION ALL
  SELECT seq, kind, key, name, value FROM crewline.records WHERE run_id = given."runId" AND kind = 'signal'`;

/** The record that was written last, of all runs. */
const LAST_RECORD = "coalesce(pg_sequence_last_value('crewline.records_seq_seq'), 0)";
const TASK = `regexp_replace(t.key, ':[0-9]+$', '')`;
const SINCE = `SELECT 1 FROM crewline.records AS r WHERE r.run_id = t.run_id AND r.seq > t.mark
  AND (r.kind IN ('step', 'task') OR r.kind = 'note' AND r.name = '${ASKED}')`;
/**
 * What a task has recorded since it was last begun, itself or by what it gave to others: a step, an end, or what it asks a person. Two
 * looks into one index, since for both together Postgres reads whatever any run has recorded since.
 */
const GOT_FURTHER = `(
  EXISTS (${SINCE} AND r.key COLLATE "C" = ${TASK} COLLATE "C")
  OR EXISTS (${SINCE} AND r.key COLLATE "C" > ${TASK} || '/' AND r.key COLLATE "C" < ${TASK} || '0')
)`;

/** Counts that tasks begin which have been begun less often than that since they got any further, and reads what they start from. */
const begun = (most: string) => `, begun AS (
  INSERT INTO crewline.tries AS t (run_id, stretch, key, tries, mark)
  SELECT "runId", stretch, key || ':' || segment, 1, ${LAST_RECORD} FROM given WHERE key IS NOT NULL
  ON CONFLICT (run_id, stretch, key) DO UPDATE
    SET tries = CASE WHEN ${GOT_FURTHER} THEN 1 ELSE t.tries + 1 END, mark = excluded.mark
    WHERE t.tries < ${most} OR ${GOT_FURTHER}
  RETURNING run_id, stretch, key, tries
)
SELECT given.*, tries, records, EXISTS (
  SELECT 1 FROM crewline.runs WHERE run_id = given."runId" AND stretch = given.stretch AND status = 'running'
) AS due FROM given
LEFT JOIN begun ON run_id = "runId" AND begun.stretch = given.stretch AND begun.key = given.key || ':' || segment
LEFT JOIN LATERAL (
  SELECT json_agg(r ORDER BY seq) AS records FROM (${RECORDS}) AS r
) AS r ON given.key IS NOT NULL`;

/** What a workflow was given, read from its inputs. */
export const TICKET = `json_to_record(inputs::json -> 'json' -> 0)
    AS ticket ("runId" text, stretch int, key text, segment int, input text, fingerprint text)`;

/** Reads the tickets of workflows that were `taken`, begins those that are tasks, and tells all of it. */
export const BEGIN_TAKEN = `, given AS (
  SELECT workflow_uuid, priority, created_at, ticket.*
  FROM taken JOIN dbos.workflow_input USING (workflow_uuid), ${TICKET}
)${begun(`${SUSPICIOUS_TRIES}`)} ORDER BY priority, created_at`;

const NO_LIMIT = 1_000_000;
const BEGIN_ONE = `
WITH given AS (SELECT $1::text AS "runId", $2::int AS stretch, $3::text AS key, $4::int AS segment, $5::text AS input)
${begun(`${NO_LIMIT}`)}`;

/** A row of what `BEGIN_TAKEN` tells. */
export function takenFrom(row: Row): Taken {
  const id = String(row['workflow_uuid']);
  const run = { runId: String(row['runId']), stretch: Number(row['stretch']) };
  if (row['key'] === null) return { id, run };
  const { segment, input, fingerprint } = row;
  const known = fingerprint === null ? {} : { fingerprint: String(fingerprint) };
  const ticket = { ...run, key: fromColumn(row['key']), segment: Number(segment), input: String(input), ...known };
  return { id, task: begunFrom(ticket, row) };
}

/** Begins a task, however often it was begun. */
export async function beginOne(database: Postgres, ticket: TaskTicket): Promise<BegunTask> {
  const { runId, stretch, key, segment, input } = ticket;
  const [row = {}] = await database.query(BEGIN_ONE, [runId, stretch, toColumn(key), segment, input]);
  return begunFrom(ticket, row);
}

function begunFrom(ticket: TaskTicket, { tries, due, records }: Row): BegunTask {
  const found = Array.isArray(records) ? records.map(recordFrom) : [];
  return { ticket, tries: typeof tries === 'number' ? tries : undefined, isDue: due === true, records: found };
}

/** Counts that a run is driven once more; how often that makes it since any of its work got further. */
export async function countDrive(database: Postgres, { runId, stretch }: RunTicket): Promise<number> {
  const text = `INSERT INTO crewline.tries AS t (run_id, stretch, key, tries, mark) VALUES ($1, $2, '', 1, ${LAST_RECORD})
    ON CONFLICT (run_id, stretch, key) DO UPDATE SET mark = excluded.mark, tries = CASE WHEN EXISTS (
      SELECT 1 FROM crewline.records AS r WHERE r.run_id = t.run_id AND r.key COLLATE "C" >= '' AND r.seq > t.mark
        AND r.kind IN ('step', 'task')
    ) THEN 1 ELSE t.tries + 1 END RETURNING tries`;
  const [row] = await database.query(text, [runId, stretch]);
  return Number(row?.['tries'] ?? 1);
}

/** A stretch of a task is not at work any more, through no fault of its own. */
export async function uncountTry(database: Postgres, ticket: TaskTicket): Promise<void> {
  await uncount(database, ticket, segmentOf(ticket));
}

/** A run is not driven any more, through no fault of its own. */
export async function uncountDrive(database: Postgres, ticket: RunTicket): Promise<void> {
  await uncount(database, ticket, '');
}

async function uncount(database: Postgres, { runId, stretch }: RunTicket, key: string): Promise<void> {
  const text =
    'UPDATE crewline.tries SET tries = greatest(0, tries - 1) WHERE run_id = $1 AND stretch = $2 AND key = $3';
  await database.query(text, [runId, stretch, key]);
}

/** A stretch of a task waits for people: if its process ends now, that is neither its doing nor that of its run. */
export async function forgetTries(database: Postgres, ticket: TaskTicket): Promise<void> {
  const text = "UPDATE crewline.tries SET tries = 0 WHERE run_id = $1 AND stretch = $2 AND key IN ($3, '')";
  await database.query(text, [ticket.runId, ticket.stretch, segmentOf(ticket)]);
}

function segmentOf({ key, segment }: TaskTicket): string {
  return toColumn(`${key}:${segment}`);
}
