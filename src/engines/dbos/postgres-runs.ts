import type { CrewError } from '../../errors.ts';
import type { Json } from '../../spec/json.ts';
import type { Learnt } from '../../spec/learnt.ts';
import { recall } from '../../types.ts';
import type { RunRecord } from '../records.ts';
import type { Admission, KeptRun, RunStore, Takeover, WaitingRun } from '../run-store.ts';
import type { RunSummary } from '../run-summary.ts';
import { questionsIn } from '../stored-questions.ts';
import { NEAR, unknownRun } from '../unknown-run.ts';
import { loadDrivers, type Row } from './driver.ts';
import { learntIn } from './look-back.ts';
import { Postgres } from './postgres.ts';
import { pruneRuns } from './prune.ts';
import { BEGUN, BY_ID, LAST, summaryFrom, TAKEOVERS, WAITING } from './run-lists.ts';
import { admissionFrom, answersOfRun, recordFrom, recordsOfRun } from './run-rows.ts';
import { findTables } from './schema.ts';
import { fromColumn } from './text.ts';

/** Statements of what may be a large table. */
const STATEMENT_MS = 600_000;
/** As many runs may begin like one that was not written out. */
const MOST_ALIKE = 20;

/** The runs in a Postgres, for who only looks: it takes no part in the work, and makes no table. */
export class PostgresRuns implements RunStore {
  readonly answers = { waiting: (): Promise<readonly WaitingRun[]> => this.#waiting() };
  readonly #database: Postgres;

  private constructor(database: Postgres) {
    this.#database = database;
  }

  /** Undefined where nobody has kept any. @throws {CrewError} `ENGINE_DRIVER_MISSING`, `STORE_FAILED`, `STORE_TOO_NEW`. */
  static async open(url: string): Promise<PostgresRuns | undefined> {
    const database = new Postgres(loadDrivers(), url, STATEMENT_MS);
    try {
      if (await findTables(database)) return new PostgresRuns(database);
    } catch (thrown) {
      await database.close();
      throw database.error(thrown);
    }
    await database.close();
    return undefined;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  async ids(start: string): Promise<readonly string[]> {
    const text = `SELECT run_id FROM crewline.runs WHERE starts_with(run_id, $1) ORDER BY started DESC LIMIT ${MOST_ALIKE}`;
    return (await this.#query(text, [start])).map((row) => String(row['run_id']));
  }

  async runs({ limit }: { readonly limit: number }): Promise<readonly RunSummary[]> {
    return (await this.#query(LAST, [limit])).map(summaryFrom);
  }

  async summary(runId: string): Promise<RunSummary> {
    const [row] = await this.#query(BY_ID, [runId]);
    if (row === undefined) throw await this.#unknown(runId);
    return summaryFrom(row);
  }

  async admission(runId: string): Promise<Admission> {
    return (await this.#row(runId)).run;
  }

  async records(runId: string): Promise<KeptRun> {
    const { run, stretch, end } = await this.#row(runId);
    const database = this.#database;
    const records = await this.#reading(() => recordsOfRun(database, runId, stretch));
    const answers = await this.#reading(() => answersOfRun(database, runId));
    const takeovers = (await this.#query(TAKEOVERS, [runId])).map(takeoverFrom);
    const begun = (await this.#query(BEGUN, [runId, stretch])).map(({ key }) => fromColumn(key));
    return { run, records, takeovers, begun, answers, ...(end && { end }) };
  }

  /** What the last runs of a crew tell of its tasks; undefined for nothing yet. */
  learnt(crew: string): Promise<Learnt | undefined> {
    return this.#reading(() => learntIn(this.#database, crew));
  }

  prune({ before }: { readonly before: number }): Promise<number> {
    return this.#reading(() => pruneRuns(this.#database, before));
  }

  async #waiting(): Promise<readonly WaitingRun[]> {
    const runs = new Map<string, { readonly crew: string; readonly rows: Row[] }>();
    for (const row of await this.#query(WAITING, [])) {
      const runId = String(row['run_id']);
      const known = runs.get(runId) ?? { crew: String(row['crew']), rows: [] };
      runs.set(runId, known);
      known.rows.push(row);
    }
    return [...runs].map(([runId, { crew, rows }]) => ({ runId, crew, problem: undefined, questions: openIn(rows) }));
  }

  async #row(runId: string) {
    const text = `SELECT *, extract(epoch FROM started) * 1000 AS at FROM crewline.runs WHERE run_id = $1`;
    const [row] = await this.#query(text, [runId]);
    if (row === undefined) throw await this.#unknown(runId);
    return { run: admissionFrom(row), stretch: Number(row['stretch']), end: endIn(row) };
  }

  async #unknown(runId: string): Promise<CrewError> {
    const text = `SELECT run_id FROM crewline.runs ORDER BY started DESC LIMIT ${NEAR}`;
    const ids = (await this.#query(text, [])).map((row) => String(row['run_id']));
    return unknownRun('This Postgres', runId, ids);
  }

  #query(text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#reading(() => this.#database.query(text, values));
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      throw this.#database.error(thrown);
    }
  }
}

/** What nobody has answered yet. */
function openIn(rows: readonly Row[]): WaitingRun['questions'] {
  const records = rows.map(recordFrom);
  const notes = records.filter(({ kind }) => kind === 'note').map((note): RunRecord => ({ ...note, kind: 'note' }));
  const given = records.filter(({ kind }) => kind === 'answer');
  const answers = given.map(({ key: id, name: asking, value }) => ({ id, asking, value }));
  return [...questionsIn(notes, answers).values()].filter(({ answer }) => answer === undefined);
}

/** A run whose own function threw has no result but that. */
function endIn({ status, result }: Row): KeptRun['end'] {
  if (status === 'running') return undefined;
  const stored = recall<Json>(JSON.parse(String(result ?? 'null')));
  if (status !== 'broken') return { status: String(status), result: stored };
  return { status: 'failed', result: { error: recall<{ readonly thrown?: Json }>(stored).thrown ?? null } };
}

function takeoverFrom({ at, pid, host }: Row): Takeover {
  return { at: Number(at), pid: Number(pid), host: String(host) };
}
