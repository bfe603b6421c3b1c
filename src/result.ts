import type { RunOutcome } from './events.ts';
import type { RunResult, TaskOutcome } from './spec/outcome.ts';
import type { Flat, LastName, MaySkipAny, Named, OutputsOf } from './types.ts';

/** How one task of a run ended. */
export interface TaskResult<Output = unknown, Name extends string = string>
  extends Omit<TaskOutcome, 'name' | 'output'> {
  readonly name: Name;
  /** Typed by the task's schema, else the text of the answer; null when there is none. */
  readonly output: Output;
}

type ResultsOf<Outputs> = { readonly [Name in keyof Outputs]: TaskResult<Outputs[Name], Name & string> };

/** What a kickoff resolves to, typed from the crew's tasks. */
export type CrewResult<
  Tasks extends readonly Named[] = readonly Named[],
  Inputs = unknown,
  Settle extends boolean = boolean,
> = SettledRun<
  OutputsOf<Tasks, Settle | MaySkipAny<Tasks>>,
  LastName<Tasks>,
  Inputs,
  true extends Settle ? RunOutcome : true extends MaySkipAny<Tasks> ? 'done' | 'partial' : 'done'
>;

interface SettledRun<Outputs, Last, Inputs, Status extends RunOutcome>
  extends Omit<RunResult, 'status' | 'output' | 'tasks' | 'inputs'> {
  /** `partial` only where a task has `onFailure: 'skipDependents'`; anything else only with `settle: true`. */
  readonly status: Status;
  /** Of the last declared task; null when it has none. */
  readonly output: Last extends keyof Outputs ? Outputs[Last] : unknown;
  /** By name. */
  readonly tasks: Flat<ResultsOf<Outputs>>;
  readonly inputs: Inputs;
}
