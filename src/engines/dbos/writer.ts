import type { CrewError } from '../../errors.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { Drivers, Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { nameColumn, type OutRecord, recordRow } from './record-row.ts';
import { toColumn } from './text.ts';
import type { Workflow } from './workflows.ts';
import { IDENTITY, WRITE } from './write-statement.ts';

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

/** More is written in another statement after it: one must not take longer than statements may. */
const MOST_PARTS = 1_000;
/** How long what nobody waits for may wait for something to be written with. */
const LINGER_MS = 20;

/** What is written together. */
class Batch {
  readonly records: Waiting[] = [];
  readonly workflows: Workflow[] = [];
  /** Workflows that were worked to their end here. */
  readonly finished: string[] = [];
  readonly events: OutEvent[] = [];
  readonly ends: OutEnd[] = [];
  readonly notices = new Map<string, Notice>();
  /** Resolves once somebody waits for it, or it has waited long enough. */
  readonly due: Promise<void>;
  readonly done: Promise<void>;
  makeDue: () => void = () => {};
  resolve: () => void = () => {};
  reject: (error: CrewError) => void = () => {};

  constructor() {
    this.due = new Promise((resolve) => {
      this.makeDue = resolve;
    });
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.done.catch(() => {});
  }

  get isFull(): boolean {
    return this.records.length + this.workflows.length + this.events.length + this.finished.length >= MOST_PARTS;
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
  readonly #serializer: Drivers['DBOSJSON'];
  #open: Batch | undefined;
  #wrote = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(database: Postgres, me: Identity, serializer: Drivers['DBOSJSON']) {
    this.#database = database;
    this.#me = me;
    this.#serializer = serializer;
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
    const batch = this.#batch(false);
    batch.events.push(event);
    this.#notify(batch, ['events', event.runId]);
  }

  /** Lets a workflow wait in its queue. */
  enqueue(workflow: Workflow): Promise<void> {
    const batch = this.#batch();
    batch.workflows.push(workflow);
    this.#notify(batch, ['queue', workflow.queue]);
    return batch.done;
  }

  /** Not urgent: who takes it over finds that it is done. */
  finished(workflow: string): Promise<void> {
    const batch = this.#batch(false);
    batch.finished.push(workflow);
    return batch.done;
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
    this.#open?.makeDue();
    return this.#last;
  }

  #notify(batch: Batch, notice: Notice): void {
    batch.notices.set(JSON.stringify(notice), notice);
  }

  #batch(isAwaited = true): Batch {
    const { fenced } = this.#me;
    const batch = this.#open === undefined || this.#open.isFull ? new Batch() : this.#open;
    if (batch !== this.#open) {
      this.#open?.makeDue();
      this.#open = batch;
      this.#last = Promise.all([this.#last, batch.due]).then(() => this.#write(batch));
      realRuntime.timer(LINGER_MS, batch.makeDue);
    }
    if (isAwaited) batch.makeDue();
    if (fenced !== undefined) batch.reject(fenced);
    return batch;
  }

  async #write(batch: Batch): Promise<void> {
    if (this.#open === batch) this.#open = undefined;
    const number = this.#wrote + 1;
    const values = this.#valuesOf(batch, number);
    try {
      const write = () => this.#database.query(WRITE, values);
      const [row = {}] = await this.#database.lasting(write, () => this.#me.fenced);
      if (row['alive'] !== true && !(await this.#isWritten(number))) throw this.#me.fence();
      this.#wrote = number;
      await this.#settle(batch, row);
      batch.resolve();
    } catch (thrown) {
      batch.reject(this.#database.error(thrown));
    }
  }

  #valuesOf({ records, workflows, events, ends, finished, notices }: Batch, number: number): readonly unknown[] {
    return [
      this.#me.id,
      number,
      JSON.stringify(records.map(({ record }) => recordRow(record))),
      JSON.stringify(events.map(({ runId, ...event }) => ({ ...event, run: runId, body: JSON.stringify(event.body) }))),
      JSON.stringify(ends.map(({ runId, ...end }) => ({ ...end, run: runId, result: JSON.stringify(end.result) }))),
      JSON.stringify([...notices.keys()]),
      JSON.stringify(
        workflows.map(({ ticket, ...workflow }) => ({ ...workflow, inputs: this.#serializer.stringify([ticket]) })),
      ),
      finished,
    ];
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

/** As the statements below put it together. */
function identityOf({ runId, stretch, kind, key, name }: OutRecord): string {
  return `${runId} ${stretch} ${kind} ${toColumn(key)} ${nameColumn(kind, name)}`;
}

const RECORDED = `
SELECT ${IDENTITY} AS identity, r.value FROM crewline.records AS r
JOIN json_to_recordset($1::json) AS x (run text, stretch int, kind text, key text, name text)
ON r.run_id = x.run AND r.stretch = x.stretch AND r.kind = x.kind AND r.key = x.key AND r.name = x.name`;
