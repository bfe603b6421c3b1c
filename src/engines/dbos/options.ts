import type { Runtime } from '../../internal/runtime.ts';

/** How much of a queue is worked at once, over all machines. */
export interface QueueLimits {
  /** Tasks at work at the same time. @default no limit */
  readonly concurrency?: number;
  /** Tasks begun in any minute. @default no limit */
  readonly perMinute?: number;
}

/** What `dbos` is told. */
export interface DbosOptions {
  /** Where Postgres is: `postgres://user:password@host:5432/database`. */
  readonly url: string;
  /** Whether this process works runs and tasks of the crews that it knows; if not, it only starts runs and waits for them. @default true */
  readonly work?: boolean;
  /** How many tasks are worked in this process at once, by all its engines. What they delegate counts with them. @default 16 */
  readonly concurrency?: number;
  /** The queue that the tasks of runs started here wait in: one for each tenant, or kind of machine. @default 'default' */
  readonly queue?: string;
  /** The queues whose tasks are worked here, each with its limits over all machines. Every process must name the same; one that
   * names none for a queue takes over those of the others. @default { default: {} } */
  readonly queues?: { readonly [name: string]: QueueLimits };
  /**
   * Names the crews' code: tasks and runs are worked only where the version is the one that the run was started with, so
   * that old runs end on old workers. @default one for each crew, from its definition
   */
  readonly version?: string;
  /** After how long a silence a process is taken for dead, in milliseconds: others then go on with its work. @default 15,000 */
  readonly leaseMs?: number;
  /** How often work is looked for that no notice told of, in milliseconds. @default 200 */
  readonly pollMs?: number;
  /** Where time and ids of runs come from: a test gives a fake clock. @default the real ones */
  readonly runtime?: Runtime;
}
