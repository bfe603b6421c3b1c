import { type Agent, tools } from './agent.ts';
import { messageOf, type Problem } from './errors.ts';
import {
  type Check,
  call,
  checkOptions,
  count,
  either,
  list,
  milliseconds,
  placeOf,
  positive,
  type Rules,
  record,
  refuse,
  schema,
  text,
  textRecord,
} from './internal/checks.ts';
import { frozen } from './internal/frozen.ts';
import { jsonSchemaOf } from './internal/schema.ts';
import { checkBudget, frozenBudget, modelBoundsIn } from './internal/spending.ts';
import type { JsonSchema } from './spec/json.ts';
import type { BudgetLimits } from './spec/limits.ts';
import type { PromptSet } from './spec/prompts.ts';
import type { Schema } from './spec/schema.ts';
import { failurePolicy, ONE_TRY, policyOf, retryOf, retryOptions } from './task-failure.ts';
import { humanReview, reviewOf } from './task-review.ts';
import type {
  Dependency,
  FailurePolicy,
  HumanReview,
  RetryOptions,
  TaskConstructor,
  TaskData,
  TaskShape,
} from './task-shape.ts';
import type { Tool } from './tool.ts';
import { type DependencyEntry, type Named, type OptionalDependency, sealed, type TaskFacts } from './types.ts';

/** Work to be done, by an agent or by code. A frozen description; its type holds only the names of other tasks. */
export type Task<Name extends string = string, Facts extends TaskFacts = TaskFacts> = TaskShape<Name, Facts>;

/** Marks a dependency that may be skipped: this task then runs all the same and sees null. */
export function optional<const T extends Named | string>(task: T): OptionalDependency<T> {
  return Object.freeze({ optional: task });
}

const TASK_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const NAME_RULE = 'a name is a letter, then letters, digits, _ and -, at most 64 in all.';
const guardrails: Check = (value) =>
  Array.isArray(value) && value.every((entry) => either(call, text)(entry) === undefined)
    ? undefined
    : 'a list of functions, or of sentences to judge by';
const madeAgent: Check = (value) =>
  record(value) === undefined && Object(value).kind === 'agent' ? undefined : 'an agent made by new Agent({ … })';
const RULES: Rules = {
  name: text,
  description: text,
  expectedOutput: text,
  agent: madeAgent,
  execute: call,
  context: list,
  dependsOn: list,
  output: schema,
  tools,
  guardrails,
  guardrailMaxRetries: count,
  when: call,
  humanReview,
  outputFile: text,
  expectedMs: milliseconds,
  onFailure: failurePolicy,
  retry: retryOptions,
  timeoutMs: positive,
  budget: record,
  version: text,
  prompts: textRecord,
};
const NOTHING: readonly never[] = Object.freeze([]);
const DEFAULT_TIMEOUT_MS = 1_800_000;

/** The options as the class reads them: what users wrote, the names in their types forgotten. */
type PlainOptions = { readonly name: string } & {
  readonly [K in Exclude<
    keyof TaskData,
    'kind' | 'name' | 'outputSchema' | 'context' | 'dependsOn' | 'humanReview' | 'onFailure' | 'retry'
  >]?: TaskData[K];
} & {
  readonly context?: readonly DependencyEntry[];
  readonly dependsOn?: readonly DependencyEntry[];
  readonly humanReview?: HumanReview;
  readonly onFailure?: FailurePolicy;
  readonly retry?: RetryOptions;
};

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
  readonly humanReview: TaskData['humanReview'];
  readonly outputFile: string | undefined;
  readonly expectedMs: number | undefined;
  readonly onFailure: TaskData['onFailure'];
  readonly retry: TaskData['retry'];
  readonly timeoutMs: number;
  readonly budget: BudgetLimits | undefined;
  readonly version: string | undefined;
  readonly prompts: PromptSet | undefined;

  constructor(options: PlainOptions) {
    const place = placeOf('task', options?.name);
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
    this.humanReview = options.humanReview && reviewOf(options.humanReview, place, problems);
    this.outputFile = options.outputFile;
    this.expectedMs = options.expectedMs;
    this.onFailure = options.onFailure === undefined ? 'failRun' : policyOf(options, place, problems);
    this.retry = options.retry === undefined ? ONE_TRY : retryOf(options.retry, place, problems);
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    if (options.budget !== undefined) problems.push(...checkBudget(place, options.budget));
    this.budget = options.budget && frozenBudget(options.budget);
    this.version = options.version;
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
    if (typeof name === 'string') found.push(Object.freeze({ name, optional: isOptional }));
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
  if (task.execute !== undefined) besideCode(task, place, problems);
  else {
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
    say('guardrailMaxRetries has no effect without guardrails.', place, problems);
  }
}

function besideCode({ agent, tools, guardrails, budget, prompts }: TaskData, place: string, problems: Problem[]): void {
  if (agent !== undefined)
    say('agent has no effect next to execute: a task is worked by an agent or by code.', place, problems);
  if (tools.length > 0) say('tools have no effect on a task done by code.', place, problems);
  if (guardrails.length > 0)
    say('guardrails have no effect on a task done by code; check inside execute.', place, problems);
  if (prompts !== undefined) say('prompts have no effect on a task done by code.', place, problems);
  if (budget === undefined) return;
  for (const bound of modelBoundsIn(budget))
    say(`budget.${bound} has no effect on a task done by code: it calls no model.`, place, problems);
}

function say(message: string, place: string, problems: Problem[]): void {
  problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
}

export const Task = sealed<TaskConstructor>(TaskEntry);
