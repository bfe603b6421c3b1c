import type { CrewError } from '../errors.ts';

/** How a process works what others start. */
export interface ServeOptions {
  /**
   * Whether this process is ended, by SIGKILL, once something in it has kept the event loop from turning for as long as a
   * lease: others go on with its work by then, and a loop that never ends would hold its machine for ever. For processes
   * that do nothing else, and are started again when they end. `crewline worker` is one, but not under a debugger.
   * @default false
   */
  readonly endWhenBlocked?: boolean;
  /**
   * Told what concerns this process rather than one run: that Postgres is away, and back; that another process has fallen
   * silent, and was taken for dead; that another limits a queue otherwise. Who waits for a run hears the same as events of
   * type `log`. @default nobody
   */
  readonly onLog?: (entry: LogEntry) => void;
}

/** What is worth a line in the log of a process. */
export interface LogEntry {
  readonly level: 'info' | 'warn';
  readonly message: string;
}

/** A process that works runs and tasks which others have started. */
export interface Service {
  /** Resolves when others have taken this process for dead: it can do nothing any more but be started again. */
  readonly lost: Promise<CrewError>;
  /** Takes no more work, waits for the tasks at work, and leaves to others what is not done by then. */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}
