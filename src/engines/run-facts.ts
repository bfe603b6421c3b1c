import type { Runtime } from '../internal/runtime.ts';
import type { Emitter } from '../spec/engine.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { Journal } from './journal.ts';

/** What every scope of a run shares. */
export interface RunFacts {
  readonly runId: string;
  readonly events: Emitter;
  readonly runtime: Runtime;
  /** Undefined for a run that is not durable. */
  readonly journal: Journal | undefined;
  /** Looks up what earlier runs of the crew tell, the same each time. @default nothing is known */
  readonly lookBack?: (() => Learnt | undefined) | undefined;
}
