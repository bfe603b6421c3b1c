import type { CrewError } from './errors.ts';
import type { TaskStatus } from './events.ts';
import type { Json } from './spec/json.ts';
import type { Flat, LastName, Named, OutputsOf } from './types.ts';
import type { Usage } from './usage.ts';

/** Work that one agent gave to another while working a task. */
export interface ChildResult {
  readonly kind: 'work' | 'question';
  /** Who asked, and who worked. */
  readonly from: string;
  readonly agent: string;
  /** What was asked. */
  readonly request: string;
  readonly status: 'done' | 'failed' | 'cancelled';
  readonly raw: string;
  readonly durationMs: number;
  /** Calls of this piece of work alone; those of its own children are in `children`. */
  readonly usage: Usage;
  readonly error: CrewError | null;
  readonly children: readonly ChildResult[];
}

/** How one task of a run ended. */
export interface TaskResult<Output = unknown, Name extends string = string> {
  readonly name: Name;
  readonly status: TaskStatus;
  /** Typed by the task's schema, else the text of the answer; null when there is none. */
  readonly output: Output;
  /** The answer as text; JSON text for structured output; empty when there is none. */
  readonly raw: string;
  /** Name of the agent that worked it; null for code, and for what never started. */
  readonly agent: string | null;
  readonly durationMs: number;
  /** All calls made for this task, those of delegates and judges included. */
  readonly usage: Usage;
  /** How often it was tried; 0 when it never started. */
  readonly attempts: number;
  readonly error: CrewError | null;
  /** The task whose end made this one impossible; its own name when its `when` said no; null when it was not skipped. */
  readonly skippedBecause: string | null;
  readonly children: readonly ChildResult[];
}

type ResultsOf<Outputs> = { readonly [Name in keyof Outputs]: TaskResult<Outputs[Name], Name & string> };

/** What a kickoff resolves to, typed from the crew's tasks. */
export type CrewResult<
  Tasks extends readonly Named[] = readonly Named[],
  Inputs = unknown,
  Settle extends boolean = boolean,
> = SettledRun<OutputsOf<Tasks, Settle>, LastName<Tasks>, Inputs, Settle>;

interface SettledRun<Outputs, Last, Inputs, Settle extends boolean> {
  readonly runId: string;
  readonly crew: string;
  /** `partial` when something failed or was given up, which only `settle: true` lets through. */
  readonly status: true extends Settle ? 'done' | 'partial' | 'failed' | 'cancelled' : 'done';
  /** Of the last declared task; empty when it has none. */
  readonly raw: string;
  /** Of the last declared task; null when it has none. */
  readonly output: Last extends keyof Outputs ? Outputs[Last] : unknown;
  /** By name. */
  readonly tasks: Flat<ResultsOf<Outputs>>;
  readonly inputs: Inputs;
  readonly durationMs: number;
  /** The sum over tasks. */
  readonly usage: Usage;
}

/** A result whose types are forgotten: what errors carry and what runs inside. */
export interface PlainResult {
  readonly runId: string;
  readonly crew: string;
  readonly status: 'done' | 'partial' | 'failed' | 'cancelled';
  readonly raw: string;
  readonly output: Json;
  readonly tasks: { readonly [name: string]: TaskResult<Json> };
  readonly inputs: Json;
  readonly durationMs: number;
  readonly usage: Usage;
}
