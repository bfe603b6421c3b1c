import { realRuntime } from '../../internal/runtime.ts';
import { recall } from '../../types.ts';
import { BEGIN_TAKEN, type BegunTask, type Taken, TICKET, takenFrom } from './beginnings.ts';
import type { Drivers, PgPool, Row } from './driver.ts';
import type { QueueLimits } from './options.ts';
import type { Postgres } from './postgres.ts';
import type { Source } from './queues.ts';
import { APPLICATION, NOW_MS, PROTOCOL, type RunTicket, type TaskTicket, taskId } from './workflows.ts';

const MINUTE_S = 60;
/** DBOS' own connections: it makes its tables, takes work from queues with limits, and gives back that of the dead. */
const CONNECTIONS = 4;
/** A process that stops in the middle of a transaction holds up the others for no longer. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/**
 * What works the two kinds of workflow. Neither ever fails: what cannot be ended here never ends. Each resolves with false
 * for what is not to be worked here.
 */
export interface Workers {
  workRun(ticket: RunTicket): Promise<boolean>;
  /** `rested` is called when it waits for a person, and when it does not any more. */
  workTask(begun: BegunTask, rested: (isResting: boolean) => Promise<unknown>): Promise<boolean>;
  /** A workflow that was worked here is over. Resolves once that is written. */
  finished(id: string): Promise<void>;
}

/** A queue as DBOS describes it. */
type TaskQueue = InstanceType<Drivers['WorkflowQueue']>;

/** Which process works what, in DBOS' tables and by its rules. */
export class Placement implements Source {
  readonly #drivers: Drivers;
  readonly #database: Postgres;
  readonly #workers: Workers;
  #pool: PgPool | undefined;
  /** Workflows that are worked here. */
  readonly #held = new Set<string>();
  #unknownSince: ReadonlyMap<string, number> = new Map();

  constructor(drivers: Drivers, database: Postgres, workers: Workers) {
    this.#drivers = drivers;
    this.#database = database;
    this.#workers = workers;
  }

  /** Makes DBOS' tables where there are none, and begins to be somebody who can be given work. */
  async launch(url: string, id: string): Promise<void> {
    const { DBOS, pg } = this.#drivers;
    this.#pool = new pg.Pool({
      connectionString: url,
      max: CONNECTIONS,
      application_name: APPLICATION,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    });
    // Whoever uses the connection hears of it; one that nobody uses is replaced.
    this.#pool.on('error', nothing);
    DBOS.setConfig({
      name: APPLICATION,
      systemDatabaseUrl: url,
      systemDatabasePool: recall(this.#pool),
      executorID: id,
      applicationVersion: PROTOCOL,
      // Nobody waits for its messages or streams, and work is taken from queues that this engine asks itself.
      useListenNotify: false,
      listenQueues: [],
      logger: SILENT,
    });
    await DBOS.launch();
  }

  async shutdown(): Promise<void> {
    await this.#drivers.DBOS.shutdown({ deregister: true });
    await this.#pool?.end();
  }

  /** Takes tasks out of their queues that nobody has begun; which those were. */
  async withdraw(tickets: readonly Omit<TaskTicket, 'input'>[]): Promise<readonly string[]> {
    const byId = new Map(tickets.map((ticket) => [taskId(ticket), ticket.key]));
    const rows = await this.#database.query(WITHDRAW, [[...byId.keys()]]);
    return rows.flatMap((row) => byId.get(String(row['workflow_uuid'])) ?? []);
  }

  /** A queue that exists by being asked. */
  queue(name: string, { concurrency, perMinute }: QueueLimits): TaskQueue {
    const { WorkflowQueue } = this.#drivers;
    const limits = {
      ...(concurrency !== undefined && { globalConcurrency: concurrency }),
      ...(perMinute !== undefined && { rateLimit: { limitPerPeriod: perMinute, periodSec: MINUTE_S } }),
    };
    return new WorkflowQueue(WorkflowQueue.recordFromParams(name, limits), false);
  }

  /** Takes the most urgent out of a queue, at most so many, and begins them. How many it took. */
  async take(queue: TaskQueue, most: number): Promise<number> {
    const taken = await (isLimited(queue) ? this.#takeLimited(queue, most) : this.#claim(queue, most));
    for (const row of taken) this.#work(takenFrom(row), queue);
    return taken.length;
  }

  /** In one statement, where DBOS' own way takes six. */
  #claim(queue: TaskQueue, most: number): Promise<readonly Row[]> {
    const { executorID: id } = this.#executor;
    return this.#database.query(CLAIM, [queue.name, id, PROTOCOL, APPLICATION, most]);
  }

  async #takeLimited(queue: TaskQueue, most: number): Promise<readonly Row[]> {
    const { systemDatabase, executorID: id } = this.#executor;
    queue.workerConcurrency = most;
    const ids = await systemDatabase.findAndMarkStartableWorkflows(queue, id, PROTOCOL);
    return ids.length === 0 ? [] : this.#database.query(TAKEN, [ids]);
  }

  #work(taken: Taken, queue: TaskQueue): void {
    let last: Promise<unknown> = Promise.resolve();
    const rested = async (isResting: boolean) => {
      // What has no limit is counted nowhere.
      if (!isLimited(queue)) return;
      const name = isResting ? `${RESTING}${queue.name}` : queue.name;
      last = last.then(() => this.#move(taken.id, name));
      await last;
    };
    const working = 'run' in taken ? this.#workers.workRun(taken.run) : this.#workers.workTask(taken.task, rested);
    this.#held.add(taken.id);
    void working
      .then((isMine) => (isMine ? this.#workers.finished(taken.id) : undefined))
      .finally(() => this.#held.delete(taken.id))
      // Whoever writes says so where it is seen; this process is out then.
      .catch(nothing);
  }

  /**
   * Puts back what is in this process' hands and it has not known of for so long: the answer to its taking was lost, or its
   * crew is not served here any more.
   */
  async putBackForgotten(afterMs: number): Promise<void> {
    const { executorID: id } = this.#executor;
    const now = realRuntime.monotonic();
    const rows = await this.#database.query(HELD, [id, APPLICATION]);
    const unknown = rows.map((row) => String(row['workflow_uuid'])).filter((workflow) => !this.#held.has(workflow));
    this.#unknownSince = new Map(unknown.map((workflow) => [workflow, this.#unknownSince.get(workflow) ?? now]));
    const forgotten = unknown.filter((workflow) => now - (this.#unknownSince.get(workflow) ?? now) >= afterMs);
    if (forgotten.length > 0) await this.#database.query(PUT_BACK, [forgotten, id]);
  }

  #move(id: string, queue: string): Promise<unknown> {
    return this.#database.lasting(
      () => this.#database.query(MOVE, [id, queue, this.#executor.executorID]),
      () => undefined,
    );
  }

  async takeOver(ids: readonly string[]): Promise<void> {
    // Others have to find in its own queue what rested.
    await this.#database.query(WAKE, [ids]);
    await this.#executor.recoverPendingWorkflows([...ids]);
  }

  async orphaned(): Promise<readonly string[]> {
    const rows = await this.#database.query(ORPHANED, [APPLICATION]);
    return rows.map((row) => String(row['executor_id']));
  }

  get #executor() {
    const executor = this.#drivers.DBOSExecutor.globalInstance;
    if (executor === undefined) throw new Error('Connection ended: DBOS is shut down.');
    return executor;
  }
}

/** Picked first and once: as a condition of the update, Postgres may pick again for each row, and take more than were asked for. */
const CLAIM = `
WITH picked AS MATERIALIZED (
  SELECT workflow_uuid FROM dbos.workflow_status
  WHERE status = 'ENQUEUED' AND queue_name = $1 AND application_version = $3 AND application_name = $4
  ORDER BY priority, created_at LIMIT $5 FOR UPDATE SKIP LOCKED
), taken AS (
  UPDATE dbos.workflow_status AS w SET status = 'PENDING', executor_id = $2, rate_limited = false,
    started_at_epoch_ms = ${NOW_MS}, updated_at = ${NOW_MS}, recovery_attempts = recovery_attempts + 1
  FROM picked WHERE w.workflow_uuid = picked.workflow_uuid
  RETURNING w.workflow_uuid, w.priority, w.created_at
)${BEGIN_TAKEN}`;

const TAKEN = `
WITH taken AS (SELECT workflow_uuid, priority, created_at FROM dbos.workflow_status WHERE workflow_uuid = ANY($1))${BEGIN_TAKEN}`;

/** That they were begun is no fault of theirs. */
const PUT_BACK = `
WITH taken AS (
  UPDATE dbos.workflow_status SET status = 'ENQUEUED', started_at_epoch_ms = NULL
  WHERE workflow_uuid = ANY($1) AND executor_id = $2 AND status = 'PENDING' RETURNING workflow_uuid
), given AS (
  SELECT ticket.* FROM taken JOIN dbos.workflow_input USING (workflow_uuid), ${TICKET}
)
UPDATE crewline.tries AS t SET tries = greatest(0, tries - 1) FROM given
WHERE run_id = "runId" AND t.stretch = given.stretch AND t.key = given.key || ':' || segment`;

/** Before the name of its queue while a task waits for a person: there it counts for no limit, and nobody looks for it. */
const RESTING = 'resting ';
const WAKE = `
UPDATE dbos.workflow_status SET queue_name = substr(queue_name, ${RESTING.length + 1})
WHERE executor_id = ANY($1) AND status = 'PENDING' AND starts_with(queue_name, '${RESTING}')`;

const HELD = `
SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'PENDING' AND executor_id = $1 AND application_name = $2`;

const MOVE = `
UPDATE dbos.workflow_status SET queue_name = $2 WHERE workflow_uuid = $1 AND executor_id = $3 AND status = 'PENDING'`;

const WITHDRAW = `
UPDATE dbos.workflow_status SET status = 'CANCELLED', queue_name = NULL, updated_at = ${NOW_MS}, completed_at = ${NOW_MS}
WHERE workflow_uuid = ANY($1) AND status = 'ENQUEUED' RETURNING workflow_uuid`;

/** In one look: a process that has joined since an earlier one has work already. */
const ORPHANED = `
SELECT DISTINCT executor_id FROM dbos.workflow_status
WHERE status = 'PENDING' AND application_name = $1 AND executor_id NOT IN (SELECT id FROM crewline.workers WHERE NOT dead)`;

/** Takes what several processes may only take so much of together: that is counted by DBOS. */
function isLimited({ concurrency, rateLimit }: TaskQueue): boolean {
  return concurrency !== undefined || rateLimit !== undefined;
}

const nothing = () => {};
/** What DBOS has to say of its work is said by this engine, to whoever waits for it. */
const SILENT = Object.freeze({ info: nothing, debug: nothing, warn: nothing, error: nothing });
