import type { CrewError } from '../../errors.ts';
import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { Row } from './driver.ts';
import { type Postgres, storeError } from './postgres.ts';
import { toColumn } from './text.ts';

/** A record on its way: kinds beside a run's own are messages between the processes that work it. */
export interface OutRecord {
  readonly runId: string;
  readonly stretch: number;
  readonly kind: string;
  readonly key: string;
  readonly name: string;
  readonly value: Json;
}

/** An event on its way. */
export interface OutEvent {
  readonly runId: string;
  readonly type: string;
  readonly at: number;
  readonly body: Json;
}

/** How a stretch of a run ended. */
export interface OutEnd {
  readonly runId: string;
  readonly stretch: number;
  readonly status: string;
  readonly result: Json;
}

/** What changed, for whoever looks after it. */
export type Notice = readonly [
  kind: 'queue' | 'inbox' | 'signal' | 'abort' | 'answer' | 'events' | 'end',
  ...about: string[],
];

interface Waiting {
  readonly record: OutRecord;
  readonly resolve: (other: Json | undefined) => void;
}

/** What is written together. */
class Batch {
  readonly records: Waiting[] = [];
  readonly events: OutEvent[] = [];
  readonly ends: OutEnd[] = [];
  readonly notices = new Map<string, Notice>();
  readonly done: Promise<void>;
  resolve: () => void = () => {};
  reject: (error: CrewError) => void = () => {};

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => {});
  }
}

/** As whom things are written. */
export interface Identity {
  readonly id: string;
  /** Why nothing may be written any more: others have taken this process for dead. */
  readonly fenced: CrewError | undefined;
  /** The store says so. */
  fence(): CrewError;
}

/**
 * Everything that this process writes of runs, in the order it was given: one statement at a time, with all that has come
 * since the last. Each is refused once this process counts as dead, and counted, so that one whose answer was lost is
 * not written twice.
 */
export class Writer {
  readonly #database: Postgres;
  readonly #me: Identity;
  #open: Batch | undefined;
  #wrote = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(database: Postgres, me: Identity) {
    this.#database = database;
    this.#me = me;
  }

  /** Resolves with the value that counts where another process had recorded the same before. @throws {CrewError} */
  async record(record: OutRecord): Promise<Json | undefined> {
    const batch = this.#batch();
    let other: Json | undefined;
    batch.records.push({ record, resolve: (value) => (other = value) });
    await batch.done;
    return other;
  }

  /** Not waited for: what is built on it is written after it. */
  event(event: OutEvent): void {
    const batch = this.#batch();
    batch.events.push(event);
    this.#notify(batch, ['events', event.runId]);
  }

  end(end: OutEnd): Promise<void> {
    const batch = this.#batch();
    batch.ends.push(end);
    this.#notify(batch, ['end', end.runId]);
    return batch.done;
  }

  /** Told to every process together with what is written in this moment. */
  notify(notice: Notice): Promise<void> {
    const batch = this.#batch();
    this.#notify(batch, notice);
    return batch.done;
  }

  /** Resolves once all that was given so far is written. */
  flushed(): Promise<void> {
    return this.#open?.done ?? this.#last;
  }

  #notify(batch: Batch, notice: Notice): void {
    batch.notices.set(JSON.stringify(notice), notice);
  }

  #batch(): Batch {
    const { fenced } = this.#me;
    if (this.#open === undefined) {
      const batch = new Batch();
      this.#open = batch;
      this.#last = this.#last.then(() => this.#write(batch));
    }
    if (fenced !== undefined) this.#open.reject(fenced);
    return this.#open;
  }

  async #write(batch: Batch): Promise<void> {
    this.#open = undefined;
    const number = this.#wrote + 1;
    const values = [
      this.#me.id,
      number,
      JSON.stringify(batch.records.map(({ record }) => recordRow(record))),
      JSON.stringify(
        batch.events.map(({ runId, ...event }) => ({ ...event, run: runId, body: JSON.stringify(event.body) })),
      ),
      JSON.stringify(
        batch.ends.map(({ runId, ...end }) => ({ ...end, run: runId, result: JSON.stringify(end.result) })),
      ),
      JSON.stringify([...batch.notices.keys()]),
    ];
    try {
      const write = () => this.#database.query(WRITE, values);
      const [row = {}] = await this.#database.lasting(write, () => this.#me.fenced);
      if (row['alive'] !== true && !(await this.#isWritten(number))) throw this.#me.fence();
      this.#wrote = number;
      await this.#settle(batch, row);
      batch.resolve();
    } catch (thrown) {
      batch.reject(storeError(thrown));
    }
  }

  /** The answer to an earlier try of the same was lost; or this process counts as dead. */
  async #isWritten(number: number): Promise<boolean> {
    const read = () => this.#database.query('SELECT wrote, dead FROM crewline.workers WHERE id = $1', [this.#me.id]);
    const [me] = await this.#database.lasting(read, () => this.#me.fenced);
    return me !== undefined && Number(me['wrote']) === number;
  }

  /** Tells those whose record was there already what it says. Where the answer was lost, all are asked for. */
  async #settle(batch: Batch, row: Row): Promise<void> {
    if (batch.records.length === 0) return;
    const mine = new Set(Array.isArray(row['mine']) ? row['mine'].map(String) : []);
    const others = batch.records.filter(({ record }) => !REPEATED.has(record.kind) && !mine.has(identityOf(record)));
    if (others.length === 0) return;
    const asked = JSON.stringify(others.map(({ record }) => recordRow(record)));
    const rows = await this.#database.lasting(
      () => this.#database.query(RECORDED, [asked]),
      () => this.#me.fenced,
    );
    const known = new Map(rows.map((found) => [String(found['identity']), JSON.parse(String(found['value']))]));
    for (const { record, resolve } of others) resolve(recall<Json | undefined>(known.get(identityOf(record))));
  }
}

/** What may be recorded again and again: the last one counts. */
const REPEATED: ReadonlySet<string> = new Set(['note', 'failed']);

function recordRow({ runId, stretch, kind, key, name, value }: OutRecord) {
  return { run: runId, stretch, kind, key: toColumn(key), name: nameOf(kind, name), value: JSON.stringify(value) };
}

/** A task ends once, however it ended; a signal comes once, whatever its topic: there the name says no more. */
function nameOf(kind: string, name: string): string {
  return kind === 'task' ? '' : toColumn(name);
}

/** As the statements below put it together. */
function identityOf({ runId, stretch, kind, key, name }: OutRecord): string {
  return `${runId} ${stretch} ${kind} ${toColumn(key)} ${nameOf(kind, name)}`;
}

const IDENTITY = `r.run_id || ' ' || r.stretch || ' ' || r.kind || ' ' || r.key || ' ' || r.name`;

const WRITE = `
WITH me AS (
  UPDATE crewline.workers SET wrote = $2 WHERE id = $1 AND NOT dead AND wrote = $2::bigint - 1 RETURNING 1
), mine AS (
  INSERT INTO crewline.records AS r (run_id, stretch, kind, key, name, value)
  SELECT run, stretch, kind, key, name, value
  FROM me, json_to_recordset($3::json) AS x (run text, stretch int, kind text, key text, name text, value text)
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
), noticed AS (
  SELECT pg_notify('crewline', payload) FROM me, json_array_elements_text($6::json) AS payload
)
SELECT (SELECT count(*) = 1 FROM me) AS alive, (SELECT json_agg(identity) FROM mine) AS mine,
  (SELECT count(*) FROM told) AS told, (SELECT count(*) FROM noticed) AS noticed`;

const RECORDED = `
SELECT ${IDENTITY} AS identity, r.value FROM crewline.records AS r
JOIN json_to_recordset($1::json) AS x (run text, stretch int, kind text, key text, name text)
ON r.run_id = x.run AND r.stretch = x.stretch AND r.kind = x.kind AND r.key = x.key AND r.name = x.name`;
