import type { CrewError } from '../errors.ts';

/** A process that works runs and tasks which others have started. */
export interface Service {
  /** Resolves when others have taken this process for dead: it can do nothing any more but be started again. */
  readonly lost: Promise<CrewError>;
  /** Takes no more work, waits for the tasks at work, and leaves to others what is not done by then. */
  stop(options?: { readonly drainMs?: number }): Promise<void>;
}
