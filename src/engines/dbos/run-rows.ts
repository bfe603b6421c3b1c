import type { Decision } from '../../spec/decision.ts';
import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { GivenAnswer, RunRecord, StoredRecord } from '../records.ts';
import type { Admission, RunSource } from '../run-store.ts';
import { countTasks } from '../run-summary.ts';
import { ANEW, ASKED } from '../stored-questions.ts';
import type { Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { recordRow } from './record-row.ts';
import { fromColumn, toColumn } from './text.ts';

/** A run as everybody sees it. */
export interface RunRow {
  readonly runId: string;
  readonly crew: string;
  readonly version: string;
  /** Which queue its tasks wait in. */
  readonly queue: string;
  /** As JSON. */
  readonly definition: string;
  readonly inputs: Json;
  /** Whether somebody holds it and may answer what it asks. */
  readonly attended: boolean;
  /** The run whose outcomes it takes over. */
  readonly source: RunSource | undefined;
  /** `running`, or how it ended; `broken` when its own function threw. */
  readonly status: string;
  /** Counts how often it was gone on with, from 1. */
  readonly stretch: number;
  readonly result: Json;
  /** How many events it has told. */
  readonly events: number;
  readonly decisions: { readonly [callId: string]: Decision };
}

/** A record as it was read. */
export interface PlacedRecord extends StoredRecord {
  readonly seq: number;
}

const RUN =
  'run_id, crew, version, queue, definition, inputs, attended, source, status, stretch, result, decisions, events';
const RECORD = 'seq, kind, key, name, value';

export async function readRun(database: Postgres, runId: string): Promise<RunRow | undefined> {
  const [row] = await database.query(`SELECT ${RUN} FROM crewline.runs WHERE run_id = $1`, [runId]);
  return row && runFrom(row);
}

/** A run that is to begin. */
export interface NewRun extends Omit<RunRow, 'status' | 'stretch' | 'result' | 'decisions' | 'events'> {
  readonly crewFile: string | undefined;
  /** What it has behind it. */
  readonly records: readonly RunRecord[];
}

/** Begins a run with all that it has behind it, in one statement; false where there is one of this id already. */
export async function addRun(database: Postgres, run: NewRun): Promise<boolean> {
  const { runId, crew, version, queue, definition, inputs, attended, source = null, crewFile = null, records } = run;
  const rows = records.map((record) => recordRow({ ...record, runId, stretch: 1 }));
  const added = await database.query(
    `WITH added AS (
       INSERT INTO crewline.runs (run_id, crew, version, queue, definition, inputs, status, source, crew_file, tasks, attended)
       VALUES ($1, $2, $3, $4, $5, $6, 'running', $7, $8, $9, $11) ON CONFLICT DO NOTHING RETURNING run_id
     ), behind AS (
       INSERT INTO crewline.records (run_id, stretch, kind, key, name, value, brief)
       SELECT added.run_id, 1, kind, key, name, value, brief FROM added, json_to_recordset($10::json)
         AS x (kind text, key text, name text, value text, brief text) ON CONFLICT DO NOTHING
     ) SELECT 1 FROM added`,
    [
      ...[runId, crew, version, queue, definition, JSON.stringify(inputs)],
      ...[source && JSON.stringify(source), crewFile, countTasks(definition), JSON.stringify(rows), attended],
    ],
  );
  return added.length > 0;
}

/** The next stretch of a run, and what is noted for it. */
export interface NewStretch
  extends Pick<RunRow, 'version' | 'queue' | 'decisions' | 'attended'>,
    Pick<NewRun, 'records'> {
  /** Tells who begins it from everybody else, however often it is tried. */
  readonly by: string;
}

/** Begins the next stretch of a run, where the run is still at that one, or this was done before and only the answer was lost. */
export async function nextStretch(
  database: Postgres,
  { runId, stretch }: Pick<RunRow, 'runId' | 'stretch'>,
  { version, queue, decisions, attended, records, by }: NewStretch,
): Promise<'begun' | 'locked' | 'gone'> {
  const rows = records.map((record) => recordRow({ ...record, runId, stretch: stretch + 1 }));
  const begun = await database.query(
    `WITH begun AS (
       UPDATE crewline.runs SET stretch = stretch + 1, status = 'running', result = NULL, version = $3, queue = $4,
         decisions = $5, attended = $7, begun_by = $8, updated = clock_timestamp() WHERE run_id = $1 AND stretch = $2 RETURNING run_id, stretch
     ), noted AS (
       INSERT INTO crewline.records (run_id, stretch, kind, key, name, value)
       SELECT begun.run_id, begun.stretch, kind, key, name, value FROM begun, json_to_recordset($6::json)
         AS x (kind text, key text, name text, value text)
     ) SELECT 1 FROM begun`,
    [runId, stretch, version, queue, JSON.stringify(decisions), JSON.stringify(rows), attended, by],
  );
  if (begun.length > 0) return 'begun';
  // In a statement of its own: an earlier try may have been done while this one waited for it.
  const [row] = await database.query('SELECT begun_by FROM crewline.runs WHERE run_id = $1', [runId]);
  if (row === undefined) return 'gone';
  return row['begun_by'] === by ? 'begun' : 'locked';
}

/** Runs that were begun or gone on with for so long that whoever did that must have died before it had them worked. */
export async function strandedRuns(
  database: Postgres,
  afterMs: number,
): Promise<readonly Pick<RunRow, 'runId' | 'stretch' | 'crew' | 'version'>[]> {
  const text = `SELECT ${RUN} FROM crewline.runs AS r
    WHERE status = 'running' AND updated < clock_timestamp() - $1 * interval '1 millisecond'
      AND NOT EXISTS (SELECT 1 FROM dbos.workflow_status WHERE workflow_uuid = r.run_id || ':' || r.stretch)`;
  return (await database.query(text, [afterMs])).map(runFrom);
}

/** All that a run has recorded, in the order it came. What was only a message within a stretch is of that one. */
export async function recordsOfRun(
  database: Postgres,
  runId: string,
  stretch: number,
): Promise<readonly PlacedRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind <> 'input' AND (kind <> 'abort' OR stretch = $2) ORDER BY seq`;
  return (await database.query(text, [runId, stretch])).map(recordFrom);
}

/** What was paid from a budget of a run, after that number. */
export async function paymentsOf(
  database: Postgres,
  { runId, budget, after }: { readonly runId: string; readonly budget: string; readonly after: number },
): Promise<readonly PlacedRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind = 'note' AND name = 'spent' AND key COLLATE "C" = $2 AND seq > $3 ORDER BY seq`;
  return (await database.query(text, [runId, toColumn(budget), after])).map(recordFrom);
}

/** What people have answered to a run: to these questions, or to all. */
export async function answersOfRun(
  database: Postgres,
  runId: string,
  ids?: readonly string[],
): Promise<readonly GivenAnswer[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND kind = 'answer'`;
  const records = (await keyed(database, { text, runId, keys: ids })).map(recordFrom);
  return records.map(({ key: id, name: asking, value }) => ({ id, asking, value }));
}

/** The notes of what a run has asked people: all, or those that decide whether this is asked. */
export async function questionsOfRun(database: Postgres, runId: string, id?: string): Promise<readonly RunRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind = 'note' AND name IN ('${ASKED}', '${ANEW}')`;
  // What is begun anew is a task whose questions' ids begin with its own.
  const keys = id?.split('/').map((_, place, parts) => parts.slice(0, place + 1).join('/'));
  return (await keyed(database, { text, runId, keys })).map((row) => ({ ...recordFrom(row), kind: 'note' }));
}

/** What has come for the run as a whole: signals, and that it was aborted. */
export async function newsOfRun(database: Postgres, runId: string, stretch: number): Promise<readonly PlacedRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND kind = 'signal' UNION ALL
    SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND key COLLATE "C" = '' AND kind = 'abort' AND stretch = $2 ORDER BY seq`;
  return (await database.query(text, [runId, stretch])).map(recordFrom);
}

/** What this stretch has heard of these tasks: how they ended, or that they rest. */
export async function newsOfTasks(
  database: Postgres,
  { runId, stretch, keys }: { readonly runId: string; readonly stretch: number; readonly keys: readonly string[] },
): Promise<readonly PlacedRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND stretch = $2
    AND kind IN ('task', 'ended', 'suspended') AND key COLLATE "C" = ANY($3) ORDER BY seq`;
  return (await database.query(text, [runId, stretch, keys.map(toColumn)])).map(recordFrom);
}

/** How tasks ended, whenever that was: these, or all. What comes last counts. */
export async function endsOfTasks(
  database: Postgres,
  runId: string,
  keys: readonly string[] | undefined,
): Promise<readonly PlacedRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND kind = 'task'`;
  return (await keyed(database, { text, runId, keys })).map(recordFrom);
}

/** Records of a run in the order they came: all that a statement finds, or those of these keys. */
function keyed(
  database: Postgres,
  {
    text,
    runId,
    keys,
  }: { readonly text: string; readonly runId: string; readonly keys: readonly string[] | undefined },
): Promise<readonly Row[]> {
  if (keys === undefined) return database.query(`${text} ORDER BY seq`, [runId]);
  const columns = keys.map(toColumn);
  // Of a list whose length it does not know, Postgres may think that reading all of the run is as good.
  if (columns.length === 1) return database.query(`${text} AND key COLLATE "C" = $2 ORDER BY seq`, [runId, columns[0]]);
  return database.query(`${text} AND key COLLATE "C" = ANY($2) ORDER BY seq`, [runId, columns]);
}

/** What a run was begun with; `at` is when, in milliseconds. */
export function admissionFrom(row: Row): Admission {
  const { runId, crew, definition, inputs, source } = runFrom(row);
  const { crew_file: crewFile, at } = row;
  return {
    runId,
    crew,
    definition,
    inputs,
    source,
    at: Math.floor(Number(at)),
    ...(crewFile !== null && { crewFile: String(crewFile) }),
  };
}

function runFrom(row: Row): RunRow {
  const json = (column: string) => JSON.parse(String(row[column] ?? 'null'));
  return {
    runId: String(row['run_id']),
    crew: String(row['crew']),
    version: String(row['version']),
    queue: String(row['queue']),
    definition: String(row['definition']),
    inputs: recall<Json>(json('inputs')),
    attended: row['attended'] === true,
    source: recall<RunSource | null>(json('source')) ?? undefined,
    status: String(row['status']),
    stretch: Number(row['stretch']),
    result: recall<Json>(json('result')),
    events: Number(row['events']),
    decisions: recall<RunRow['decisions']>(json('decisions') ?? {}),
  };
}

export function recordFrom(row: Row): PlacedRecord {
  return {
    seq: Number(row['seq']),
    kind: String(row['kind']),
    key: fromColumn(row['key']),
    name: fromColumn(row['name']),
    value: recall<Json>(JSON.parse(String(row['value']))),
  };
}
