import type { Decision } from '../../spec/decision.ts';
import type { Definition } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { GivenAnswer, RunRecord } from '../records.ts';
import { ANEW, ASKED } from '../stored-questions.ts';
import type { PgQueries, Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { fromColumn, toColumn } from './text.ts';

/** A run as everybody sees it. */
export interface RunRow {
  readonly runId: string;
  readonly crew: string;
  readonly version: string;
  /** Which queue its tasks wait in. */
  readonly queue: string;
  readonly definition: Definition;
  readonly inputs: Json;
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
export interface StoredRecord extends Omit<RunRecord, 'kind'> {
  readonly seq: number;
  readonly kind: string;
}

const RUN = 'run_id, crew, version, queue, definition, inputs, status, stretch, result, decisions, events';
const RECORD = 'seq, kind, key, name, value';

export async function readRun(queries: PgQueries | Postgres, runId: string): Promise<RunRow | undefined> {
  const [row] = rowsOf(await queries.query(`SELECT ${RUN} FROM crewline.runs WHERE run_id = $1`, [runId]));
  return row && runFrom(row);
}

/** Begins a run; undefined where there is one of this id already. */
export async function addRun(
  queries: PgQueries,
  run: Omit<RunRow, 'status' | 'stretch' | 'result' | 'decisions' | 'events'>,
): Promise<boolean> {
  const { runId, crew, version, queue, definition, inputs } = run;
  const { rows } = await queries.query(
    `INSERT INTO crewline.runs (run_id, crew, version, queue, definition, inputs, status)
     VALUES ($1, $2, $3, $4, $5, $6, 'running') ON CONFLICT DO NOTHING RETURNING 1`,
    [runId, crew, version, queue, JSON.stringify(definition), JSON.stringify(inputs)],
  );
  return rows.length > 0;
}

/** Begins the next stretch of a run, where it is still at that one. */
export async function nextStretch(
  queries: PgQueries,
  { runId, stretch }: Pick<RunRow, 'runId' | 'stretch'>,
  next: Pick<RunRow, 'version' | 'queue' | 'decisions'>,
): Promise<boolean> {
  const { rows } = await queries.query(
    `UPDATE crewline.runs SET stretch = stretch + 1, status = 'running', result = NULL, version = $3, queue = $4,
       decisions = $5, updated = clock_timestamp() WHERE run_id = $1 AND stretch = $2 RETURNING 1`,
    [runId, stretch, next.version, next.queue, JSON.stringify(next.decisions)],
  );
  return rows.length > 0;
}

/** All that a run has recorded, in the order it came. What was only a message within a stretch is of that one. */
export async function recordsOfRun(
  database: Postgres,
  runId: string,
  stretch: number,
): Promise<readonly StoredRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind <> 'input' AND (kind <> 'abort' OR stretch = $2) ORDER BY seq`;
  return (await database.query(text, [runId, stretch])).map(recordFrom);
}

/** What the stretch of a task starts from: its own records, and what belongs to all of the run. */
const OF_TASK = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND (
    key = $4 OR starts_with(key, $4 || '/') OR kind = 'signal' OR (kind = 'note' AND name = 'spent' AND key = 'task:' || $4)
    OR (kind = 'abort' AND stretch = $2) OR (kind = 'input' AND key = $5))`;

/** A task that begins, and what names its input. */
export interface TaskBeginning extends Beginning {
  readonly task: string;
  readonly input: string;
}

/** Counts that a task begins, unless it has been begun `most` times before, and reads what it starts from. */
export async function beginTask(
  database: Postgres,
  beginning: TaskBeginning,
  most: number,
): Promise<{ readonly tries: number | undefined; readonly records: readonly StoredRecord[] }> {
  const text = `WITH begun AS (
      INSERT INTO crewline.tries AS t (run_id, stretch, key, tries) VALUES ($1, $2, $3, 1)
      ON CONFLICT (run_id, stretch, key) DO UPDATE SET tries = t.tries + 1 WHERE t.tries < $6 RETURNING tries
    ) SELECT 0 AS seq, '' AS kind, '' AS key, '' AS name, tries::text AS value FROM begun UNION ALL ${OF_TASK} ORDER BY seq`;
  const values = [...valuesOf(beginning), toColumn(beginning.task), beginning.input, most];
  const found = (await database.query(text, values)).map(recordFrom);
  const [first] = found;
  if (first?.seq !== 0) return { tries: undefined, records: found };
  return { tries: Number(first.value), records: found.slice(1) };
}

/** What was paid from a budget of a run, after that number. */
export async function paymentsOf(
  database: Postgres,
  { runId, budget, after }: { readonly runId: string; readonly budget: string; readonly after: number },
): Promise<readonly StoredRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind = 'note' AND name = 'spent' AND key = $2 AND seq > $3 ORDER BY seq`;
  return (await database.query(text, [runId, toColumn(budget), after])).map(recordFrom);
}

/** What people have answered to a run. */
export async function answersOfRun(database: Postgres, runId: string): Promise<readonly GivenAnswer[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND kind = 'answer' ORDER BY seq`;
  const records = (await database.query(text, [runId])).map(recordFrom);
  return records.map(({ key: id, name: asking, value }) => ({ id, asking, value }));
}

/** The notes of what a run has asked people. */
export async function questionsOfRun(database: Postgres, runId: string): Promise<readonly RunRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind = 'note' AND name IN ('${ASKED}', '${ANEW}') ORDER BY seq`;
  return (await database.query(text, [runId])).map((row) => ({ ...recordFrom(row), kind: 'note' }));
}

/** What has come for the run as a whole: signals, and that it was aborted. */
export async function newsOfRun(database: Postgres, runId: string, stretch: number): Promise<readonly StoredRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND (kind = 'signal' OR (kind = 'abort' AND stretch = $2)) ORDER BY seq`;
  return (await database.query(text, [runId, stretch])).map(recordFrom);
}

/** What this stretch has heard of these tasks: how they ended, or that they rest. */
export async function newsOfTasks(
  database: Postgres,
  { runId, stretch, keys }: { readonly runId: string; readonly stretch: number; readonly keys: readonly string[] },
): Promise<readonly StoredRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records WHERE run_id = $1 AND stretch = $2
    AND kind IN ('task', 'ended', 'suspended') AND key = ANY($3) ORDER BY seq`;
  return (await database.query(text, [runId, stretch, keys.map(toColumn)])).map(recordFrom);
}

/** How tasks ended, whenever that was: these, or all. What comes last counts. */
export async function endsOfTasks(
  database: Postgres,
  runId: string,
  keys: readonly string[] | undefined,
): Promise<readonly StoredRecord[]> {
  const text = `SELECT ${RECORD} FROM crewline.records
    WHERE run_id = $1 AND kind = 'task' AND ($2::text[] IS NULL OR key = ANY($2)) ORDER BY seq`;
  return (await database.query(text, [runId, keys?.map(toColumn) ?? null])).map(recordFrom);
}

/** What is begun, in one stretch of a run: a stretch of a task, or the run's own function where the key is empty. */
export interface Beginning {
  readonly runId: string;
  readonly stretch: number;
  readonly key: string;
}

/** Counts one more beginning; how many that makes. */
export async function countTry(database: Postgres, beginning: Beginning): Promise<number> {
  const text = `INSERT INTO crewline.tries AS t (run_id, stretch, key, tries) VALUES ($1, $2, $3, 1)
    ON CONFLICT (run_id, stretch, key) DO UPDATE SET tries = t.tries + 1 RETURNING tries`;
  return triesIn(await database.query(text, valuesOf(beginning))) ?? 1;
}

/** What was begun is not at work any more, through no fault of its own. */
export async function uncountTry(database: Postgres, beginning: Beginning): Promise<void> {
  const text = 'UPDATE crewline.tries SET tries = tries - 1 WHERE run_id = $1 AND stretch = $2 AND key = $3';
  await database.query(text, valuesOf(beginning));
}

function valuesOf({ runId, stretch, key }: Beginning): readonly unknown[] {
  return [runId, stretch, toColumn(key)];
}

function triesIn([row]: readonly Row[]): number | undefined {
  return row === undefined ? undefined : Number(row['tries']);
}

function rowsOf(answer: { readonly rows: readonly Row[] } | readonly Row[]): readonly Row[] {
  return 'rows' in answer ? answer.rows : answer;
}

function runFrom(row: Row): RunRow {
  const json = (column: string) => JSON.parse(String(row[column] ?? 'null'));
  return {
    runId: String(row['run_id']),
    crew: String(row['crew']),
    version: String(row['version']),
    queue: String(row['queue']),
    definition: recall<Definition>(json('definition')),
    inputs: recall<Json>(json('inputs')),
    status: String(row['status']),
    stretch: Number(row['stretch']),
    result: recall<Json>(json('result')),
    events: Number(row['events']),
    decisions: recall<RunRow['decisions']>(json('decisions') ?? {}),
  };
}

function recordFrom(row: Row): StoredRecord {
  return {
    seq: Number(row['seq']),
    kind: String(row['kind']),
    key: fromColumn(row['key']),
    name: fromColumn(row['name']),
    value: recall<Json>(JSON.parse(String(row['value']))),
  };
}
