import type { Agent } from '../agent.ts';
import type { Plan } from '../plan/plan.ts';
import type { Process } from '../process.ts';
import type { CrewResult } from '../result.ts';
import type { Approve } from '../spec/approval.ts';
import type { Decisions } from '../spec/decision.ts';
import type { Engine } from '../spec/engine.ts';
import type { JsonObject, JsonSchema } from '../spec/json.ts';
import type { BudgetLimits, CrewTimeouts, ModelPrices } from '../spec/limits.ts';
import type { Message } from '../spec/message.ts';
import type { Model } from '../spec/model.ts';
import type { PromptSet } from '../spec/prompts.ts';
import type { OpenReview, Review } from '../spec/review.ts';
import type { Schema } from '../spec/schema.ts';
import type { ServeOptions, Service } from '../spec/service.ts';
import type { Task } from '../task.ts';
import type { AnswersOf, CheckedTasks, SchemaInput, SchemaOutput } from '../types.ts';
import type { AnswerName, AnswerTo, CrewRun } from './live-run.ts';

/** What a crew is made of. */
export interface CrewOptions<Tasks extends readonly Task[], Agents extends readonly Agent[], Inputs> {
  /** What results, events and engines call it. */
  readonly name: string;
  readonly tasks: Tasks & CheckedTasks<Tasks, Agents[number]['name']>;
  /** Every agent that a task names, and every coworker. @default none, for a crew whose tasks are all code */
  readonly agents?: Agents;
  /** @default 'sequential' */
  readonly process?: Process;
  /** Who delegates in a hierarchical crew; not one of `agents`. @default one made from the shipped templates */
  readonly manager?: Agent;
  /** For agents without a model of their own: a model, or the name of one. @default the environment's `CREWLINE_MODEL` */
  readonly model?: Model | string;
  /** Types and checks `kickoff`'s inputs; template variables are checked against it when the crew is built. */
  readonly inputs?: Inputs;
  /** Tasks of one run at work at the same time; delegated work is part of its task. @default no limit */
  readonly maxConcurrency?: number;
  /** Aborts the tasks at work, too, when one fails whose failure is the run's. @default false: they finish */
  readonly failFast?: boolean;
  /**
   * How long, in milliseconds, tools and callbacks may go on after the run was cancelled. What ignores its signal for
   * longer is left behind: the run settles, and names it in a `log` event and in its task's error (`TOOL_ABANDONED`).
   * @default 2,000
   */
  readonly cancelGraceMs?: number;
  /** How long a run waits for an approval, a guardrail and the crew's own callbacks. @default ten minutes, one, thirty */
  readonly timeouts?: CrewTimeouts;
  /**
   * What each run may spend: `tokens` in and out, `modelCalls`, `costUsd`, `wallMs`. Reserved before each call, so branches
   * that run side by side cannot exceed it by more than one call each. At 80 % there is a `budget.warning`. What is used up
   * pauses the run: `BUDGET_EXCEEDED`, with everything that had finished in `.partial`. Where all tasks are done by code
   * there is only `wallMs`. @default no bound
   */
  readonly budget?: BudgetLimits;
  /**
   * What models cost, in US dollars for a million tokens: `{ 'my-model': { input: 0.25, cachedInput: 0.025, output: 2 } }`.
   * An entry here wins over the shipped one; a name without a date also serves its dated snapshots. @default shipped list prices
   */
  readonly prices?: ModelPrices;
  /** Prompt templates that replace the shipped ones, by name. */
  readonly prompts?: PromptSet;
  /**
   * When tool calls need approval. `'declared'`: where the tool's `approval` or `risk: 'exec'` says so. `'tainted'`: also
   * every call of a tool with risk `'write'` or `'external'` by a model that has read text from outside: a tool's result,
   * an output made with one, or work handed on by somebody who had.
   * @default 'declared'
   */
  readonly approvals?: 'declared' | 'tainted';
  /** Where runs live. @default inMemory(), one of its own */
  readonly engine?: Engine;
  /** Changes the inputs; what it returns is validated by `inputs`. */
  readonly beforeKickoff?: (inputs: Given<NoInfer<Inputs>>) => Given<NoInfer<Inputs>> | Promise<Given<NoInfer<Inputs>>>;
  /**
   * Changes the result before `kickoff` resolves with it. Not called when the run fails, is cancelled or is paused. Called
   * whenever a result is handed out, so also when a run that is done is resumed: what it does beside that it may do again.
   */
  readonly afterKickoff?: (
    result: CrewResult<NoInfer<Tasks>, Taken<NoInfer<Inputs>>, false>,
  ) =>
    | CrewResult<NoInfer<Tasks>, Taken<NoInfer<Inputs>>, false>
    | Promise<CrewResult<NoInfer<Tasks>, Taken<NoInfer<Inputs>>, false>>;
}

/** Inputs as a user gives them, and as the run has them: what the schema says, else any JSON object. */
type Given<S> = [S] extends [never] ? JsonObject : SchemaInput<S>;
type Taken<S> = [S] extends [never] ? JsonObject : SchemaOutput<S>;

/**
 * Inputs of any crew. An interface has no index signature, so it does not fit `JsonObject`; it fits this. The symbols are
 * those of functions, of lists and maps, and of dates. What is inside is checked before the first call.
 */
export type AnyInputs =
  | JsonObject
  | (object & {
      readonly [Symbol.hasInstance]?: never;
      readonly [Symbol.iterator]?: never;
      readonly [Symbol.toPrimitive]?: never;
    });

/** What a method takes as inputs: where any JSON object will do, an interface will too. */
type Accepted<Inputs> = [JsonObject] extends [Inputs] ? AnyInputs : Inputs;

/** How one kickoff is made. */
export interface KickoffOptions<Inputs, Settle extends boolean> {
  readonly inputs?: Inputs;
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal;
  /**
   * Agrees to tool calls that need it, or refuses them; the model is told of a refusal and goes on. It gets the very
   * arguments that the tool would get, frozen. What it throws is a refusal, as is no answer within the crew's
   * `timeouts.approvalMs`, ten minutes unless it says otherwise.
   * @default nobody is there: such calls are refused; on a durable engine they wait for `run.answer(callId, …)`, or
   * `kickoff` and `resume` pause the run until `crew.answer(runId, callId, …)` was called
   */
  readonly approve?: Approve;
  /**
   * Looks at the outputs of tasks with `humanReview`; what it throws fails the task. Others may answer, too: the first answer
   * counts. `false`: nobody here ever answers.
   * @default whoever holds the run, by `run.answer`; for `kickoff` and `resume`, which hand out none, `false`: on a durable
   * engine the run then pauses (`REVIEW_PENDING`) once all else is done, else it is refused (`REVIEW_UNANSWERABLE`)
   */
  readonly review?: Review | false;
  /**
   * Resolve with statuses and errors instead of rejecting, however the run ends, also in one of the crew's own callbacks.
   * Wrong inputs, wrong options and an engine that cannot keep or find the run reject all the same. @default false
   */
  readonly settle?: Settle;
  /**
   * An earlier run of this crew, on a durable engine: a task that would be worked from the same takes over what it came to there. What
   * counts is its definition (templates, tools, model, `version`, the source of its functions), the inputs that it can see
   * and the outputs that it reads. What failed there, was skipped or was cut off is worked. @default every task is worked
   */
  readonly reuse?: string;
}

/** The arguments of a kickoff: none are needed where the inputs can all be left out. */
export type KickoffArguments<Inputs, Settle extends boolean> = [Record<never, never>] extends [Inputs]
  ? [options?: KickoffOptions<Inputs, Settle>]
  : [options: KickoffOptions<Inputs, Settle> & { readonly inputs: Inputs }];

/** How a run is gone on with. Its inputs are those that it was started with. */
export interface ResumeOptions<Settle extends boolean>
  extends Omit<KickoffOptions<unknown, Settle>, 'inputs' | 'reuse'> {
  /** Goes on although the crew is not what the run was started with. @default false: `RUN_CHANGED` */
  readonly acceptChanges?: boolean;
  /**
   * What becomes of calls that may not be made twice (tools with effect `'once'`) and were cut off, by the id of the call
   * that the `NEEDS_DECISION` error names. @default none: such a call pauses the run again
   */
  readonly decisions?: Decisions;
}

/** What of a run is worked again. */
export interface ReplayOptions<Inputs, Name extends string, Settle extends boolean>
  extends Omit<KickoffOptions<Partial<Inputs>, Settle>, 'reuse'> {
  /** The task, or the tasks, to work again, with all that depend on them. */
  readonly from: Name | readonly Name[];
  /** Inputs that are to be others than those of that run. @default none: what `beforeKickoff` made of them counts, too */
  readonly inputs?: Partial<Inputs>;
}

/** How many kickoffs are made side by side. */
export interface ForEachOptions {
  /** At least 1. @default 4 */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** As for `kickoff`. */
  readonly approve?: Approve;
  /** As for `kickoff`. */
  readonly review?: Review | false;
}

/** What came of one of several kickoffs: a `PromiseSettledResult` that says which inputs it was. */
export type SettledKickoff<Result, Inputs> = PromiseSettledResult<Result> & { readonly inputs: Inputs };

/** What a prompt is shown for. */
export interface PreviewOptions<Inputs> {
  readonly inputs?: Inputs;
  /** Outputs of earlier tasks, by name. @default placeholders in their place */
  readonly outputs?: { readonly [task: string]: unknown };
}

/**
 * Agents and tasks with a process: the graph of what runs when. Frozen; any number of kickoffs may be under way at once.
 */
export interface CrewShape<Tasks extends readonly Task[] = readonly Task[], InputsGiven = AnyInputs, Inputs = unknown> {
  readonly kind: 'crew';
  readonly name: string;
  readonly process: Process;
  readonly tasks: Tasks;
  readonly agents: readonly Agent[];
  /** The schema of the inputs, where there is one. */
  readonly inputs: Schema<unknown, unknown> | undefined;
  /** The same as a JSON schema. */
  readonly inputsSchema: JsonSchema | undefined;

  /**
   * Runs the crew to its end.
   * @throws {CrewError} with the first failure's code and `.partial`, everything that had finished; `INPUT_INVALID` or
   * `TEMPLATE` before the first call when inputs are wrong or missing.
   */
  kickoff<Settle extends boolean = false>(
    ...options: KickoffArguments<Accepted<InputsGiven>, Settle>
  ): Promise<CrewResult<Tasks, Inputs, Settle>>;
  /** The same, returning at once. */
  start<Settle extends boolean = false>(
    ...options: KickoffArguments<Accepted<InputsGiven>, Settle>
  ): CrewRun<CrewResult<Tasks, Inputs, Settle>, AnswersOf<Tasks>>;
  /**
   * Goes on with a run of this crew where it stood, in this process or any other that has its store: after a crash, a pause,
   * a cancellation or a failure. What is recorded is not done again; calls that were in flight are. A run that is done
   * costs nothing: it resolves with what it came to. What had failed is tried anew.
   * @throws {CrewError} as `kickoff`, and before anything is spent: `ENGINE_NOT_DURABLE`, `RUN_UNKNOWN`, `RUN_LOCKED` while
   * another process works it, `RUN_CHANGED` naming what of the crew has changed, `STORE_CORRUPT`.
   */
  resume<Settle extends boolean = false>(
    runId: string,
    options?: ResumeOptions<Settle>,
  ): Promise<CrewResult<Tasks, Inputs, Settle>>;
  /** The same, returning at once. */
  reopen<Settle extends boolean = false>(
    runId: string,
    options?: ResumeOptions<Settle>,
  ): CrewRun<CrewResult<Tasks, Inputs, Settle>, AnswersOf<Tasks>>;
  /**
   * Answers what a run of this crew asks a person, from any process that has its store, whether anybody works the run or not:
   * who does sees it within a quarter of a second, else it is found when the run is resumed.
   * @throws {CrewError} as `run.answer`; `RUN_UNKNOWN`, `STORE_CORRUPT`.
   */
  answer<Name extends AnswerName<AnswersOf<Tasks>>>(
    runId: string,
    name: Name,
    answer: AnswerTo<AnswersOf<Tasks>, Name>,
  ): Promise<void>;
  /** What a run of this crew waits for somebody to say, by the same ways. @throws {CrewError} `RUN_UNKNOWN`, `STORE_CORRUPT`. */
  reviews(runId: string): Promise<readonly OpenReview[]>;
  /**
   * Works some tasks of an earlier run again, with all that depend on them, as a run of its own; the rest keeps what it came to
   * there, whatever has changed since, and costs nothing. What that run has no outcome of is worked. It may have ended
   * in any way, or not at all.
   * @throws {CrewError} as `kickoff`, and before anything is spent: `ENGINE_NOT_DURABLE`, `RUN_UNKNOWN`, `TASK_UNKNOWN`,
   * `STORE_CORRUPT`.
   */
  replay<Settle extends boolean = false>(
    runId: string,
    options: ReplayOptions<Accepted<InputsGiven>, Tasks[number]['name'], Settle>,
  ): Promise<CrewResult<Tasks, Inputs, Settle>>;
  /** The same, returning at once. */
  startReplay<Settle extends boolean = false>(
    runId: string,
    options: ReplayOptions<Accepted<InputsGiven>, Tasks[number]['name'], Settle>,
  ): CrewRun<CrewResult<Tasks, Inputs, Settle>, AnswersOf<Tasks>>;
  /**
   * Works, in this process, what others start of this crew, on an engine that shares the work: `dbos`. The command line
   * does so for many crews: `crewline worker`.
   * @throws {CrewError} `ENGINE_NOT_SHARED`; whatever the engine says when it cannot begin.
   */
  serve(options?: ServeOptions): Promise<Service>;
  /** One kickoff for each of the inputs; results in their order; a failure is one of the results and loses none. */
  kickoffForEach(
    inputs: readonly Accepted<InputsGiven>[],
    options?: ForEachOptions,
  ): Promise<SettledKickoff<CrewResult<Tasks, Inputs, false>, InputsGiven>[]>;
  /** What will run when, before anything is spent. Given inputs, checks that no template misses one. */
  plan(inputs?: Accepted<InputsGiven>): Plan;
  /**
   * The plan with what earlier runs tell: how long each task took and what it cost, by the median of up to ten runs, and
   * what a run will take. On an engine that keeps no runs it is what `plan` says.
   * @throws {CrewError} as `plan`; what the engine's store fails of.
   */
  forecast(inputs?: Accepted<InputsGiven>): Promise<Plan>;
  /** The exact messages that a task's agent would begin with. @throws {CrewError} `TEMPLATE` when inputs are missing. */
  renderPrompt(task: Tasks[number]['name'], options?: PreviewOptions<Accepted<InputsGiven>>): readonly Message[];
}

/** How crews are made. */
export interface CrewConstructor {
  /** @throws {DefinitionError} holding every mistake in the definition, found before anything is spent. */
  new <
    const Tasks extends readonly Task[],
    const Agents extends readonly Agent[] = readonly [],
    Inputs extends Schema<unknown, unknown> = never,
  >(
    options: CrewOptions<Tasks, Agents, Inputs>,
  ): CrewShape<Tasks, Given<Inputs>, Taken<Inputs>>;
}
