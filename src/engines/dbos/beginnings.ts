import { SUSPICIOUS_TRIES } from '../poison.ts';
import type { Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { type PlacedRecord, recordFrom } from './run-rows.ts';
import { fromColumn, toColumn } from './text.ts';
import type { RunTicket, TaskTicket } from './workflows.ts';

/** What is begun, in one stretch of a run: a stretch of a task, or the run's own function where the key is empty. */
export interface Beginning {
  readonly runId: string;
  readonly stretch: number;
  readonly key: string;
}

/** A stretch of a task that was taken out of its queue, and what it starts from. */
export interface BegunTask {
  readonly ticket: TaskTicket;
  /** How often it was begun, with this time; undefined where that was suspiciously often already, so that it was not. */
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

/** Counts that tasks begin which have been begun less often than that, and reads what they start from. */
const begun = (most: string) => `, begun AS (
  INSERT INTO crewline.tries AS t (run_id, stretch, key, tries)
  SELECT "runId", stretch, key || ':' || segment, 1 FROM given WHERE key IS NOT NULL
  ON CONFLICT (run_id, stretch, key) DO UPDATE SET tries = t.tries + 1 WHERE t.tries < ${most}
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

/** Counts one more beginning; how many that makes. */
export async function countTry(database: Postgres, beginning: Beginning): Promise<number> {
  const text = `INSERT INTO crewline.tries AS t (run_id, stretch, key, tries) VALUES ($1, $2, $3, 1)
    ON CONFLICT (run_id, stretch, key) DO UPDATE SET tries = t.tries + 1 RETURNING tries`;
  const [row] = await database.query(text, valuesOf(beginning));
  return Number(row?.['tries'] ?? 1);
}

/** What was begun is not at work any more, through no fault of its own. */
export async function uncountTry(database: Postgres, beginning: Beginning): Promise<void> {
  const text = 'UPDATE crewline.tries SET tries = tries - 1 WHERE run_id = $1 AND stretch = $2 AND key = $3';
  await database.query(text, valuesOf(beginning));
}

function valuesOf({ runId, stretch, key }: Beginning): readonly unknown[] {
  return [runId, stretch, toColumn(key)];
}
