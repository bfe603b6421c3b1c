import { createHash } from 'node:crypto';
import type { CrewError } from '../../errors.ts';
import type { Emitter } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { RunResult } from '../../spec/outcome.ts';
import { stepToJson } from '../outcome-json.ts';
import { MOST_TRIES, poisonedTask } from '../poison.ts';
import { Answers } from './answers.ts';
import { type BegunTask, beginOne, countDrive, forgetTries, uncountDrive, uncountTry } from './beginnings.ts';
import { type Crews, type KnownCrew, taskQueue } from './crews.ts';
import { type Host, HostedRun } from './hosted-run.ts';
import { LookBack } from './look-back.ts';
import type { Placement } from './placement.ts';
import { MOST_DRIVES, poisonedRun } from './poison.ts';
import type { Postgres } from './postgres.ts';
import type { Slot } from './queues.ts';
import { type RunRow, readRun, recordsOfRun } from './run-rows.ts';
import { type RunTicket, type TaskTicket, taskWorkflow } from './workflows.ts';
import type { Identity, Writer } from './writer.ts';

/** What the workshop needs of its process. */
export interface WorkshopParts {
  readonly database: Postgres;
  readonly writer: Writer;
  readonly me: Identity & { fence(why?: string): CrewError };
  readonly placement: Placement;
  readonly crews: Crews;
  /** Who hears the events of a run that was started in this process. */
  readonly listenerOf: (runId: string) => Emitter | undefined;
  /** How a run ended that was driven here, as it was returned or thrown. */
  readonly onEnd: (runId: string, end: Promise<RunResult>) => void;
}

interface Kept {
  readonly run: HostedRun;
  users: number;
}

/** What somebody waits for is asked for again sooner than what is only written. In milliseconds. */
const RETRY_MS = 100;
/** Runs whose rows are remembered, so that not every task has to read its run's. */
const MOST_ROWS = 1_000;

/** Where this process works what it has taken: runs that it drives, and tasks of its own and of others' runs. */
export class Workshop implements Host {
  readonly database: Postgres;
  readonly writer: Writer;
  readonly answers: Answers;
  readonly workerId: string;
  readonly #parts: WorkshopParts;
  readonly #lookBack: LookBack;
  readonly #kept = new Map<string, Kept>();
  readonly #tasks = new Map<Promise<boolean>, { readonly ticket: TaskTicket; readonly slot: Slot }>();
  readonly #drives = new Map<Promise<boolean>, RunTicket>();
  /** Called once, when a task begins to wait for a person. */
  readonly #onRest = new Set<() => void>();
  /** Tasks that have been begun suspiciously often, in a line. */
  #suspects: Promise<void> = Promise.resolve();
  readonly #rows = new Map<string, RunRow>();
  readonly #awaited = new Map<string, () => void>();
  /** Inputs that are recorded already, each with what names it. */
  readonly #inputs = new WeakMap<HostedRun, Map<Json, string>>();

  constructor(parts: WorkshopParts) {
    this.database = parts.database;
    this.writer = parts.writer;
    this.answers = new Answers(this);
    this.#lookBack = new LookBack(this);
    this.workerId = parts.me.id;
    this.#parts = parts;
  }

  get hosted(): readonly HostedRun[] {
    return [...this.#kept.values()].map(({ run }) => run);
  }

  /** The stretch of the run that is here; the last where there are several. */
  hostedRun(runId: string): HostedRun | undefined {
    return this.hosted.findLast((run) => run.runId === runId);
  }

  /** Resolves once the run is driven here, or need not be. */
  begun(runId: string): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited.set(runId, resolve);
    });
  }

  #begin(runId: string): void {
    this.#awaited.get(runId)?.();
    this.#awaited.delete(runId);
  }

  workRun(ticket: RunTicket): Promise<boolean> {
    const driving = this.#unlessFenced(() => this.#drive(ticket));
    this.#drives.set(driving, ticket);
    return driving.finally(() => this.#drives.delete(driving));
  }

  workTask(begun: BegunTask, slot: Slot): Promise<boolean> {
    const working = this.#unlessFenced(() => this.#workTask(begun, slot));
    this.#tasks.set(working, { ticket: begun.ticket, slot });
    return working.finally(() => this.#tasks.delete(working));
  }

  /** Resolves once nothing is at work here. What waits for a person waits elsewhere as well. */
  async idle({ runs }: { readonly runs: boolean }): Promise<void> {
    const atWork = () => [...this.#tasks].flatMap(([working, { slot }]) => (slot.isHeld ? [working] : []));
    for (;;) {
      const waiting = [...atWork(), ...(runs ? this.#drives.keys() : [])];
      if (waiting.length === 0) return;
      const rested = new Promise<void>((resolve) => this.#onRest.add(resolve));
      await Promise.race([...waiting, rested]);
    }
  }

  rest({ runId, row }: HostedRun, key: string): () => Promise<void> {
    for (const { ticket, slot } of this.#tasks.values()) {
      if (ticket.runId !== runId || ticket.stretch !== row.stretch || ticket.key !== key) continue;
      slot.rest();
      this.lasting(() => forgetTries(this.database, ticket)).catch((thrown) => this.report(thrown));
      for (const wake of this.#onRest) wake();
      this.#onRest.clear();
      return () => slot.goOn();
    }
    return () => Promise.resolve();
  }

  /** What is at work here is given to others: that this process leaves does not count against it. */
  async uncountTries(): Promise<void> {
    await Promise.all([
      ...[...this.#tasks.values()].map(({ ticket }) => uncountTry(this.database, ticket)),
      ...[...this.#drives.values()].map((ticket) => uncountDrive(this.database, ticket)),
    ]);
  }

  /** Nothing may be done here any more. */
  abortAll(reason: CrewError): void {
    for (const run of this.hosted) run.abort(reason);
  }

  async #drive({ runId, stretch }: RunTicket): Promise<boolean> {
    // What is remembered of it, as of a run whose tasks were worked here, says nothing of how it stands.
    this.#rows.delete(`${runId}:${stretch}`);
    const row = await this.#rowOf({ runId, stretch });
    if (row === undefined) return true;
    const known = this.#crewOf(row);
    if (known === undefined) return false;
    const tries = await this.lasting(() => countDrive(this.database, { runId, stretch }));
    let result: Promise<RunResult> | undefined;
    await this.#keep(row, known, async (run) => {
      const reading = this.lasting(() => recordsOfRun(this.database, runId, stretch));
      const [records, source] = [await reading, await this.#lookBack.sourceOf(row)];
      run.take(records);
      result = tries > MOST_DRIVES ? Promise.reject(poisonedRun(runId)) : run.drive(source);
      this.#begin(runId);
      await this.#end(run, result);
    });
    if (result !== undefined) this.#parts.onEnd(runId, result);
    return true;
  }

  async #end(run: HostedRun, result: Promise<RunResult>): Promise<void> {
    try {
      await result;
    } catch (thrown) {
      if (this.#parts.me.fenced !== undefined) throw this.#parts.me.fenced;
      await run.end('broken', stepToJson({ ok: false, thrown }));
    }
    this.#rows.delete(`${run.runId}:${run.row.stretch}`);
  }

  async #workTask(begun: BegunTask, { rested }: Slot): Promise<boolean> {
    const { ticket } = begun;
    const row = begun.isDue ? await this.#rowOf(ticket) : undefined;
    if (row === undefined) return true;
    const known = this.#crewOf(row);
    if (known === undefined) return false;
    const work = ({ tries = 0, records }: BegunTask) =>
      this.#keep(row, known, async (run) => {
        const { runId, key, segment } = ticket;
        const input = run.take(records);
        if (ticket.fingerprint !== undefined) run.run.knowFingerprint(key, ticket.fingerprint);
        if (run.outcomeOf(key) !== undefined) await run.announce(key);
        else if (tries > MOST_TRIES) await run.conclude(key, poisonedTask(runId, key));
        else await run.work(key, input, segment);
      });
    if (begun.tries !== undefined) await work(begun);
    else {
      // One after another: which of several it was that ended their process shows only then. Who waits for a person ends none.
      const turn = this.#suspects.then(async () => work(await this.lasting(() => beginOne(this.database, ticket))));
      this.#suspects = Promise.race([turn, rested]).catch(() => {});
      await turn;
    }
    return true;
  }

  /** A run that is at this stretch; read once for all its tasks. */
  async #rowOf({ runId, stretch }: RunTicket): Promise<RunRow | undefined> {
    const id = `${runId}:${stretch}`;
    const known = this.#rows.get(id);
    if (known !== undefined) return known;
    const row = await this.lasting(() => readRun(this.database, runId));
    if (row === undefined || row.status !== 'running' || row.stretch !== stretch) return undefined;
    await this.#lookBack.at(row.crew);
    for (const oldest of this.#rows.keys()) if (this.#rows.size >= MOST_ROWS) this.#rows.delete(oldest);
    this.#rows.set(id, row);
    return row;
  }

  /** Queues are served for known crews only; one that was forgotten a moment ago is somebody else's to work. */
  #crewOf(row: RunRow): KnownCrew | undefined {
    const known = this.#parts.crews.get(row.crew);
    return known?.version === row.version ? known : undefined;
  }

  async #keep(row: RunRow, { program, serving }: KnownCrew, work: (run: HostedRun) => Promise<void>): Promise<void> {
    const id = `${row.runId}:${row.stretch}`;
    const local = () => this.#parts.listenerOf(row.runId);
    const kept = this.#kept.get(id) ?? {
      run: new HostedRun(this, row, { program, runtime: serving.runtime, local, learnt: this.#lookBack.of(row.crew) }),
      users: 0,
    };
    this.#kept.set(id, kept);
    kept.users += 1;
    try {
      await work(kept.run);
    } finally {
      kept.users -= 1;
      if (kept.users === 0) this.#kept.delete(id);
    }
  }

  async enqueue(
    hosted: HostedRun,
    { key, input, segment }: { readonly key: string; readonly input: Json | undefined; readonly segment: number },
  ): Promise<void> {
    const { row, run } = hosted;
    const { runId, stretch, crew, version } = row;
    const fingerprint = run.fingerprintOf(key);
    const ticket = {
      runId,
      stretch,
      key,
      segment,
      input: this.#nameOf(hosted, input),
      ...(fingerprint && { fingerprint }),
    };
    await this.writer.enqueue(taskWorkflow(taskQueue(row.queue, crew, version), ticket, run.priority(key)));
  }

  /** What a task is to work on is recorded before it waits in its queue, once for all tasks that work on the same. */
  #nameOf(run: HostedRun, input: Json | undefined): string {
    if (input === undefined) return '';
    const { runId, stretch } = run.row;
    const names = this.#inputs.get(run) ?? new Map<Json, string>();
    const known = names.get(input);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(JSON.stringify(input)).digest('hex');
    this.#inputs.set(run, names.set(input, name));
    // Where it cannot be written, what is written after it cannot be either.
    this.writer.record({ kind: 'input', runId, stretch, key: name, name: '', value: input }).catch(() => {});
    return name;
  }

  async withdraw({ row, run }: HostedRun, keys: readonly string[]): Promise<readonly string[]> {
    const { runId, stretch } = row;
    const tickets = keys.map((key) => ({ runId, stretch, key, segment: run.handed.get(key)?.segment ?? 1 }));
    return this.lasting(() => this.#parts.placement.withdraw(tickets));
  }

  lasting<T>(read: () => Promise<T>): Promise<T> {
    return this.database.lasting(read, () => this.#parts.me.fenced, RETRY_MS);
  }

  /** What cannot be written or read here may be elsewhere: this process is out. */
  report(thrown: unknown): void {
    const { me } = this.#parts;
    if (me.fenced === undefined) me.fence(this.database.error(thrown).message);
  }

  /** Work that a process which is out has begun never ends there: others end it. */
  async #unlessFenced(work: () => Promise<boolean>): Promise<boolean> {
    let isMine = true;
    try {
      isMine = await work();
    } catch (thrown) {
      this.report(thrown);
    }
    return this.#parts.me.fenced === undefined ? isMine : NEVER;
  }
}

const NEVER = new Promise<never>(() => {});
