import { CrewError } from '../../errors.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Emitter, Program } from '../../spec/engine.ts';
import type { RunResult } from '../../spec/outcome.ts';
import { resultFromJson, stepFromJson } from '../outcome-json.ts';
import { Crews, type KnownCrew, runQueue, type Serving, taskQueue, taskQueuesOf } from './crews.ts';
import { loadDrivers } from './driver.ts';
import { emitterOf, Follower } from './follower.ts';
import { Membership } from './membership.ts';
import { NodeLog } from './node-log.ts';
import { Notices } from './notices.ts';
import { Placement } from './placement.ts';
import { Postgres } from './postgres.ts';
import { Queues } from './queues.ts';
import { type RunRow, readRun, strandedRuns } from './run-rows.ts';
import { prepareTables, TABLES_LOCK } from './schema.ts';
import { agreedLimits, limitsElsewhere, tellQueues } from './told-queues.ts';
import { runWorkflow } from './workflows.ts';
import { Workshop } from './workshop.ts';
import { Writer } from './writer.ts';

/** How this process takes part. */
export interface NodeOptions {
  readonly url: string;
  readonly leaseMs: number;
  readonly pollMs: number;
  /** Tasks worked here at once. */
  readonly concurrency: number;
}

/** A statement that takes longer than a third of a lease is given up with its connection; but never one of a second. */
const STATEMENTS_PER_LEASE = 3;
const SHORTEST_STATEMENT_MS = 1_000;
/** How long a process that leaves waits for what it writes. */
const FLUSH_MS = 5_000;
/** What brings large tables to another format takes as long as it takes. */
const TABLES_MS = 3_600_000;

/** This process among those that share the work in one Postgres, for all engines of that address in it. */
export class Node {
  readonly database: Postgres;
  readonly writer: Writer;
  readonly membership: Membership;
  readonly notices: Notices;
  readonly workshop: Workshop;
  readonly placement: Placement;
  readonly log = new NodeLog();
  readonly #crews = new Crews();
  readonly #queues: Queues<ReturnType<Placement['queue']>>;
  /** After how long a silence a process is taken for dead. */
  readonly leaseMs: number;
  /** Runs that somebody in this process waits for, and who hears what happens to them elsewhere. */
  readonly #followers = new Map<string, readonly Follower[]>();

  private constructor({ url, leaseMs, pollMs, concurrency }: NodeOptions) {
    this.leaseMs = leaseMs;
    const drivers = loadDrivers();
    const statementMs = Math.max(SHORTEST_STATEMENT_MS, leaseMs / STATEMENTS_PER_LEASE);
    this.database = new Postgres(drivers, url, statementMs);
    this.placement = new Placement(drivers, this.database, {
      workRun: (ticket) => this.workshop.workRun(ticket),
      workTask: (begun, rested) => {
        const slot = this.#queues.slot((isResting) => this.#look(rested(isResting)));
        return this.workshop.workTask(begun, slot).finally(() => slot.end());
      },
      finished: (id) => this.writer.finished(id),
    });
    this.membership = new Membership(this.database, leaseMs, {
      takeOver: (ids) => this.placement.takeOver(ids),
      orphaned: () => this.placement.orphaned(),
      // By then no taking goes on any more whose answer it waits for.
      putBackForgotten: () => this.placement.putBackForgotten(leaseMs),
      queueStranded: () => this.#queueStranded(),
      tell: (level, message) => this.log.tell(level, message),
    });
    this.writer = new Writer(this.database, this.membership, drivers.DBOSJSON);
    this.notices = new Notices(this.database, pollMs);
    this.#queues = new Queues(this.placement, { slots: concurrency, pollMs });
    this.workshop = new Workshop({
      database: this.database,
      writer: this.writer,
      me: this.membership,
      placement: this.placement,
      crews: this.#crews,
      listenerOf: (runId) => emitterOf(this.#following(runId)),
      onEnd: (runId, end) => {
        for (const follower of this.#following(runId)) follower.ended(end);
      },
    });
    this.membership.onFenced((error) => {
      this.#queues.stop();
      this.#abort(error);
    });
  }

  /** Nothing goes on here any more. */
  #abort(error: CrewError): void {
    this.workshop.abortAll(error);
    for (const follower of this.#allFollowing) follower.ended(Promise.reject(error));
  }

  /** @throws {CrewError} `ENGINE_DRIVER_MISSING`, `STORE_FAILED`, `STORE_TOO_NEW`. */
  static async open(options: NodeOptions): Promise<Node> {
    const node = new Node(options);
    const { workshop, notices } = node;
    try {
      const patient = new Postgres(loadDrivers(), options.url, TABLES_MS);
      // Neither DBOS' tables nor ours can be made by two processes at once.
      const making = patient.alone(TABLES_LOCK, async () => {
        await node.placement.launch(options.url, node.membership.id);
        await prepareTables(patient);
      });
      await making.finally(() => patient.close());
      await node.membership.join();
    } catch (thrown) {
      await node.placement.shutdown();
      await node.database.close();
      throw node.database.error(thrown);
    }
    notices.on('queue', (name) => node.#queues.ask(name));
    notices.on('inbox', (runId, key) => node.#look(workshop.hostedRun(runId)?.lookAfter([key])));
    notices.on('signal', (runId) => node.#look(workshop.hostedRun(runId)?.hearNews()));
    notices.on('abort', (runId) => node.#look(workshop.hostedRun(runId)?.hearNews()));
    notices.on('answer', (runId, id) => workshop.answers.heard(runId, id));
    notices.on('events', (runId) => {
      for (const follower of node.#following(runId)) node.#look(follower.hearEvents());
    });
    notices.on('end', (runId) => {
      for (const follower of node.#following(runId)) node.#look(follower.lookForEnd());
    });
    notices.onMissed(() => node.#lookAfterAll());
    await notices.begin();
    node.membership.begin();
    return node;
  }

  /** Makes a crew known, and its work welcome where it is served. @throws {CrewError} `CREW_DUPLICATE`. */
  async know(program: Program, serving: Serving): Promise<KnownCrew> {
    const known = this.#crews.add(program, serving);
    if (known.serving !== serving || !serving.work) return known;
    this.#queues.serve(runQueue(program.crew, known.version), false);
    await this.#serveTasks(known);
    await tellQueues(this.database, this.membership.id, this.#queues.served);
    return known;
  }

  async #serveTasks({ program: { crew }, version, serving }: KnownCrew): Promise<void> {
    const { database, leaseMs } = this;
    // Whoever cannot be asked now is asked by the next who joins.
    const elsewhere = await limitsElsewhere(database, { id: this.membership.id, leaseMs }).catch(() => []);
    for (const [queue, own] of Object.entries(serving.queues)) {
      const name = taskQueue(queue, crew, version);
      const { limits, dispute } = agreedLimits(name, own, elsewhere);
      this.#queues.serve(name, true, limits);
      if (dispute === undefined) continue;
      const message = `Queue "${queue}" of crew "${crew}" is served ${dispute}: name the same limits in both, or neither holds.`;
      this.log.keep('warn', message);
    }
  }

  /** Takes no more work of these crews. */
  forget(crews: readonly KnownCrew[]): void {
    for (const known of crews) {
      const { crew } = known.program;
      this.#queues.forget(runQueue(crew, known.version));
      for (const queue of taskQueuesOf(known)) this.#queues.forget(queue);
      this.#crews.forget(crew);
    }
    // For others it is a hint: who leaves altogether is not asked any more.
    tellQueues(this.database, this.membership.id, this.#queues.served).catch(nothing);
  }

  /** Has the run's present stretch worked by whoever serves its crew; once, however often it is asked. */
  async enqueue({
    runId,
    stretch,
    crew,
    version,
  }: Pick<RunRow, 'runId' | 'stretch' | 'crew' | 'version'>): Promise<void> {
    await this.writer.enqueue(runWorkflow(runQueue(crew, version), { runId, stretch }));
    this.#queues.ask(runQueue(crew, version));
  }

  async #queueStranded(): Promise<void> {
    for (const run of await strandedRuns(this.database, this.leaseMs)) await this.enqueue(run);
  }

  /** Whether any process that is known to live serves the crew of this run, as it was when the run began. */
  async isServed({ crew, version }: Pick<RunRow, 'crew' | 'version'>): Promise<boolean> {
    const text = `SELECT 1 FROM crewline.workers WHERE NOT dead AND queues::jsonb @> to_jsonb($1::text)
      AND seen > clock_timestamp() - $2 * interval '1 millisecond' LIMIT 1`;
    const values = [runQueue(crew, version), this.leaseMs];
    return (await this.workshop.lasting(() => this.database.query(text, values))).length > 0;
  }

  /** Waits for a run, wherever it is worked; `emitter` hears of it. */
  follow(runId: string, emitter: Emitter): Follower {
    const follower = new Follower(this, runId, emitter);
    this.#followers.set(runId, [...this.#following(runId), follower]);
    const forget = () => {
      const others = this.#following(runId).filter((other) => other !== follower);
      if (others.length > 0) this.#followers.set(runId, others);
      else this.#followers.delete(runId);
      unlisten();
    };
    const unlisten = this.log.listen((entry) => emitter.emit('log', () => entry));
    follower.result.then(forget, forget);
    return follower;
  }

  #following(runId: string): readonly Follower[] {
    return this.#followers.get(runId) ?? [];
  }

  get #allFollowing(): readonly Follower[] {
    return [...this.#followers.values()].flat();
  }

  /** How a run ended; undefined while it has not. @throws what its function threw. */
  async endOf(runId: string): Promise<RunResult | undefined> {
    const row = await this.workshop.lasting(() => readRun(this.database, runId));
    if (row === undefined) throw unknownRun(runId);
    if (row.status === 'running') return undefined;
    if (row.status !== 'broken') return resultFromJson(row.result);
    const step = stepFromJson(row.result);
    throw step.ok ? unknownRun(runId) : step.thrown;
  }

  /** Takes no more work, waits for what is under way here, and leaves: what is not done then is for others to do. */
  async close({
    drainMs = Number.POSITIVE_INFINITY,
    runs,
  }: {
    readonly drainMs?: number;
    readonly runs: boolean;
  }): Promise<void> {
    this.#queues.stop();
    await within(this.workshop.idle({ runs }), drainMs);
    await this.workshop.uncountTries().catch(nothing);
    // Where Postgres is away nothing can be written, and others find out what was not.
    await within(this.writer.flushed(), FLUSH_MS);
    this.notices.end();
    await this.membership.leave((error) => this.#abort(error)).catch(nothing);
    await this.placement.shutdown();
    await this.database.close();
  }

  #lookAfterAll(): void {
    this.workshop.answers.lookAfterAll();
    for (const run of this.workshop.hosted) {
      this.#look(run.lookAfter());
      this.#look(run.hearNews());
    }
    for (const follower of this.#allFollowing) this.#look(follower.lookForEnd());
  }

  #look(looking: Promise<unknown> | undefined): void {
    looking?.catch((thrown) => this.workshop.report(thrown));
  }
}

export function unknownRun(runId: string): CrewError {
  return new CrewError('RUN_UNKNOWN', `This Postgres has no run ${runId}.`, { runId });
}

function nothing(): void {}

async function within(work: Promise<void>, ms: number): Promise<void> {
  if (!Number.isFinite(ms)) return work;
  let cancel = nothing;
  const over = new Promise<void>((resolve) => {
    cancel = realRuntime.timer(ms, resolve);
  });
  await Promise.race([work, over]);
  cancel();
}
