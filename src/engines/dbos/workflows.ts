import { toColumn } from './text.ts';

/** What all processes of this version of the engine understand: crews and their versions are told apart by their queues. */
export const PROTOCOL = 'crewline-1';
/** As DBOS writes times. */
export const NOW_MS = '(EXTRACT(EPOCH FROM now()) * 1000)::bigint';
/** The name under which DBOS keeps our work apart from that of others in the same database. */
export const APPLICATION = 'crewline';
const RUN = 'crewline.run';
const TASK = 'crewline.task';
/** DBOS' priorities: the lowest number goes first. */
const LEAST_URGENT = 2_000_000_000;
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
  /** What tells its outcome from another: only who drives the run can work that out. */
  readonly fingerprint?: string;
}

/** A workflow of DBOS' that waits in a queue. */
export interface Workflow {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  /** What it is given: keys in it are as columns hold them. */
  readonly ticket: RunTicket | TaskTicket;
}

/** Has a stretch of a run driven by whoever serves its crew. */
export function runWorkflow(queue: string, ticket: RunTicket): Workflow {
  return { id: `${ticket.runId}:${ticket.stretch}`, name: RUN, queue, priority: 0, ticket };
}

/** Has a stretch of a task worked by whoever serves this queue: the one with the longest path ahead first. */
export function taskWorkflow(queue: string, ticket: TaskTicket, priority: number): Workflow {
  const units = Number.isFinite(priority) ? Math.round(priority * PER_UNIT) : 0;
  const place = Math.min(LEAST_URGENT, Math.max(1, LEAST_URGENT - units));
  return { id: taskId(ticket), name: TASK, queue, priority: place, ticket: { ...ticket, key: toColumn(ticket.key) } };
}

export function taskId({ runId, stretch, key, segment }: Omit<TaskTicket, 'input'>): string {
  return `${runId}:${stretch}/${toColumn(key)}:${segment}`;
}
