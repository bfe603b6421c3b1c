import { type Agent, tools } from './agent.ts';
import { messageOf, type Problem } from './errors.ts';
import {
  call,
  checkOptions,
  count,
  list,
  milliseconds,
  type Rules,
  record,
  refuse,
  schema,
  text,
  textRecord,
} from './internal/checks.ts';
import { frozen } from './internal/frozen.ts';
import { jsonSchemaOf } from './internal/schema.ts';
import type { Json, JsonObject, JsonSchema } from './spec/json.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import type { Tool } from './tool.ts';
import {
  type ContextOf,
  type DependencyEntry,
  type Named,
  type NamesIn,
  type OptionalDependency,
  type RequiredIn,
  sealed,
  type TaskFacts,
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
  /** Runs `fn` as one durable step of this name; names are unique within the task. */
  readonly step: <T extends Json>(
    name: string,
    fn: (scope: { key: string; signal: AbortSignal }) => Promise<T>,
  ) => Promise<T>;
}

/** What a guardrail says: fine, not acceptable and why, or a better value. */
export type GuardrailVerdict<Output> = true | { readonly reject: string } | { readonly replace: Output };

/** Checks an answer. What it throws counts as a rejection with that message. */
export type Guardrail<Output = unknown, Context = unknown> = (
  result: Output,
  scope: TaskView<Context> & { readonly signal: AbortSignal },
) => GuardrailVerdict<Output> | Promise<GuardrailVerdict<Output>>;

/** The context of a task that declares none: in a sequential crew that is everything earlier. */
type View<Context extends readonly DependencyEntry[]> = Context extends readonly []
  ? { readonly [task: string]: unknown }
  : ContextOf<Context>;

/** A task's output: what its schema yields, else what `execute` returns, else the text of the answer. */
type Produced<S, Returned> = [S] extends [never] ? Returned : S extends Schema<unknown, infer Output> ? Output : never;

/** What a task is made of. `description`, `expectedOutput` and `outputFile` are templates. */
export interface TaskOptions<
  Name extends string,
  Context extends readonly DependencyEntry[],
  Order extends readonly DependencyEntry[],
  Output,
  Returned,
  AgentName extends string,
  When extends boolean,
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
  readonly execute?: (scope: ExecuteScope<View<Context>>) => Returned | Promise<Returned>;
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
  /** Where the answer is also written, below the working directory. */
  readonly outputFile?: string;
  /** About how long it takes, in milliseconds: a hint for who goes first under a limit. */
  readonly expectedMs?: number;
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
  readonly outputFile: string | undefined;
  readonly expectedMs: number | undefined;
  readonly prompts: PromptSet | undefined;
}

/** Work to be done, by an agent or by code. A frozen description; its type holds only the names of other tasks. */
export interface Task<Name extends string = string, Facts extends TaskFacts = TaskFacts>
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
    Returned = string,
    const AgentName extends string = never,
    When extends boolean = never,
  >(
    options: TaskOptions<Name, Context, Order, Output, Returned, AgentName, When>,
  ): Task<
    Name,
    TaskFacts<
      Produced<Output, Returned>,
      NamesIn<Context> | NamesIn<Order>,
      RequiredIn<Context> | RequiredIn<Order>,
      AgentName,
      [When] extends [never] ? false : true
    >
  >;
}

/** Marks a dependency that may be skipped or fail: this task then runs all the same and sees null. */
export function optional<const T extends Named | string>(task: T): OptionalDependency<T> {
  return Object.freeze({ optional: task });
}

const TASK_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const NAME_RULE = 'a name is a letter, then letters, digits, _ and -, at most 64 in all.';
const RULES: Rules = {
  name: text,
  description: text,
  expectedOutput: text,
  agent: record,
  execute: call,
  context: list,
  dependsOn: list,
  output: schema,
  tools,
  guardrails: list,
  guardrailMaxRetries: count,
  when: call,
  outputFile: text,
  expectedMs: milliseconds,
  prompts: textRecord,
};
const NOTHING: readonly never[] = Object.freeze([]);

/** The options as the class reads them: what users wrote, the names in their types forgotten. */
type PlainOptions = { readonly name: string } & {
  readonly [K in Exclude<keyof TaskData, 'kind' | 'name' | 'outputSchema' | 'context' | 'dependsOn'>]?: TaskData[K];
} & { readonly context?: readonly DependencyEntry[]; readonly dependsOn?: readonly DependencyEntry[] };

class TaskEntry implements TaskData {
  readonly kind = 'task';
  readonly name: string;
  readonly description: string | undefined;
  readonly expectedOutput: string | undefined;
  readonly agent: Agent | undefined;
  readonly execute: TaskData['execute'];
  readonly context: readonly Dependency[] | undefined;
  readonly dependsOn: readonly Dependency[];
  readonly output: TaskData['output'];
  readonly outputSchema: JsonSchema | undefined;
  readonly tools: readonly Tool[];
  readonly guardrails: TaskData['guardrails'];
  readonly guardrailMaxRetries: number | undefined;
  readonly when: TaskData['when'];
  readonly outputFile: string | undefined;
  readonly expectedMs: number | undefined;
  readonly prompts: PromptSet | undefined;

  constructor(options: PlainOptions) {
    const place = `task "${String(options?.name)}"`;
    const problems = checkOptions(place, options, RULES, ['name']);
    refuse(problems, place);
    if (!TASK_NAME.test(options.name)) problems.push({ code: 'NAME_INVALID', place, message: NAME_RULE });
    this.name = options.name;
    this.description = options.description;
    this.expectedOutput = options.expectedOutput;
    this.agent = options.agent;
    this.execute = options.execute;
    this.context = options.context && dependencies('context', options.context, place, problems);
    this.dependsOn = options.dependsOn ? dependencies('dependsOn', options.dependsOn, place, problems) : NOTHING;
    this.output = options.output;
    this.outputSchema = options.output && convert(options.output, place, problems);
    this.tools = options.tools ? Object.freeze([...options.tools]) : NOTHING;
    this.guardrails = options.guardrails ? Object.freeze([...options.guardrails]) : NOTHING;
    this.guardrailMaxRetries = options.guardrailMaxRetries;
    this.when = options.when;
    this.outputFile = options.outputFile;
    this.expectedMs = options.expectedMs;
    this.prompts = options.prompts && frozen(options.prompts);
    withoutEffect(this, place, problems);
    refuse(problems, place);
    Object.freeze(this);
  }
}

function dependencies(
  option: string,
  entries: readonly DependencyEntry[],
  place: string,
  problems: Problem[],
): readonly Dependency[] {
  const found: Dependency[] = [];
  for (const entry of entries) {
    const isOptional = typeof entry === 'object' && entry !== null && 'optional' in entry;
    const target = isOptional ? entry.optional : entry;
    const name = typeof target === 'string' ? target : target?.name;
    if (typeof name === 'string') found.push({ name, optional: isOptional });
    else
      problems.push({ code: 'OPTION_INVALID', place, message: `${option} may hold tasks, names and optional(task).` });
  }
  return Object.freeze(found);
}

function convert(output: Schema<unknown, unknown>, place: string, problems: Problem[]): JsonSchema | undefined {
  try {
    return jsonSchemaOf(output);
  } catch (error) {
    problems.push({ code: 'SCHEMA_UNSUPPORTED', place, message: `output: ${messageOf(error)}` });
    return undefined;
  }
}

/** Options that nothing would read, which says that the author expects something else to happen. */
function withoutEffect(task: TaskData, place: string, problems: Problem[]): void {
  const say = (message: string) => problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  if (task.execute !== undefined) {
    if (task.agent !== undefined) say('agent has no effect next to execute: a task is worked by an agent or by code.');
    if (task.tools.length > 0) say('tools have no effect on a task done by code.');
    if (task.guardrails.length > 0) say('guardrails have no effect on a task done by code; check inside execute.');
    if (task.prompts !== undefined) say('prompts have no effect on a task done by code.');
  } else {
    for (const option of ['description', 'expectedOutput'] as const) {
      if (task[option] === undefined) {
        problems.push({
          code: 'OPTION_INVALID',
          place,
          message: `${option} is missing: an agent needs it (or give execute).`,
        });
      }
    }
  }
  if (task.guardrailMaxRetries !== undefined && task.guardrails.length === 0) {
    say('guardrailMaxRetries has no effect without guardrails.');
  }
}

export const Task = sealed<TaskConstructor>(TaskEntry);
