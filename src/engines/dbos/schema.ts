import { CrewError } from '../../errors.ts';
import type { PgQueries } from './driver.ts';
import type { Postgres } from './postgres.ts';

/**
 * Each takes the tables from the format before it to its own number, counted from 1. Only ever added to. Keys and names
 * are JSON strings without their quotes and values JSON: Postgres' own text holds neither NUL nor half a surrogate pair.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE crewline.workers (
    id text PRIMARY KEY, host text NOT NULL, pid int NOT NULL, queues text NOT NULL DEFAULT '[]',
    started timestamptz NOT NULL DEFAULT clock_timestamp(), seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    dead boolean NOT NULL DEFAULT false, wrote bigint NOT NULL DEFAULT 0
  );
  CREATE TABLE crewline.runs (
    run_id text PRIMARY KEY, crew text NOT NULL, version text NOT NULL, queue text NOT NULL, definition text NOT NULL,
    inputs text NOT NULL, status text NOT NULL, stretch int NOT NULL DEFAULT 1, result text, decisions text,
    events bigint NOT NULL DEFAULT 0, driver text,
    started timestamptz NOT NULL DEFAULT clock_timestamp(), updated timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  CREATE INDEX runs_by_age ON crewline.runs (updated);
  CREATE TABLE crewline.records (
    seq bigserial PRIMARY KEY, run_id text NOT NULL, stretch int NOT NULL, kind text NOT NULL, key text NOT NULL,
    name text NOT NULL, value text NOT NULL
  );
  CREATE UNIQUE INDEX records_once ON crewline.records (run_id, stretch, kind, key, name)
    WHERE kind NOT IN ('note', 'failed');
  CREATE INDEX records_of_run ON crewline.records (run_id, key);
  CREATE TABLE crewline.tries (
    run_id text NOT NULL, stretch int NOT NULL, key text NOT NULL, tries int NOT NULL, PRIMARY KEY (run_id, stretch, key)
  );
  CREATE TABLE crewline.events (
    run_id text NOT NULL, seq bigint NOT NULL, worker text NOT NULL, type text NOT NULL, at double precision NOT NULL,
    body text NOT NULL, PRIMARY KEY (run_id, seq)
  );
  `,
  // Calls of models under way, and those of the last minute, on all machines.
  `
  CREATE TABLE crewline.calls (
    call bigserial PRIMARY KEY, lane text NOT NULL, worker text NOT NULL, tokens bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(), under_way boolean NOT NULL DEFAULT false,
    waiting boolean NOT NULL DEFAULT false
  );
  CREATE INDEX calls_of_lane ON crewline.calls (lane, at);
  CREATE FUNCTION crewline.enter(
    in_lane text, by_worker text, places int, requests int, tokens_allowed bigint, wanted bigint, longest_ms int,
    INOUT ticket bigint, OUT reason text
  ) LANGUAGE plpgsql AS $$
  DECLARE
    minute timestamptz;
    sent bigint;
    used bigint;
    busy bigint;
    ahead bigint;
  BEGIN
    -- One after another in each lane.
    PERFORM pg_advisory_xact_lock(hashtextextended('crewline lane ' || in_lane, 0));
    minute := clock_timestamp() - interval '60 seconds';
    DELETE FROM crewline.calls AS c WHERE c.lane = in_lane AND (c.waiting AND c.at < clock_timestamp() - interval '2 seconds');
    DELETE FROM crewline.calls AS c WHERE c.lane = in_lane AND c.at < minute AND (NOT c.under_way
      OR c.at < clock_timestamp() - longest_ms * interval '1 millisecond'
      OR EXISTS (SELECT 1 FROM crewline.workers AS w WHERE w.id = c.worker AND w.dead));
    SELECT count(*) FILTER (WHERE c.at >= minute AND NOT c.waiting),
        coalesce(sum(c.tokens) FILTER (WHERE c.at >= minute AND NOT c.waiting), 0),
        count(*) FILTER (WHERE c.waiting AND (ticket IS NULL OR c.call < ticket)),
        count(*) FILTER (WHERE c.under_way AND NOT EXISTS (SELECT 1 FROM crewline.workers AS w WHERE w.id = c.worker AND w.dead))
      INTO sent, used, ahead, busy FROM crewline.calls AS c WHERE c.lane = in_lane;
    reason := CASE WHEN busy + ahead >= places THEN 'concurrency' WHEN sent + ahead >= requests THEN 'requests'
      WHEN sent + ahead > 0 AND used + wanted > tokens_allowed THEN 'tokens' END;
    -- Who waits keeps its turn as long as it looks again.
    INSERT INTO crewline.calls AS c (call, lane, worker, tokens, under_way, waiting)
      VALUES (coalesce(ticket, nextval('crewline.calls_call_seq')), in_lane, by_worker, wanted, reason IS NULL, reason IS NOT NULL)
      ON CONFLICT (call) DO UPDATE SET at = clock_timestamp(), under_way = reason IS NULL, waiting = reason IS NOT NULL
      RETURNING c.call INTO ticket;
  END $$;
  CREATE FUNCTION crewline.leave(of_call bigint, unused boolean, in_fact bigint) RETURNS void LANGUAGE sql AS $$
    DELETE FROM crewline.calls WHERE call = of_call AND unused;
    UPDATE crewline.calls SET under_way = false, tokens = coalesce(in_fact, tokens) WHERE call = of_call;
  $$;
  `,
  // What a task starts from is found however much its run has recorded; names that begin alike come one after another.
  `
  DROP INDEX crewline.records_of_run;
  CREATE INDEX records_by_key ON crewline.records (run_id, key COLLATE "C");
  CREATE INDEX messages_of_run ON crewline.records (run_id, kind) WHERE kind IN ('signal', 'answer');
  `,
  // Few of many, for who looks whether all of them are worked.
  "CREATE INDEX runs_under_way ON crewline.runs (run_id) WHERE status = 'running'",
  // What lists, forecasts and replays need of a run; of a task's end only what is told in brief, whatever it came to.
  `
  ALTER TABLE crewline.runs ADD COLUMN crew_file text, ADD COLUMN source text, ADD COLUMN tasks int NOT NULL DEFAULT 0;
  ALTER TABLE crewline.records ADD COLUMN brief text;
  CREATE INDEX runs_by_beginning ON crewline.runs (started);
  CREATE INDEX runs_of_crew ON crewline.runs (crew, started);
  `,
  // Whether somebody may answer what a run asks, wherever it is worked.
  'ALTER TABLE crewline.runs ADD COLUMN attended boolean NOT NULL DEFAULT false',
  // What is looked for among much else: runs that are over, work that tells something, payments, questions. And who began a stretch.
  `
  CREATE INDEX runs_over ON crewline.runs (crew, started, run_id) WHERE status <> 'running';
  CREATE INDEX work_done ON crewline.records (run_id)
    WHERE brief IS NOT NULL AND brief::json ->> 'status' = 'done' AND brief::json ->> 'reused' = 'false';
  CREATE INDEX payments ON crewline.records (run_id, key COLLATE "C", seq) WHERE kind = 'note' AND name = 'spent';
  CREATE INDEX questions ON crewline.records (run_id, key COLLATE "C") WHERE kind = 'note' AND name IN ('asked', 'anew');
  DROP INDEX crewline.messages_of_run;
  CREATE INDEX messages_of_run ON crewline.records (run_id, kind, key COLLATE "C") WHERE kind IN ('signal', 'answer');
  ALTER TABLE crewline.runs ADD COLUMN begun_by text;
  `,
  // How much of each queue a process lets be at work, to be compared.
  'ALTER TABLE crewline.workers ADD COLUMN limits text',
  // After which record something was begun for the last time: what came later shows that it got further.
  'ALTER TABLE crewline.tries ADD COLUMN mark bigint NOT NULL DEFAULT 0',
];

/** The newest format this version knows. */
const FORMAT = MIGRATIONS.length;
/** Any number, the same in every process: of those that start at once, one makes the tables. */
export const TABLES_LOCK = 4_349_524_577;

/** Makes the tables, or brings them to this version's format. To be done under their lock. @throws {CrewError} `STORE_TOO_NEW`. */
export async function prepareTables(database: Postgres): Promise<void> {
  await database.transaction(async (queries) => {
    await queries.query('CREATE SCHEMA IF NOT EXISTS crewline');
    await queries.query('CREATE TABLE IF NOT EXISTS crewline.about (format int NOT NULL)');
    const format = await formatOf(queries);
    for (const migration of MIGRATIONS.slice(format)) await queries.query(migration);
    if (format < FORMAT) await queries.query('INSERT INTO crewline.about (format) VALUES ($1)', [FORMAT]);
  });
}

/** Whether anybody has made the tables; those of an earlier version are brought to this one's format. @throws {CrewError} `STORE_TOO_NEW`. */
export async function findTables(database: Postgres): Promise<boolean> {
  const text = `SELECT to_regclass('crewline.runs') IS NOT NULL AND to_regclass('dbos.workflow_status') IS NOT NULL AS there`;
  const [row] = await database.query(text);
  if (row?.['there'] !== true) return false;
  if ((await database.transaction(formatOf)) < FORMAT) {
    await database.alone(TABLES_LOCK, () => prepareTables(database));
  }
  return true;
}

async function formatOf(queries: PgQueries): Promise<number> {
  const { rows } = await queries.query('SELECT max(format) AS format FROM crewline.about');
  const format = Number(rows[0]?.['format'] ?? 0);
  if (format <= FORMAT) return format;
  throw new CrewError(
    'STORE_TOO_NEW',
    `The tables in this Postgres have format ${format}, and this version of Crewline knows formats up to ${FORMAT}. Update it.`,
  );
}
