import { hostname } from 'node:os';
import { CrewError } from '../../errors.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Postgres } from './postgres.ts';
import { isDown } from './postgres-error.ts';
import type { Identity } from './writer.ts';

/** What others need of a process that is dead. */
export interface Heir {
  /** Puts what these were at work on back into its queues. */
  takeOver(ids: readonly string[]): Promise<void>;
  /** Work is in the hands of processes that nobody knows of any more. */
  orphaned(): Promise<readonly string[]>;
  /** Puts back what is in this process' hands without its knowledge. */
  putBackForgotten(): Promise<void>;
  /** Puts runs into their queues whose starter died before it had. */
  queueStranded(): Promise<void>;
  /** For whoever looks after this process. */
  tell(level: 'info' | 'warn', message: string): void;
}

/** How often a process says that it lives, in leases; and how often it has to be silent before it counts as dead. */
const PER_LEASE = 5;
const LONGEST_BEAT_MS = 2_000;
const POLLS = 3;

/** After what part of a lease a silence is told. */
const WORTH_A_WORD = 1 / 3;

/** A peer that says nothing new: since when, on this process' own clock, and for how many looks. */
interface Silence {
  readonly seen: string;
  readonly since: number;
  polls: number;
  isTold: boolean;
}

/** Postgres does not answer: since when, on this process' own clock. */
interface Outage {
  readonly since: number;
  isTold: boolean;
}

/**
 * One process among those that share the work. It says again and again that it lives, watches the others, and takes over
 * from those that fall silent for a lease. Who is taken for dead stays so: such a process must write nothing any more,
 * and finds that out by itself when it cannot say that it lives. No clock but its own is compared with anything.
 */
export class Membership implements Identity {
  readonly id = `${hostname()}-${process.pid}-${realRuntime.uuid().slice(0, 8)}`;
  readonly #database: Postgres;
  readonly #leaseMs: number;
  readonly #heir: Heir;
  readonly #silent = new Map<string, Silence>();
  readonly #onFenced = new Set<(error: CrewError) => void>();
  #fenced: CrewError | undefined;
  #outage: Outage | undefined;
  #renewed = 0;
  #over = false;
  #beating: Promise<void> | undefined;
  #unwatch: () => void = () => {};
  #wake: () => void = () => {};

  constructor(database: Postgres, leaseMs: number, heir: Heir) {
    this.#database = database;
    this.#leaseMs = leaseMs;
    this.#heir = heir;
  }

  get fenced(): CrewError | undefined {
    return this.#fenced;
  }

  /** How often it says that it lives. */
  get beatMs(): number {
    return Math.min(LONGEST_BEAT_MS, this.#leaseMs / PER_LEASE);
  }

  onFenced(fn: (error: CrewError) => void): void {
    this.#onFenced.add(fn);
  }

  /** Enters the list of those that live: before any work is taken. */
  async join(): Promise<void> {
    this.#renewed = realRuntime.monotonic();
    await this.#database.query('INSERT INTO crewline.workers (id, host, pid) VALUES ($1, $2, $3)', [
      this.id,
      hostname(),
      process.pid,
    ]);
    this.#watch();
  }

  /** Says from now on that it lives, and looks after the others. */
  begin(): void {
    this.#beating = this.#beat();
  }

  /** Leaves: what it still holds is the others' from now on, and `abort` ends it here. */
  async leave(abort: (error: CrewError) => void): Promise<void> {
    this.#over = true;
    this.#unwatch();
    this.#wake();
    await this.#beating;
    const isKnown = this.#fenced === undefined;
    try {
      if (isKnown) await this.#database.query('UPDATE crewline.workers SET dead = true WHERE id = $1', [this.id]);
    } finally {
      abort(this.fence('This process has left the others, who go on with its work.'));
    }
    if (isKnown) await this.#heir.takeOver([this.id]);
  }

  /** This process counts as dead. */
  fence(why = 'Others have taken this process for dead, and go on with its work.'): CrewError {
    if (this.#fenced !== undefined) return this.#fenced;
    const error = new CrewError('WORKER_LOST', `${why} It writes nothing any more: start it again.`, {
      resumable: true,
    });
    this.#fenced = error;
    // Who has left is missed by nobody.
    if (!this.#over) for (const fn of this.#onFenced) fn(error);
    return error;
  }

  async #beat(): Promise<void> {
    while (!this.#over && this.#fenced === undefined) {
      await this.#renew();
      await this.#lookAround().catch(() => {
        // A look that failed shows nothing: silence counts from the next.
        this.#silent.clear();
      });
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        if (!this.#over) realRuntime.timer(this.beatMs, resolve);
        else resolve();
      });
    }
  }

  async #renew(): Promise<void> {
    const begun = realRuntime.monotonic();
    try {
      const rows = await this.#database.query(
        'UPDATE crewline.workers SET seen = clock_timestamp() WHERE id = $1 AND NOT dead RETURNING 1',
        [this.id],
      );
      this.#isBack();
      if (rows.length === 0) this.fence();
      else this.#renewed = begun;
    } catch (thrown) {
      this.#isAway(thrown, begun);
      // Where nobody is answered, nobody is taken for dead either.
      if (isDown(thrown)) this.#renewed = realRuntime.monotonic();
    }
  }

  #isAway(thrown: unknown, since: number): void {
    this.#outage ??= { since, isTold: false };
    // One that is over by the next beat is nobody's concern.
    if (this.#outage.isTold || this.#outage.since === since) return;
    this.#outage.isTold = true;
    const { message } = this.#database.error(thrown);
    const lease = seconds(this.#leaseMs);
    const next = isDown(thrown)
      ? 'What is under way waits until it answers.'
      : `This process ends what it does once that has lasted for ${lease} s.`;
    this.#heir.tell('warn', `${message} ${next}`);
  }

  #isBack(): void {
    if (this.#outage?.isTold) this.#heir.tell('info', `Postgres answers again, after ${secondsSince(this.#outage)} s.`);
    this.#outage = undefined;
  }

  /** Also while an answer is waited for, and when this process was stopped and goes on: without a word for a lease, it is out. */
  #watch(): void {
    this.#unwatch = realRuntime.timer(this.beatMs / 2, () => {
      const ms = realRuntime.monotonic() - this.#renewed;
      if (ms > this.#leaseMs) this.fence(`This process could not say for ${Math.round(ms)} ms that it lives.`);
      else this.#watch();
    });
  }

  async #lookAround(): Promise<void> {
    const rows = await this.#database.query('SELECT id, seen::text AS seen FROM crewline.workers WHERE NOT dead');
    const living = new Map(rows.map((row) => [String(row['id']), String(row['seen'])]));
    for (const id of this.#silent.keys()) if (!living.has(id)) this.#isGone(id);
    for (const [id, seen] of living) if (id !== this.id) await this.#watchPeer(id, seen);
    const orphaned = await this.#heir.orphaned();
    if (orphaned.length > 0) await this.#heir.takeOver(orphaned);
    await this.#heir.putBackForgotten();
    await this.#heir.queueStranded();
  }

  async #watchPeer(id: string, seen: string): Promise<void> {
    const now = realRuntime.monotonic();
    const silence = this.#silent.get(id);
    if (silence?.seen !== seen) {
      if (silence?.isTold) this.#heir.tell('info', `Process ${id} is heard again.`);
      this.#silent.set(id, { seen, since: now, polls: 0, isTold: false });
      return;
    }
    silence.polls += 1;
    if (!silence.isTold && now - silence.since >= this.#leaseMs * WORTH_A_WORD) {
      silence.isTold = true;
      const after = `${seconds(this.#leaseMs)} s of silence`;
      this.#heir.tell(
        'warn',
        `Process ${id} has said nothing for ${secondsSince(silence)} s. After ${after} its work goes on elsewhere.`,
      );
    }
    if (silence.polls < POLLS || now - silence.since < this.#leaseMs) return;
    const rows = await this.#database.query(
      'UPDATE crewline.workers SET dead = true WHERE id = $1 AND seen::text = $2 AND NOT dead RETURNING 1',
      [id, seen],
    );
    if (rows.length === 0) return;
    this.#isGone(id);
    await this.#heir.takeOver([id]);
  }

  #isGone(id: string): void {
    if (this.#silent.get(id)?.isTold)
      this.#heir.tell('info', `Process ${id} is taken for dead: its work goes on elsewhere.`);
    this.#silent.delete(id);
  }
}

function secondsSince({ since }: { readonly since: number }): number {
  return seconds(realRuntime.monotonic() - since);
}

function seconds(ms: number): number {
  return ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1_000);
}
