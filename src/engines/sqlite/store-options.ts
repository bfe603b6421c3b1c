import type { Driver } from './driver.ts';
import type { Owner } from './owner.ts';

/** How a store is opened. */
export interface StoreOptions {
  /** What a commit waits for: `full` outlives a power failure, `normal` only the end of the process. @default 'full' */
  readonly synchronous?: 'full' | 'normal';
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Changes nothing, not even the file's format. @default false */
  readonly readOnly?: boolean;
  /** How long an owner that cannot be looked at, on another machine, keeps a run without a word. @default 15_000 */
  readonly leaseMs?: number;
  /** As whom runs are held. @default a new owner in this process */
  readonly owner?: Owner;
  /** The ways to SQLite, in the order they are tried. @default Node's own, then libsql */
  readonly drivers?: readonly Driver[];
}
