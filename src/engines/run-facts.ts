import type { Runtime } from '../internal/runtime.ts';
import type { Emitter } from '../spec/engine.ts';

/** What every scope of a run shares. */
export interface RunFacts {
  readonly runId: string;
  readonly events: Emitter;
  readonly runtime: Runtime;
}
