import type { Drivers } from './driver.ts';
import type { Heir } from './membership.ts';
import type { QueueLimits } from './options.ts';
import { type Postgres, sleep } from './postgres.ts';
import type { Source } from './queues.ts';
import { toColumn } from './text.ts';

/** What all processes of this version of the engine understand: crews and their versions are told apart by their queues. */
const PROTOCOL = 'crewline-1';
/** The name under which DBOS keeps our work apart from that of others in the same database. */
const APPLICATION = 'crewline';
/** How long a workflow may take from being dispatched to being at work. */
const GRACE_MS = 1_000;
const RUN = 'crewline.run';
const TASK = 'crewline.task';
/** DBOS counts tries of its own; ours are counted where the outcome is written. */
const NO_LIMIT = 1_000_000;
/** DBOS' priorities: the lowest number goes first. */
const LEAST_URGENT = 2_000_000_000;
const MINUTE_S = 60;
const PER_UNIT = 10;

/** One stretch of a run, as its workflow is given it. */
export interface RunTicket {
  readonly runId: string;
  readonly stretch: number;
}

/** One stretch of a task: ids only. `input` names what it is to work on. */
export interface TaskTicket extends RunTicket {
  readonly key: string;
  readonly segment: number;
  readonly input: string;
}

/** What works the two workflows. */
export interface Workers {
  workRun(ticket: RunTicket): Promise<void>;
  workTask(ticket: TaskTicket): Promise<void>;
}

interface Queued {
  readonly queue: string;
  readonly ticket: TaskTicket;
  readonly priority: number;
}

/** A queue as DBOS describes it. */
type TaskQueue = InstanceType<Drivers['WorkflowQueue']>;

/** Which process works what: the part of all this that is DBOS'. */
export class Placement implements Heir, Source {
  readonly #drivers: Drivers;
  readonly #database: Postgres;
  #waiting: Queued[] = [];
  #flushing: Promise<void> | undefined;
  /** Workflows that have begun here since somebody asked. */
  readonly #begun = new Set<string>();

  constructor(drivers: Drivers, database: Postgres) {
    this.#drivers = drivers;
    this.#database = database;
  }

  /** Makes DBOS' tables where there are none, and begins to be somebody who can be given work. */
  async launch(url: string, id: string, workers: Workers): Promise<void> {
    const { DBOS } = this.#drivers;
    const limits = { maxRecoveryAttempts: NO_LIMIT };
    const workRun = (ticket: RunTicket) => {
      this.#begun.add(runId(ticket));
      return workers.workRun(ticket);
    };
    const workTask = (ticket: TaskTicket) => {
      this.#begun.add(taskId(ticket));
      return workers.workTask(ticket);
    };
    DBOS.registerWorkflow(workRun, { name: RUN, ...limits });
    DBOS.registerWorkflow(workTask, { name: TASK, ...limits });
    DBOS.setConfig({
      name: APPLICATION,
      systemDatabaseUrl: url,
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
  }

  async enqueueRun(queue: string, ticket: RunTicket): Promise<void> {
    const id = runId(ticket);
    await this.#executor.systemDatabase.enqueueWorkflows([
      await this.#status({ queue, id, workflow: RUN, priority: 0 }, ticket),
    ]);
  }

  /** Those of one moment are enqueued together. */
  enqueueTask(queued: Queued): Promise<void> {
    this.#waiting.push(queued);
    this.#flushing ??= this.#flush();
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    await null;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#flushing = undefined;
    const statuses = waiting.map(({ queue, ticket, priority }) =>
      this.#status({ queue, id: taskId(ticket), workflow: TASK, priority: priorityOf(priority) }, ticket),
    );
    await this.#executor.systemDatabase.enqueueWorkflows(await Promise.all(statuses));
  }

  /** Takes tasks out of their queues that nobody has begun; which those were. */
  async withdraw(tickets: readonly Omit<TaskTicket, 'input'>[]): Promise<readonly string[]> {
    const byId = new Map(tickets.map((ticket) => [taskId(ticket), ticket.key]));
    const rows = await this.#database.query(
      `UPDATE dbos.workflow_status SET status = 'CANCELLED', queue_name = NULL,
         updated_at = (EXTRACT(EPOCH FROM now()) * 1000)::bigint, completed_at = (EXTRACT(EPOCH FROM now()) * 1000)::bigint
       WHERE workflow_uuid = ANY($1) AND status = 'ENQUEUED' RETURNING workflow_uuid`,
      [[...byId.keys()]],
    );
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

  /** Takes the most urgent out of a queue, at most so many; which those are. */
  async take(queue: TaskQueue, most: number, owner: string): Promise<readonly string[]> {
    const { systemDatabase, executorID: id } = this.#executor;
    if (queue.concurrency === undefined && queue.rateLimit === undefined) {
      // DBOS' own way, in one statement instead of five.
      const rows = await this.#database.query(CLAIM, [queue.name, id, owner, PROTOCOL, APPLICATION, most]);
      return rows.map((row) => String(row['workflow_uuid']));
    }
    queue.workerConcurrency = most;
    return systemDatabase.findAndMarkStartableWorkflows(queue, id, PROTOCOL, undefined, 0, 0, owner);
  }

  /**
   * Begins workflows that were taken from a queue. DBOS forgets one for good when it cannot read what it is to work on in
   * that moment: those go back into their queue. How many those are.
   */
  async begin(ids: readonly string[], owner: string): Promise<number> {
    await this.#executor.dispatchDequeuedWorkflows([...ids], owner);
    const late = ids.filter((id) => !this.#begun.delete(id));
    if (late.length === 0) return 0;
    await sleep(GRACE_MS);
    const forgotten = late.filter((id) => !this.#begun.delete(id));
    const text = `UPDATE dbos.workflow_status SET status = 'ENQUEUED', owner_xid = NULL, started_at_epoch_ms = NULL
      WHERE workflow_uuid = ANY($1) AND status = 'PENDING' AND owner_xid = $2`;
    const putBack = () => this.#database.query(text, [forgotten, owner]);
    // Where that fails they are this process' until it is dead, as if it were at work on them.
    await this.#database.lasting(putBack, () => undefined).catch(() => []);
    return forgotten.length;
  }

  async takeOver(ids: readonly string[]): Promise<void> {
    await this.#executor.recoverPendingWorkflows([...ids]);
  }

  async orphaned(living: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#database.query(
      `SELECT DISTINCT executor_id FROM dbos.workflow_status
       WHERE status = 'PENDING' AND application_name = $1 AND executor_id <> ALL($2)`,
      [APPLICATION, living],
    );
    return rows.map((row) => String(row['executor_id']));
  }

  get #executor() {
    const executor = this.#drivers.DBOSExecutor.globalInstance;
    if (executor === undefined) throw new Error('Connection ended: DBOS is shut down.');
    return executor;
  }

  #status(
    { queue, id, workflow, priority }: { queue: string; id: string; workflow: string; priority: number },
    ticket: RunTicket | TaskTicket,
  ) {
    const { buildEnqueueStatus, DBOSJSON } = this.#drivers;
    const options = {
      queueName: queue,
      workflowName: workflow,
      workflowID: id,
      appVersion: PROTOCOL,
      priority,
      applicationName: APPLICATION,
    };
    return buildEnqueueStatus(options, DBOSJSON, [ticket]);
  }
}

/** Picked first and once: as a condition of the update, Postgres may pick again for each row, and take more than were asked for. */
const CLAIM = `
WITH picked AS MATERIALIZED (
  SELECT workflow_uuid FROM dbos.workflow_status
  WHERE status = 'ENQUEUED' AND queue_name = $1 AND application_version = $4 AND application_name = $5
  ORDER BY priority, created_at LIMIT $6 FOR UPDATE SKIP LOCKED
)
UPDATE dbos.workflow_status AS w SET status = 'PENDING', executor_id = $2, owner_xid = $3, rate_limited = false,
  started_at_epoch_ms = (EXTRACT(EPOCH FROM now()) * 1000)::bigint, updated_at = (EXTRACT(EPOCH FROM now()) * 1000)::bigint,
  recovery_attempts = recovery_attempts + 1
FROM picked WHERE w.workflow_uuid = picked.workflow_uuid RETURNING w.workflow_uuid`;

function runId({ runId: id, stretch }: RunTicket): string {
  return `${id}:${stretch}`;
}

function taskId({ runId, stretch, key, segment }: Omit<TaskTicket, 'input'>): string {
  return `${runId}:${stretch}/${toColumn(key)}:${segment}`;
}

/** The longest path ahead goes first. */
function priorityOf(priority: number): number {
  const units = Number.isFinite(priority) ? Math.round(priority * PER_UNIT) : 0;
  return Math.min(LEAST_URGENT, Math.max(1, LEAST_URGENT - units));
}

const nothing = () => {};
/** What DBOS has to say of its work is said by this engine, to whoever waits for it. */
const SILENT = Object.freeze({ info: nothing, debug: nothing, warn: nothing, error: nothing });
