import type { Agent } from './agent.ts';
import type { Json, JsonObject, JsonSchema } from './spec/json.ts';
import type { BudgetLimits } from './spec/limits.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import type { Tool } from './tool.ts';
import type {
  ContextOf,
  DependencyEntry,
  JsonLike,
  Named,
  NamesIn,
  RequiredIn,
  SchemaInput,
  SchemaOutput,
  TaskFacts,
} from './types.ts';

/** What a task's callbacks read: the run's inputs, and the outputs of the tasks in its `context`, by name. */
export interface TaskView<Context> {
  readonly inputs: JsonObject;
  readonly context: Context;
}

/** What `execute` is given. */
export interface ExecuteScope<Context> extends TaskView<Context> {
  /** Aborted when the result is no longer wanted. */
  readonly signal: AbortSignal;
  readonly runId: string;
  readonly taskName: string;
  /** Why a person sent the last output back; undefined the first time. */
  readonly feedback: string | undefined;
  /** Runs `fn` as one durable step of this name; names are unique within the task. */
  readonly step: <T extends NonNullable<unknown> | null>(
    name: string,
    fn: (scope: { key: string; signal: AbortSignal }) => Promise<T & JsonLike<T>>,
  ) => Promise<T>;
}

/** What a guardrail says: fine, not acceptable and why, or a better value. */
export type GuardrailVerdict<Output> = true | { readonly reject: string } | { readonly replace: Output };

/** Checks an answer. What it throws counts as a rejection with that message, and so does no verdict within the crew's `timeouts.guardrailMs`. */
export type Guardrail<Output = unknown, Context = unknown> = (
  result: Output,
  scope: TaskView<Context> & { readonly signal: AbortSignal },
) => GuardrailVerdict<Output> | Promise<GuardrailVerdict<Output>>;

/** The context of a task that declares none: in a sequential crew that is everything earlier. */
type View<Context extends readonly DependencyEntry[]> = Context extends readonly []
  ? { readonly [task: string]: unknown }
  : ContextOf<Context>;

/** A task's output: what its schema yields, else what `execute` returns (null for nothing), else the text of the answer. */
type Produced<S, Returned> = [S] extends [never]
  ? [Returned] extends [never]
    ? string
    : Said<Returned>
  : SchemaOutput<S>;
type Said<T> = unknown extends T ? T : T extends NonNullable<unknown> | null ? T : null;

/** Nothing to object to, or what `execute` should return instead. */
type Fit<S, Returned> = [S] extends [never]
  ? [Returned] extends [JsonLike<Returned>]
    ? unknown
    : Returning<JsonLike<Returned>>
  : [Clashing<Returned, SchemaInput<S>>] extends [never]
    ? unknown
    : Returning<SchemaInput<S>>;
type Returning<T> = (scope: never) => T | Promise<T>;
/**
 * The fields that no value could have both as returned and as the schema wants it. Whether one fits the other would be
 * too strict a question: of `{ mood: 'good' }` the compiler only remembers a string, and what is read of `context` by
 * name is unknown.
 */
type Clashing<Returned, Wanted> = {
  [K in keyof Returned & keyof Wanted]-?: [Returned[K] & Wanted[K]] extends [never] ? K : never;
}[keyof Returned & keyof Wanted];

/** That a person looks at a task's output before anything builds on it, and how. */
export type HumanReview =
  | true
  | {
      /** What to look at, for whoever is asked. */
      readonly question?: string;
      /** How long an answer is waited for, also when nobody works the run meanwhile. @default without end; a day where runs are gone with their process */
      readonly timeoutMs?: number;
      /** What counts as the answer then: the output stands, or the task fails with `REVIEW_TIMEOUT`. @default 'fail' */
      readonly onTimeout?: 'approve' | 'fail';
    };

/** How a task is reviewed, with its defaults. */
export interface ReviewRules {
  readonly question: string | undefined;
  readonly timeoutMs: number | undefined;
  readonly onTimeout: 'approve' | 'fail';
}

/** What becomes of the run when a task fails. */
export type FailurePolicy = 'failRun' | 'skipDependents' | Fallback;

/** A value to go on with. */
export interface Fallback<Value = unknown> {
  readonly fallback: Value;
}

/** How often a task that fails is worked again. */
export interface RetryOptions {
  /** Tries in all, at least 1. @default 1 */
  readonly attempts: number;
  /** Milliseconds between a failure and the next try; the task gives its place to others meanwhile. @default 0 */
  readonly delayMs?: number;
}

/** Nothing to object to, or the fallback as it should be: what the schema takes, else what the task yields. */
type FittingPolicy<Policy, S, Returned> =
  Policy extends Fallback<infer Value>
    ? [Value] extends [FallbackOf<S, Returned>]
      ? unknown
      : Fallback<FallbackOf<S, Returned>>
    : unknown;
type FallbackOf<S, Returned> = [S] extends [never] ? Produced<S, Returned> : SchemaInput<S>;

/** What a task is made of. `description`, `expectedOutput` and `outputFile` are templates. */
export interface TaskOptions<
  Name extends string,
  Context extends readonly DependencyEntry[],
  Order extends readonly DependencyEntry[],
  Output,
  Returned,
  AgentName extends string,
  When extends boolean,
  Policy extends FailurePolicy,
> {
  /** Unique; a letter, then letters, digits, `_` and `-`, at most 64. Identity in results, templates and resume. */
  readonly name: Name;
  /** Required for a task that an agent works. */
  readonly description?: string;
  /** What a good answer looks like. Required for a task that an agent works. */
  readonly expectedOutput?: string;
  /** Who works it. Optional only in a hierarchical crew. */
  readonly agent?: Agent<AgentName>;
  /** Makes this a task done by code. */
  readonly execute?: ((scope: ExecuteScope<View<Context>>) => Returned | Promise<Returned>) & Fit<Output, Returned>;
  /** Tasks whose outputs this one reads. @default every earlier task in a sequential crew, else none */
  readonly context?: Context;
  /** Tasks that must end first, without their outputs being read. */
  readonly dependsOn?: Order;
  /** The shape of the output: validated always, and repaired by the model when it is wrong. */
  readonly output?: Output;
  /** Added to the agent's; of two with one name this one wins. */
  readonly tools?: readonly Tool[];
  /** Functions, or sentences that the model judges the answer by. A rejection goes back to the agent. */
  readonly guardrails?: readonly (string | Guardrail<Produced<NoInfer<Output>, NoInfer<Returned>>, View<Context>>)[];
  /** New answers asked for after rejections. @default 3 */
  readonly guardrailMaxRetries?: number;
  /** Asked once the task could start; false skips it and what requires it. */
  readonly when?: (view: TaskView<View<Context>>) => When | Promise<When>;
  /**
   * Has a person look at the output once the guardrails have let it pass: approve it, edit it, or send it back with a reason,
   * three times at most; then the agent works on in the same conversation, and `execute` is called again with `feedback`.
   * Only this task waits: it holds no place meanwhile, and no time limit runs. @default nobody is asked
   */
  readonly humanReview?: HumanReview;
  /** Where the answer is also written, below the working directory. */
  readonly outputFile?: string;
  /** About how long it takes, in milliseconds: a hint for who goes first under a limit. */
  readonly expectedMs?: number;
  /**
   * What this task may spend, delegated work and judges included; its run's budget holds beside it. What is used up fails the
   * task: `BUDGET_EXCEEDED`. A task done by code has only `wallMs`. @default no bound but the run's
   */
  readonly budget?: BudgetLimits;
  /**
   * What becomes of the run when this task fails, its last try too. `'failRun'`: nothing new starts, what is under way
   * ends, the run fails. `'skipDependents'`: tasks that require it are skipped, all else goes on, the run ends `partial`.
   * `{ fallback: value }`: the task counts as done with this value as its output; its `error` still tells what happened.
   * @default 'failRun'
   */
  readonly onFailure?: Policy & FittingPolicy<Policy, NoInfer<Output>, NoInfer<Returned>>;
  /**
   * Works the task again when it fails. A try that called a tool with effect `'once'` is not repeated, nor one that failed
   * of what no other try could change, such as a refused key. @default { attempts: 1 }
   */
  readonly retry?: RetryOptions;
  /** How long the task may take, all tries, delegated work and waits included, but for those for a person. Then it fails with `TIMEOUT`. @default 1,800,000 */
  readonly timeoutMs?: number;
  /**
   * Says that the task does something else now, where its definition does not show it: because what its functions call has
   * changed, say. Part of the definition, for `resume` and for `reuse`. @default none
   */
  readonly version?: string;
  /** Prompt templates that replace the agent's, the crew's and the shipped ones, by name. */
  readonly prompts?: PromptSet;
}

/** A dependency as a task holds it: a name only. */
export interface Dependency {
  readonly name: string;
  readonly optional: boolean;
}

/** A task as the rest of Crewline reads it. */
export interface TaskData {
  readonly kind: 'task';
  readonly name: string;
  readonly description: string | undefined;
  readonly expectedOutput: string | undefined;
  readonly agent: Agent | undefined;
  readonly execute: ((scope: ExecuteScope<JsonObject>) => unknown) | undefined;
  /** Undefined when not declared: a sequential crew then gives it everything earlier. */
  readonly context: readonly Dependency[] | undefined;
  readonly dependsOn: readonly Dependency[];
  readonly output: Schema<unknown, unknown> | undefined;
  /** The JSON schema of `output`. */
  readonly outputSchema: JsonSchema | undefined;
  readonly tools: readonly Tool[];
  readonly guardrails: readonly (string | Guardrail)[];
  readonly guardrailMaxRetries: number | undefined;
  readonly when: ((view: TaskView<JsonObject>) => boolean | Promise<boolean>) | undefined;
  readonly humanReview: ReviewRules | undefined;
  readonly outputFile: string | undefined;
  readonly expectedMs: number | undefined;
  readonly budget: BudgetLimits | undefined;
  /** A fallback is what the schema made of it. */
  readonly onFailure: 'failRun' | 'skipDependents' | Fallback<Json>;
  readonly retry: Required<RetryOptions>;
  readonly timeoutMs: number;
  readonly version: string | undefined;
  readonly prompts: PromptSet | undefined;
}

/** Work to be done, by an agent or by code. A frozen description; its type holds only the names of other tasks. */
export interface TaskShape<Name extends string = string, Facts extends TaskFacts = TaskFacts>
  extends TaskData,
    Named<Name, Facts> {
  readonly name: Name;
}

/** How tasks are made. */
export interface TaskConstructor {
  /** @throws {DefinitionError} naming every option that is wrong. */
  new <
    const Name extends string,
    const Context extends readonly DependencyEntry[] = readonly [],
    const Order extends readonly DependencyEntry[] = readonly [],
    Output extends Schema<unknown, unknown> = never,
    Returned = never,
    const AgentName extends string = never,
    When extends boolean = never,
    const Policy extends FailurePolicy = never,
  >(
    options: TaskOptions<Name, Context, Order, Output, Returned, AgentName, When, Policy>,
  ): TaskShape<
    Name,
    TaskFacts<
      // Written inside a crew's list, a task would otherwise take its output from what the list may hold: unknown.
      NoInfer<Produced<Output, Returned>>,
      NamesIn<Context> | NamesIn<Order>,
      RequiredIn<Context> | RequiredIn<Order>,
      AgentName,
      [When] extends [never] ? false : true,
      'skipDependents' extends Policy ? true : false
    >
  >;
}
