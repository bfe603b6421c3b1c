import { CrewError } from '../../errors.ts';
import { isObject } from '../../internal/json.ts';
import type { Runtime } from '../../internal/runtime.ts';
import type { Emitter, OutcomeLookup, Program } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { Learnt } from '../../spec/learnt.ts';
import type { RunResult, TaskOutcome } from '../../spec/outcome.ts';
import { outcomeFromJson, outcomeToJson, stepFromJson, stepToJson } from '../outcome-json.ts';
import type { OutcomeSource, RunLog, RunRecord } from '../records.ts';
import { type Ended, SpreadRun } from '../spread-run.ts';
import { SPENT, WrittenRun } from '../written-run.ts';
import type { Answers } from './answers.ts';
import { endedFrom, endedWith, lookupIn } from './ends.ts';
import type { Postgres } from './postgres.ts';
import { RunEvents } from './run-events.ts';
import { endsOfTasks, newsOfRun, newsOfTasks, type PlacedRecord, type RunRow } from './run-rows.ts';
import { SharedBounds } from './shared-bounds.ts';
import type { Writer } from './writer.ts';

/** What a hosted run needs of its process. */
export interface Host {
  readonly database: Postgres;
  readonly writer: Writer;
  readonly answers: Answers;
  readonly workerId: string;
  /** Has this stretch of a task worked by whoever is next. Resolves once it waits in its queue. */
  enqueue(
    run: HostedRun,
    task: { readonly key: string; readonly input: Json | undefined; readonly segment: number },
  ): Promise<void>;
  /** A task waits for a person: its slot is another's until what is returned is called. */
  rest(run: HostedRun, key: string): () => Promise<void>;
  /** Repeats a reading until Postgres answers. */
  lasting<T>(read: () => Promise<T>): Promise<T>;
  /** Takes tasks that nobody has begun out of their queue; which those were. */
  withdraw(run: HostedRun, keys: readonly string[]): Promise<readonly string[]>;
  /** Something is wrong that no caller hears of. */
  report(thrown: unknown): void;
}

/** What a run is worked with here. */
export interface HostedParts {
  readonly program: Program;
  readonly runtime: Runtime;
  /** Who hears of it here. */
  readonly local: () => Emitter | undefined;
  /** What earlier runs of its crew tell. */
  readonly learnt: Learnt | undefined;
}

/** One stretch of a run, as far as it is in this process: driven here, or some of its tasks worked here. */
export class HostedRun implements RunLog {
  readonly row: RunRow;
  readonly run: SpreadRun;
  readonly runtime: Runtime;
  readonly #host: Host;
  readonly #journal: WrittenRun;
  readonly #bounds: SharedBounds;
  readonly #seen = new Set<number>();
  /** Of tasks that were handed out: called once they are at work here, or have ended elsewhere. */
  readonly #begun = new Map<string, () => void>();
  /** Tasks to look for. */
  readonly #missing = new Set<string>();
  #looking: Promise<void> | undefined;
  #source: OutcomeSource | undefined;
  #aborted = false;
  #unlisten: () => void = () => {};

  constructor(host: Host, row: RunRow, { program, runtime, local, learnt }: HostedParts) {
    const { runId } = row;
    this.#host = host;
    this.row = row;
    this.runtime = runtime;
    const source = { outcomeOf: (key: string, print: string) => this.#source?.outcomeOf(key, print) };
    this.#journal = new WrittenRun(this, host.answers, { decisions: row.decisions, source });
    this.#bounds = new SharedBounds(host, runId);
    const events = new RunEvents(runId, { writer: host.writer, runtime, local });
    const spread = {
      hand: (key: string, input: Json | undefined, segment: number) => this.#hand(key, input, segment),
      attended: row.attended,
      rest: (key: string) => this.#host.rest(this, key),
      outcomes: (keys: readonly string[] | undefined) => this.#outcomes(keys),
    };
    const facts = { runId, events, runtime, journal: this.#journal, beyond: this.#bounds, lookBack: () => learnt };
    this.run = new SpreadRun(program, facts, spread);
  }

  get runId(): string {
    return this.row.runId;
  }

  /** Takes in what is recorded; what was taken in already is left out. The value of an input is answered. */
  take(records: readonly PlacedRecord[]): Json | undefined {
    let input: Json | undefined;
    for (const record of records) {
      if (this.#seen.has(record.seq)) continue;
      const { kind, key, name, value } = record;
      if (kind === 'input') input = value;
      else if (kind === 'abort') this.#heardAbort(value);
      else if (kind === 'answer') this.#journal.answered({ id: key, asking: name, value });
      else if (isOfRun(kind)) {
        this.#seen.add(record.seq);
        this.#journal.read({ kind: kind === 'failed' ? 'step' : kind, key, name, value });
        if (kind === 'signal') this.run.deliver({ topic: name, value, key });
      }
    }
    return input;
  }

  /** Works the run's own function to its end. Outcomes of `source` may serve it. */
  async drive(source: OutcomeSource | undefined): Promise<RunResult> {
    this.#source = source;
    this.#unlisten = this.run.onAbort(
      (reason) => void this.#tellAbort(reason).catch((thrown) => this.#host.report(thrown)),
    );
    try {
      return await this.run.begin(this.row.inputs);
    } finally {
      this.#unlisten();
    }
  }

  outcomeOf(key: string): TaskOutcome | undefined {
    return this.#journal.outcomeOf(key);
  }

  /** Works a stretch of a task here. Once this resolves, whoever drives the run can know how that ended. */
  async work(key: string, input: Json | undefined, segment: number): Promise<void> {
    const working = this.run.work(key, input, segment);
    this.#hasBegun(key);
    await this.tellEnd(await working, segment);
  }

  /** Ends a task without working it. */
  async conclude(key: string, outcome: TaskOutcome): Promise<void> {
    await this.#journal.recordOutcome(key, outcome);
    await this.announce(key);
  }

  /** How a task ended is recorded: whoever drives the run may look. */
  async announce(key: string): Promise<void> {
    if (this.run.drives) await this.lookAfter([key]);
    else await this.#host.writer.notify(['inbox', this.runId, key]);
  }

  /** Says how a task ended that has no outcome to be kept. */
  async tellEnd(ended: Ended, segment: number): Promise<void> {
    const { key } = ended;
    const { drives } = this.run;
    if ('suspended' in ended) await this.#message('suspended', { key, name: `${segment}`, value: ended.suspended });
    else if (ended.outcome === undefined) {
      const value = stepToJson({ ok: false, thrown: ended.error });
      if (!drives) await this.#message('ended', { key, name: `${segment}`, value });
    } else if (ended.outcome.status !== 'cancelled') return;
    else if (!drives) {
      await this.#message('ended', { key, name: `${segment}`, value: { outcome: outcomeToJson(ended.outcome) } });
    }
    if (!drives) await this.announce(key);
  }

  /** Looks for what has become of tasks that are worked elsewhere. What is asked for meanwhile is looked for together. */
  lookAfter(keys: Iterable<string> = this.run.handed.keys()): Promise<void> {
    for (const key of keys) this.#missing.add(key);
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    while (this.#missing.size > 0 && this.run.drives) {
      const keys = [...this.#missing];
      this.#missing.clear();
      const { runId, stretch } = this.row;
      const news = await this.#host.lasting(() => newsOfTasks(this.#host.database, { runId, stretch, keys }));
      for (const { kind, key, name, value } of news) {
        if (kind === 'task') this.#arrived({ key, outcome: outcomeFromJson(value) });
        else if (kind === 'suspended') this.#arrived({ key, suspended: String(value) }, Number(name));
        else this.#arrived(endedFrom(key, value));
      }
    }
  }

  /** Looks for signals, and whether the run was aborted. */
  async hearNews(): Promise<void> {
    const { runId, stretch } = this.row;
    this.take(await this.#host.lasting(() => newsOfRun(this.#host.database, runId, stretch)));
  }

  append(record: RunRecord): Promise<Json | undefined> {
    const { writer } = this.#host;
    const { runId } = this;
    // A step that failed is tried again when its task goes on after a suspension.
    const kind = record.kind === 'step' && isObject(record.value) && 'thrown' in record.value ? 'failed' : record.kind;
    const value = kind === 'note' && record.name === SPENT ? this.#bounds.signed(record.value) : record.value;
    const written = writer.record({ ...record, kind, value, runId, stretch: this.row.stretch });
    // In the same statement as what it is about.
    if (record.kind === 'task' && !this.run.drives && this.run.handed.has(record.key)) {
      void writer.notify(['inbox', runId, record.key]).catch(nothing);
    }
    this.runtime.outside?.(written);
    return written;
  }

  end(status: string, result: Json): Promise<void> {
    const { runId } = this;
    this.#host.writer.event({ runId, type: 'run.end', at: this.runtime.now(), body: endedWith(status, result) });
    const written = this.#host.writer.end({ runId, stretch: this.row.stretch, status, result });
    this.runtime.outside?.(written);
    return written;
  }

  /** News of an earlier stretch of a task says nothing of the one that was handed out since. */
  #arrived(ended: Ended, segment = 0): void {
    if (this.run.arrived(ended, segment)) this.#hasBegun(ended.key);
  }

  #hand(key: string, input: Json | undefined, segment: number): void {
    if (this.#aborted) {
      // Nobody needs to take it out of a queue to see that.
      void this.work(key, input, segment).catch((thrown) => this.#host.report(thrown));
      return;
    }
    const { outside } = this.runtime;
    if (outside !== undefined)
      outside.call(this.runtime, new Promise<void>((resolve) => this.#begun.set(key, resolve)));
    this.#host.enqueue(this, { key, input, segment }).catch((thrown) => this.#host.report(thrown));
  }

  #hasBegun(key: string): void {
    this.#begun.get(key)?.();
    this.#begun.delete(key);
  }

  async #outcomes(keys: readonly string[] | undefined): Promise<OutcomeLookup> {
    const { database } = this.#host;
    return lookupIn(await this.#host.lasting(() => endsOfTasks(database, this.runId, keys)));
  }

  #message(
    kind: 'ended' | 'suspended' | 'abort',
    { key, name, value }: { key: string; name: string; value: Json },
  ): Promise<unknown> {
    const { runId } = this;
    const written = this.#host.writer.record({ kind, runId, stretch: this.row.stretch, key, name, value });
    this.runtime.outside?.(written);
    return written;
  }

  /** The run was aborted elsewhere. */
  #heardAbort(value: Json): void {
    if (this.#aborted) return;
    const step = stepFromJson(value);
    const thrown = step.ok ? undefined : step.thrown;
    this.abort(
      thrown instanceof CrewError
        ? thrown
        : new CrewError('CANCELLED', 'The run was cancelled.', { runId: this.runId }),
    );
  }

  /** The run is aborted, and everybody who works it is to know. */
  async #tellAbort(reason: CrewError): Promise<void> {
    if (!this.#aborted) {
      await this.#message('abort', { key: '', name: '', value: stepToJson({ ok: false, thrown: reason }) });
      await this.#host.writer.notify(['abort', this.runId]);
    }
    this.#aborted = true;
    await this.#withdraw();
  }

  /** What nobody has begun needs nobody else to come to its end. */
  async #withdraw(): Promise<void> {
    const waiting = [...this.run.handed];
    if (waiting.length === 0) return;
    const withdrawn = new Set(
      await this.#host.withdraw(
        this,
        waiting.map(([key]) => key),
      ),
    );
    for (const [key, { input, segment }] of waiting) {
      if (withdrawn.has(key)) void this.work(key, input, segment).catch((thrown) => this.#host.report(thrown));
    }
  }

  /** Ends everything of it that is under way here. */
  abort(reason: CrewError): void {
    this.#aborted = true;
    this.run.abort(reason);
  }
}

function nothing(): void {}

function isOfRun(kind: string): kind is RunRecord['kind'] | 'failed' {
  return kind === 'step' || kind === 'failed' || kind === 'task' || kind === 'signal' || kind === 'note';
}
