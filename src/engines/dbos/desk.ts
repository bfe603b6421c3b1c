import { isDeepStrictEqual } from 'node:util';
import { CrewError } from '../../errors.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Program, ReplayRequest, ResumeRequest, RunHandle, SubmitOptions } from '../../spec/engine.ts';
import type { Json } from '../../spec/json.ts';
import type { QuestionDesk } from '../../spec/question.ts';
import type { ServeOptions, Service } from '../../spec/service.ts';
import { EarlierRun } from '../earlier-run.ts';
import { resultFromJson } from '../outcome-json.ts';
import { isFinished, PastRun, refuseChanges, refuseOtherCrew, refuseSecrets } from '../past-run.ts';
import { WrittenRun } from '../written-run.ts';
import { PostgresDesk } from './answers.ts';
import type { KnownCrew, Serving } from './crews.ts';
import { DbosHandle } from './handle.ts';
import { type Node, unknownRun } from './node.ts';
import type { DbosOptions } from './options.ts';
import { addRun, type NewRun, nextStretch, type RunRow, readRun, recordsOfRun } from './run-rows.ts';
import { releaseNode, sharedNode } from './shared-node.ts';
import { watchLoop } from './watchdog.ts';

/** How long a process that is to stop lets its tasks go on. */
const DRAIN_MS = 30_000;
/** Runs that were begun here and can be asked for, also when they have ended: their events are kept. */
const MOST_HANDLES = 1_000;
const DEFAULT_QUEUE = 'default';
const DEFAULT_QUEUES = Object.freeze({ [DEFAULT_QUEUE]: Object.freeze({}) });

/** What one engine does in this process: begins runs and goes on with them. */
export class Desk {
  readonly #node: Node;
  readonly #serving: Serving;
  readonly #queue: string;
  readonly #crews = new Map<string, KnownCrew>();
  readonly #handles = new Map<string, DbosHandle>();
  #closed = false;

  private constructor(
    node: Node,
    { queue = DEFAULT_QUEUE, queues = DEFAULT_QUEUES, version, work = true, runtime = realRuntime }: DbosOptions,
  ) {
    this.#node = node;
    this.#queue = queue;
    this.#serving = { runtime, version, work, queues };
  }

  static async open(options: DbosOptions): Promise<Desk> {
    return new Desk(await sharedNode(options), options);
  }

  async start(program: Program): Promise<void> {
    this.#crews.set(program.crew, await this.#node.know(program, this.#serving));
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Waits for the runs that were begun here, and takes no more work of the crews that were started here. */
  async close(options: { readonly drainMs?: number; readonly runs: boolean }): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (options.runs) await Promise.allSettled([...this.#handles.values()].map((handle) => handle.result()));
    this.#node.forget([...this.#crews.values()]);
    await releaseNode(this.#node, options);
  }

  /** @throws {CrewError} `ENGINE_NOT_SHARED` where nothing is to be worked here. */
  async serve({ endWhenBlocked = false, onLog }: ServeOptions = {}): Promise<Service> {
    if (!this.#serving.work) {
      throw new CrewError('ENGINE_NOT_SHARED', 'This engine works nothing here: it was made with work: false.');
    }
    const lost = new Promise<CrewError>((resolve) => {
      this.#node.membership.onFenced(resolve);
    });
    const unwatch = endWhenBlocked ? watchLoop(this.#node.leaseMs) : () => {};
    const unlisten = onLog === undefined ? () => {} : this.#node.log.listen(onLog);
    const stop: Service['stop'] = ({ drainMs = DRAIN_MS } = {}) =>
      this.close({ drainMs, runs: false }).finally(() => {
        unwatch();
        unlisten();
      });
    return { lost, stop };
  }

  /** What a run asks people. @throws {CrewError} `RUN_UNKNOWN`. */
  async deskOf(crew: string, runId: string): Promise<QuestionDesk> {
    await this.#rowOf(crew, runId);
    const { workshop } = this.#node;
    return new PostgresDesk(runId, workshop, workshop.answers);
  }

  handle(runId: string): DbosHandle | undefined {
    return this.#handles.get(runId);
  }

  async submit(crew: string, inputs: Json, options: SubmitOptions): Promise<RunHandle> {
    const { runId, reuse } = options;
    refuseSecrets(inputs, runId);
    if (reuse !== undefined) await this.#rowOf(crew, reuse);
    const source = reuse === undefined ? undefined : ({ kind: 'reuse', runId: reuse } as const);
    return this.#place(crew, { inputs, source, records: [] }, options);
  }

  async replay(crew: string, options: ReplayRequest): Promise<RunHandle> {
    const { source: runId } = options;
    this.#crewOf(crew);
    const { inputs: before, stretch } = await this.#rowOf(crew, runId);
    const { database, workshop } = this.#node;
    const recorded = await workshop.lasting(() => recordsOfRun(database, runId, stretch));
    const { inputs, records } = new EarlierRun(runId, recorded).replayed(before, options);
    return this.#place(crew, { inputs, source: { kind: 'replay', runId }, records }, options);
  }

  /** Begins a run, for whoever works it. */
  async #place(
    crew: string,
    begun: Pick<NewRun, 'inputs' | 'source' | 'records'>,
    options: SubmitOptions,
  ): Promise<RunHandle> {
    const { runId, crewFile, attended = false } = options;
    const { program, version } = this.#crewOf(crew);
    const definition = program.definition?.() ?? '{}';
    const run = { runId, crew, version, queue: this.#queue, definition, crewFile, attended, ...begun };
    const node = this.#node;
    const stretch = { ...run, stretch: 1 };
    const { handle, follower } = this.#follow(stretch, options);
    try {
      const added = await node.workshop.lasting(() => addRun(node.database, run));
      if (!added) await this.#refuseOther(run);
      follower.begin(0);
      // What was cancelled before it began begins nothing.
      await node.writer.flushed();
      await node.enqueue(stretch);
    } catch (thrown) {
      follower.ended(Promise.reject(thrown));
      throw thrown;
    }
    return handle;
  }

  /** A run of this crew. @throws {CrewError} `RUN_UNKNOWN`. */
  async #rowOf(crew: string, runId: string): Promise<RunRow> {
    const { database, workshop } = this.#node;
    const row = await workshop.lasting(() => readRun(database, runId));
    if (row === undefined) throw unknownRun(runId);
    refuseOtherCrew(row, crew);
    return row;
  }

  /** The same run twice is one; another of the same id is refused. */
  async #refuseOther({ runId, crew, inputs }: Pick<RunRow, 'runId' | 'crew' | 'inputs'>): Promise<void> {
    const known = await this.#node.workshop.lasting(() => readRun(this.#node.database, runId));
    if (known !== undefined && known.crew === crew && isDeepStrictEqual(known.inputs, inputs)) return;
    throw new CrewError('RUN_DUPLICATE', `This Postgres has another run ${runId} already.`, { runId });
  }

  async resume(crew: string, options: ResumeRequest): Promise<RunHandle> {
    const { runId } = options;
    const node = this.#node;
    const known = this.#crewOf(crew);
    const row = await this.#rowOf(crew, runId);
    if (isFinished(row.status)) return new PastRun(runId, resultFromJson(row.result));
    if (row.status === 'running' && (row.version === known.version || (await node.isServed(row)))) {
      const { handle, follower } = this.#follow(row, options);
      follower.begin(row.events);
      await node.enqueue(row);
      return handle;
    }
    if (!options.acceptChanges) refuseChanges(row, known.program.definition?.());
    const next = await this.#begin(row, known, options);
    const { handle, follower } = this.#follow(next, options);
    follower.begin(row.events);
    await node.enqueue(next);
    return handle;
  }

  /** The next stretch of a run: what failed is tried anew in it. */
  async #begin(row: RunRow, { version }: KnownCrew, { decisions, attended = false }: ResumeRequest): Promise<RunRow> {
    const { database, workshop } = this.#node;
    const { runId } = row;
    const next = { ...row, stretch: row.stretch + 1, version, queue: this.#queue, decisions, attended };
    const records = await workshop.lasting(() => recordsOfRun(database, runId, next.stretch));
    // It is only looked at: what follows from it is written with the beginning of the stretch.
    const log = { runId, append: async () => undefined, end: async () => {} };
    const journal = new WrittenRun(log, workshop.answers, { decisions });
    for (const { kind, ...rest } of records) {
      if (kind === 'task' || kind === 'note') journal.read({ kind, ...rest });
    }
    journal.refuseStrangers();
    const stretch = { ...next, records: journal.triesAnew, by: realRuntime.uuid() };
    const begun = await workshop.lasting(() => nextStretch(database, row, stretch));
    if (begun === 'gone') throw unknownRun(runId);
    if (begun === 'locked') {
      throw new CrewError('RUN_LOCKED', `Somebody else goes on with run ${runId} in this moment.`, { runId });
    }
    return next;
  }

  #follow(row: Pick<RunRow, 'runId' | 'stretch'>, { events, onHandle }: SubmitOptions) {
    const { runId } = row;
    const node = this.#node;
    const follower = node.follow(runId, events);
    const handle = new DbosHandle(node, row, follower);
    for (const oldest of this.#handles.keys()) if (this.#handles.size >= MOST_HANDLES) this.#handles.delete(oldest);
    this.#handles.set(runId, handle);
    const { runtime, work } = this.#serving;
    if (work) runtime.outside?.(node.workshop.begun(runId));
    onHandle?.(handle);
    return { handle, follower };
  }

  /** @throws {CrewError} `CREW_UNKNOWN`. */
  #crewOf(crew: string): KnownCrew {
    const known = this.#crews.get(crew);
    if (known !== undefined) return known;
    throw new CrewError('CREW_UNKNOWN', `No crew named "${crew}" was started on this engine.`);
  }
}
