import type { Agent } from './agent.ts';
import type { Process } from './process.ts';
import type { Json, JsonObject, JsonSchema } from './spec/json.ts';
import type { BudgetLimits, CrewTimeouts, ModelPrices } from './spec/limits.ts';
import type { Model } from './spec/model.ts';
import type { RunResult } from './spec/outcome.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import type { TaskData } from './task-shape.ts';

/** A crew as everything inside Crewline reads it: its options, defaults filled in, types forgotten. */
export interface CrewData {
  readonly name: string;
  readonly agents: readonly Agent[];
  readonly tasks: readonly TaskData[];
  readonly process: Process;
  /** Only in a hierarchical crew; undefined there means one made from the shipped templates. */
  readonly manager: Agent | undefined;
  readonly model: Model | string | undefined;
  readonly inputs: Schema<unknown, unknown> | undefined;
  /** The JSON schema of `inputs`. */
  readonly inputsSchema: JsonSchema | undefined;
  /** Undefined: no limit. */
  readonly maxConcurrency: number | undefined;
  /** Whether a failure aborts the tasks at work. */
  readonly failFast: boolean;
  /** How long something of the user's may go on after a cancellation. */
  readonly cancelGraceMs: number;
  /** How long a run waits for its user's callbacks. */
  readonly timeouts: Required<CrewTimeouts>;
  /** What one run may spend. */
  readonly budget: BudgetLimits | undefined;
  /** Prices of its own, which win over the shipped ones. */
  readonly prices: ModelPrices | undefined;
  readonly prompts: PromptSet | undefined;
  /** When calls need approval: where their tool says so, or also where outside text may have asked for them. */
  readonly approvals: 'declared' | 'tainted';
  readonly beforeKickoff: ((inputs: JsonObject) => Json | Promise<Json>) | undefined;
  readonly afterKickoff: ((result: RunResult) => RunResult | Promise<RunResult>) | undefined;
}
