import type { Agent } from './agent.ts';
import type { EventListener, EventType, CrewEvent } from './events.ts';
import type { Process } from './process.ts';
import type { CrewResult } from './result.ts';
import type { Engine } from './spec/engine.ts';
import type { Json, JsonObject } from './spec/json.ts';
import type { Message } from './spec/message.ts';
import type { Model } from './spec/model.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import type { Task } from './task.ts';
import type { CheckedTasks, SchemaInput, SchemaOutput } from './types.ts';
import type { Plan } from './plan/plan.ts';

/** What a crew is made of. */
export interface CrewOptions<Tasks extends readonly Task[], Agents extends readonly Agent[], Inputs> {
  readonly name: string;
  readonly tasks: Tasks & CheckedTasks<Tasks, Agents[number]['name']>;
  /** Every agent that a task names. @default none, for a crew of code tasks */
  readonly agents?: Agents;
  /** @default 'sequential' */
  readonly process?: Process;
  /** Who delegates in a hierarchical crew. @default one made from the shipped templates */
  readonly manager?: Agent;
  /** For agents without a model of their own. @default the environment's `CREWLINE_MODEL` */
  readonly model?: Model | string;
  /** Types and checks `kickoff`'s inputs; template variables are checked against it when the crew is built. */
  readonly inputs?: Inputs;
  /** Most tasks at work at the same time; delegated work is part of its task. @default no limit */
  readonly maxConcurrency?: number;
  readonly prompts?: PromptSet;
  /** Where runs live. @default inMemory() */
  readonly engine?: Engine;
  /** Changes the inputs before anything else; what it returns is validated. */
  readonly beforeKickoff?: (inputs: SchemaOutput<Inputs>) => SchemaInput<Inputs> | Promise<SchemaInput<Inputs>>;
}

/** One kickoff under way. */
export interface Run<Result> extends AsyncIterable<CrewEvent> {
  readonly runId: string;
  readonly result: Promise<Result>;
  /** Calls `listener` with every event of this type; returns what ends it. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  cancel(reason?: string): void;
}

export interface KickoffOptions<Inputs, Settle extends boolean> {
  readonly inputs?: Inputs;
  readonly signal?: AbortSignal;
  readonly settle?: Settle;
}

export interface CrewShape<Tasks extends readonly Task[], Inputs> {
  readonly name: string;
  kickoff<Settle extends boolean = false>(options?: KickoffOptions<Inputs, Settle>): Promise<CrewResult<Tasks, Inputs, Settle>>;
  start<Settle extends boolean = false>(options?: KickoffOptions<Inputs, Settle>): Run<CrewResult<Tasks, Inputs, Settle>>;
  plan(): Plan;
  renderPrompt(task: Tasks[number]['name'], options?: { readonly inputs?: Inputs; readonly context?: JsonObject }): readonly Message[];
}
export type { Schema, Json };
