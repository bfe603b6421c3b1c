import { CrewError } from '../../errors.ts';
import type { Json } from '../../spec/json.ts';
import type { RunLog, RunRecord } from '../records.ts';
import { type Content, link, placeIn, writeRows } from './chain.ts';
import type { CommitQueue } from './commit-queue.ts';
import { contentOf } from './content-of.ts';
import type { Owner } from './owner.ts';
import { PAUSED, type RunEntry, updateEntry } from './run-entry.ts';
import type { Statements } from './statements.ts';

/** What a lease needs of its store. */
export interface LeaseDesk {
  readonly statements: Statements;
  readonly queue: CommitQueue;
  now(): number;
  /** The error for a run that another has taken over. */
  fenced(runId: string): CrewError;
  /** The lease will write nothing more, and why. */
  onOver(lease: Lease, why: CrewError): void;
}

/** What a lease adds in one tick. */
interface OpenBatch {
  readonly contents: Content[];
  /** Set when the run is given back with it. */
  status: string | undefined;
  readonly done: Promise<undefined>;
}

/**
 * The right to write one run. Its promises resolve once what was written cannot be lost any more, and everything of one
 * tick is written together or not at all. After one rejection every later call is rejected too: a run's records have no gaps.
 * @throws {CrewError} from every method: RUN_LOCKED when another process has taken the run over, or the lease was given
 * back; STORE_WRITE when the file cannot be written.
 */
export class Lease implements RunLog {
  readonly #desk: LeaseDesk;
  #entry: RunEntry;
  #batch: OpenBatch | undefined;
  #refusal: CrewError | undefined;

  /** How many rows the run had when it was taken over; 0 for one that was begun. */
  readonly taken: number;

  constructor(desk: LeaseDesk, entry: RunEntry, taken: number) {
    this.#desk = desk;
    this.taken = taken;
    this.#entry = entry;
  }

  get runId(): string {
    return this.#entry.runId;
  }

  /** Counts who held the run: 1 for who began it. */
  get epoch(): number {
    return this.#entry.epoch;
  }

  append({ kind, key, name, value }: RunRecord): Promise<undefined> {
    try {
      return this.#add(contentOf({ kind, key, name, value }));
    } catch (thrown) {
      // No JSON after all. Nothing was added, so the lease goes on.
      return Promise.reject(thrown);
    }
  }

  /** Says that the owner is alive. Every five seconds, a third of a lease; writing anything does it as well. Need not be waited for: what fails is told to the next write. */
  renew(): Promise<void> {
    return unwatched(this.#add());
  }

  /** Records how the run ended, and gives it back. */
  end(status: string, result: Json): Promise<void> {
    const text = JSON.stringify({ status, result });
    return this.#add({ kind: 'end', key: '', name: status, text }, status);
  }

  /** Gives the run back as it is: anybody can go on with it. Does nothing when there is nothing to give back any more. */
  release(): Promise<void> {
    if (this.#refusal !== undefined) return Promise.resolve();
    return unwatched(this.#add(undefined, PAUSED));
  }

  /** Writes what was added so far before it returns. */
  flush(): void {
    this.#desk.queue.flush();
  }

  #add(content?: Content, lastStatus?: string): Promise<undefined> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    this.#batch ??= this.#openBatch();
    const batch = this.#batch;
    if (content !== undefined) batch.contents.push(content);
    if (lastStatus !== undefined) {
      batch.status = lastStatus;
      this.#refuse(new CrewError('RUN_LOCKED', `Run ${this.runId} was given back: nothing more can be written to it.`));
    }
    return batch.done;
  }

  #openBatch(): OpenBatch {
    const { queue } = this.#desk;
    const done = new Promise<undefined>((resolve, reject) => {
      let next: RunEntry | undefined;
      queue.add({
        write: () => {
          next = this.#write();
          return next === undefined ? this.#desk.fenced(this.runId) : undefined;
        },
        settle: (error) => {
          if (error === undefined) {
            if (next !== undefined) this.#entry = next;
            resolve(undefined);
          } else {
            this.#refuse(error);
            reject(error);
          }
        },
      });
    });
    return { contents: [], status: undefined, done };
  }

  /** Answers with the entry that was written; nothing when another has taken the run over, and nothing was written. */
  #write(): RunEntry | undefined {
    const batch = this.#batch;
    this.#batch = undefined;
    const { statements } = this.#desk;
    const { runId, size, head, epoch } = this.#entry;
    const { rows, after } = link(placeIn(runId, size, head), batch?.contents ?? []);
    const now = this.#desk.now();
    const status = batch?.status;
    const owner: Owner | undefined = status === undefined ? this.#entry.owner : undefined;
    const next: RunEntry = {
      ...this.#entry,
      status: status ?? this.#entry.status,
      updatedAt: rows.length > 0 || status !== undefined ? now : this.#entry.updatedAt,
      renewedAt: now,
      owner,
      size: after.seq,
      head: after.head,
    };
    // First, so that a run of somebody else gets no row of ours, while other runs of this transaction get theirs.
    if (!updateEntry(statements, next, epoch)) return undefined;
    writeRows(statements, rows);
    return next;
  }

  #refuse(error: CrewError): void {
    this.#refusal = error;
    this.#desk.onOver(this, error);
  }
}

/** A promise whose rejection ends no process when nobody looks at it. */
function unwatched(promise: Promise<void>): Promise<void> {
  promise.catch(() => {});
  return promise;
}
