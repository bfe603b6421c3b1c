import { resolve } from 'node:path';
import { CrewError } from '../../errors.ts';
import type { Learnt } from '../../spec/learnt.ts';
import { learntFrom } from '../learnt.ts';
import type { RunRecord } from '../records.ts';
import type { Admission, RunStore } from '../run-store.ts';
import type { RunSummary } from '../run-summary.ts';
import { NEAR, unknownRun } from '../unknown-run.ts';
import { Answers } from './answers.ts';
import { type Content, link, placeIn, writeRows } from './chain.ts';
import { toColumn } from './columns.ts';
import { CommitQueue, undo } from './commit-queue.ts';
import { contentOf } from './content-of.ts';
import type { Database, RawRow } from './driver.ts';
import { lastRuns } from './last-runs.ts';
import { Lease } from './lease.ts';
import { openFile } from './opening.ts';
import { isLive, newOwner, type Owner } from './owner.ts';
import { readAdmission, readRun, type Salvage, type StoredRun, salvageRun } from './read-run.ts';
import { addEntry, entryFrom, PAUSED, RUNNING, type RunEntry, updateEntry } from './run-entry.ts';
import { progressOf } from './run-progress.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { damaged, storeError } from './store-error.ts';
import type { StoreOptions } from './store-options.ts';
import { summaryOf } from './summary-of.ts';

export type { RunRecord } from '../records.ts';
export type { Row, Salvage, StoredRun } from './read-run.ts';
export type { StoreOptions } from './store-options.ts';
export { Lease };

/** How long a run stays its owner's who cannot be looked at and says nothing. */
const LEASE_MS = 15_000;

/**
 * Runs in one SQLite file, written by whoever holds them. Several processes can use one file at once. What was written is
 * either read as it was, or refused.
 * @throws {CrewError} from every method: STORE_FAILED or STORE_WRITE for what is wrong around the file, STORE_CORRUPT for
 * what is wrong in it.
 */
export class Store implements RunStore {
  readonly file: string;
  readonly answers: Answers;
  readonly #db: Database;
  readonly #statements: Statements;
  readonly #queue: CommitQueue;
  readonly #owner: Owner;
  readonly #now: () => number;
  readonly #leaseMs: number;
  readonly #held = new Set<Lease>();
  /** Runs whose lease could not be written any more: nobody works on them, but the file says that this owner does. */
  readonly #stranded = new Set<string>();

  private constructor(file: string, db: Database, { now, leaseMs = LEASE_MS, owner = newOwner() }: StoreOptions) {
    this.file = file;
    this.#db = db;
    this.#statements = prepareStatements(db);
    this.#queue = new CommitQueue(this.#statements, (thrown) => storeError(thrown, file, 'STORE_WRITE'));
    // Whole numbers come back from SQLite as they were, fractions need not. A clock of a test's own may have them.
    this.#now = () => Math.floor(now());
    this.#owner = owner;
    this.#leaseMs = leaseMs;
    this.answers = new Answers({
      file,
      statements: this.#statements,
      now: this.#now,
      read: (work) => this.#read(work),
      write: (work) => this.#write(work),
      refuseUnknown: (runId) => void this.#entryOf(runId),
    });
  }

  /** @throws {CrewError} also with ENGINE_DRIVER_MISSING, or STORE_TOO_NEW. */
  static async open(path: string, options: StoreOptions): Promise<Store> {
    const { readOnly = false, synchronous = 'full', drivers } = options;
    const file = resolve(path);
    const db = await openFile({ file, synchronous, readOnly }, drivers);
    try {
      return new Store(file, db, options);
    } catch (thrown) {
      db.close();
      throw storeError(thrown, file, 'STORE_FAILED');
    }
  }

  /** Writes what is left to write, and gives back every run that is still held. Nothing may be called afterwards. */
  async close(): Promise<void> {
    const given = Promise.allSettled([...this.#held].map((lease) => lease.release()));
    this.#queue.flush();
    await given;
    try {
      this.#queue.transaction(() => this.#giveBackStranded());
    } catch {
      // Still nothing can be written. Others see that this process is gone.
    }
    try {
      // libsql leaves its connection open until its statements are collected, so SQLite would not do it by itself.
      this.#db.exec('PRAGMA busy_timeout = 0');
      this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
    } catch {
      // Another process reads, or nothing can be written: then it stays beside the file, which is as good.
    }
    this.#db.close();
  }

  /**
   * Begins a run: what it is begun with, `records` too, is on disk when this returns.
   * @throws {CrewError} RUN_DUPLICATE for an id that is there.
   */
  admit({ runId, crew, definition, at: admittedAt, ...begun }: Admission, records: readonly RunRecord[] = []): Lease {
    const at = Math.floor(admittedAt);
    const contents: Content[] = [
      { kind: 'admission', key: '', name: crew, text: JSON.stringify({ crew, ...begun, at }) },
      { kind: 'definition', key: '', name: crew, text: definition },
      ...records.map(contentOf),
    ];
    const { rows, after } = link(placeIn(runId), contents);
    const entry = { ...this.#claim(after.seq, after.head), runId, crew, startedAt: at, epoch: 1 };
    return this.#write(() => {
      if (this.#statements.entry.get(toColumn(runId)) !== undefined) {
        throw new CrewError('RUN_DUPLICATE', `The store ${this.file} has a run ${runId} already.`, { runId });
      }
      addEntry(this.#statements, entry);
      writeRows(this.#statements, rows);
      return this.#hold(entry, 0);
    });
  }

  /**
   * Takes a run over, to go on with it, whether it was given back, left by a process that died, or ended.
   * @throws {CrewError} RUN_UNKNOWN; RUN_LOCKED while another live process has it.
   */
  lease(runId: string): Lease {
    return this.#write(() => {
      const before = this.#entryOf(runId);
      if (before.owner !== undefined && this.#isLive(before.owner, before)) throw this.#locked(runId, before.owner);
      const { pid, host } = this.#owner;
      const text = JSON.stringify({ at: this.#now(), pid, host });
      const takeover: Content = { kind: 'takeover', key: '', name: '', text };
      const { rows, after } = link(placeIn(runId, before.size, before.head), [takeover]);
      const entry = { ...before, ...this.#claim(after.seq, after.head), epoch: before.epoch + 1 };
      updateEntry(this.#statements, entry, before.epoch);
      writeRows(this.#statements, rows);
      return this.#hold(entry, before.size);
    });
  }

  /** What a run was begun with, the rest of it left unread. @throws {CrewError} as `records`. */
  admission(runId: string): Admission {
    const { run, problems } = this.#read(() => readAdmission(this.#statements, runId) ?? this.#unknown(runId));
    if (run === undefined) throw damaged(this.file, `run ${runId}, ${problems[0]}`, { runId });
    return run;
  }

  /** Everything that a run has written. @throws {CrewError} RUN_UNKNOWN; STORE_CORRUPT naming the first row that is not as written. */
  records(runId: string): StoredRun {
    const read = this.#read(() => readRun(this.#statements, runId) ?? this.#unknown(runId));
    const [problem] = read.problems;
    if (read.run === undefined || problem !== undefined) {
      throw damaged(this.file, `run ${runId}, ${problem}`, { runId });
    }
    const { run, records, takeovers, answers, size, end } = read;
    return { run, records, takeovers, answers, size, ...(end === undefined ? {} : { end }) };
  }

  /** What can be trusted of a run: its rows up to the first that is not as written. Changes nothing. @throws {CrewError} RUN_UNKNOWN. */
  salvage(runId: string): Salvage {
    return this.#read(() => salvageRun(this.#statements, runId) ?? this.#unknown(runId));
  }

  /** The runs, those begun last first. */
  runs({ limit = -1 }: { readonly limit?: number } = {}): readonly RunSummary[] {
    return this.#read(() => this.#statements.entries.all(limit).map((raw) => this.#summaryOf(raw)));
  }

  /** One run as the list shows it. @throws {CrewError} RUN_UNKNOWN. */
  summary(runId: string): RunSummary {
    return this.#read(() => {
      const raw = this.#statements.entry.get(toColumn(runId));
      return raw === undefined ? this.#unknown(runId) : this.#summaryOf(raw);
    });
  }

  /** Ids of the runs, those begun last first. */
  ids(): readonly string[] {
    return this.#read(() => this.#statements.entries.all(-1).flatMap((raw) => entryFrom(raw)?.runId ?? []));
  }

  #summaryOf(raw: RawRow): RunSummary {
    const isLive = (owner: Owner, entry: RunEntry) => this.#isLive(owner, entry);
    return summaryOf(raw, isLive, (runId) => progressOf(this.#statements, runId));
  }

  /** What the last runs of a crew tell of its tasks; undefined for nothing yet. */
  learnt(crew: string): Learnt | undefined {
    return this.#read(() => learntFrom(lastRuns(this.#statements, crew)));
  }

  /** Removes the runs that ended before `before`; answers how many. */
  prune({ before }: { readonly before: number }): number {
    return this.#write(() => {
      const entries = this.#statements.entries.all(-1).flatMap((raw) => entryFrom(raw) ?? []);
      const isOver = ({ status }: RunEntry) => status !== RUNNING && status !== PAUSED;
      const old = entries.filter((entry) => isOver(entry) && entry.updatedAt < before);
      for (const { runId } of old) {
        for (const name of ['dropRows', 'dropAnswers', 'dropEntry'] as const)
          this.#statements[name].run(toColumn(runId));
      }
      if (old.length > 0) this.#statements.dropBlobs.run();
      return old.length;
    });
  }

  #claim(size: number, head: Uint8Array) {
    const now = this.#now();
    return { status: RUNNING, updatedAt: now, renewedAt: now, owner: this.#owner, size, head };
  }

  #giveBackStranded(): void {
    for (const runId of this.#stranded) {
      const raw = this.#statements.entry.get(toColumn(runId));
      const entry = raw && entryFrom(raw);
      if (entry?.owner?.id !== this.#owner.id) continue;
      updateEntry(this.#statements, { ...entry, owner: undefined, status: PAUSED }, entry.epoch);
    }
  }

  #hold(entry: RunEntry, taken: number): Lease {
    const desk = {
      statements: this.#statements,
      queue: this.#queue,
      now: this.#now,
      fenced: (runId: string) => this.#fenced(runId),
      onOver: (lease: Lease, { code }: CrewError) => {
        this.#held.delete(lease);
        if (code !== 'RUN_LOCKED') this.#stranded.add(lease.runId);
      },
    };
    const lease = new Lease(desk, entry, taken);
    this.#stranded.delete(entry.runId);
    this.#held.add(lease);
    return lease;
  }

  #entryOf(runId: string): RunEntry {
    const raw = this.#statements.entry.get(toColumn(runId));
    if (raw === undefined) return this.#unknown(runId);
    const entry = entryFrom(raw);
    if (entry !== undefined) return entry;
    throw damaged(this.file, `run ${runId}, its entry in the list of runs is not what was written`, { runId });
  }

  #isLive(owner: Owner, { runId, renewedAt }: RunEntry): boolean {
    if (owner.id === this.#owner.id && this.#stranded.has(runId)) return false;
    return isLive(owner, this.#owner, { ageMs: this.#now() - renewedAt, leaseMs: this.#leaseMs });
  }

  #locked(runId: string, owner: Owner | undefined): CrewError {
    const isHere = owner?.pid === this.#owner.pid && owner.host === this.#owner.host;
    const who =
      owner === undefined ? 'Another process' : isHere ? 'This process' : `Process ${owner.pid} on ${owner.host}`;
    const message = `${who} works on run ${runId} already, or has taken it over: it is not written here.`;
    return new CrewError('RUN_LOCKED', message, { runId });
  }

  /** The error for a lease of an epoch that is over. The run may have been removed since. */
  #fenced(runId: string): CrewError {
    const raw = this.#statements.entry.get(toColumn(runId));
    return this.#locked(runId, raw && entryFrom(raw)?.owner);
  }

  #unknown(runId: string): never {
    const ids = this.#statements.entries.all(NEAR).flatMap((raw) => entryFrom(raw)?.runId ?? []);
    throw unknownRun(`The store ${this.file}`, runId, ids);
  }

  /** One view of the file, whatever others write meanwhile. */
  #read<T>(work: () => T): T {
    try {
      this.#statements.beginReading.run();
      try {
        return work();
      } finally {
        undo(this.#statements);
      }
    } catch (thrown) {
      throw storeError(thrown, this.file, 'STORE_FAILED');
    }
  }

  #write<T>(work: () => T): T {
    // What was given back in this tick is free already.
    this.#queue.flush();
    try {
      return this.#queue.transaction(work);
    } catch (thrown) {
      throw storeError(thrown, this.file, 'STORE_WRITE');
    }
  }
}
