import type { Runtime } from '../internal/runtime.ts';
import type { Emitter } from '../spec/engine.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { CallCost, Lane, Limiter } from '../spec/limits.ts';
import type { Journal } from './journal.ts';

/** What bounds a run that several processes work. */
export interface Beyond {
  /** What others have paid from a budget of the run since this was last asked. */
  paid(budget: string): Promise<readonly CallCost[]>;
  /** What paces a model's calls on all machines, behind what paces them here. */
  limiter(lane: Lane, local: Limiter): Limiter;
}

/** What every scope of a run shares. */
export interface RunFacts {
  readonly runId: string;
  readonly events: Emitter;
  readonly runtime: Runtime;
  /** Undefined for a run that is not durable. */
  readonly journal: Journal | undefined;
  /** Absent for a run that one process works alone. */
  readonly beyond?: Beyond;
  /** Looks up what earlier runs of the crew tell, the same each time. @default nothing is known */
  readonly lookBack?: (() => Learnt | undefined) | undefined;
}
