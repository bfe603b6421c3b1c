import { DefinitionError, messageOf, type Problem } from './errors.ts';
import {
  call,
  checkOptions,
  either,
  flag,
  oneOf,
  placeOf,
  positive,
  type Rules,
  record,
  refuse,
  schema,
  text,
} from './internal/checks.ts';
import { frozenData, frozenInPlace } from './internal/frozen.ts';
import { validatorOf } from './internal/json-schema.ts';
import { describeIssues, jsonSchemaOf, unknownFields } from './internal/schema.ts';
import type { ToolRisk } from './spec/approval.ts';
import type { Json, JsonObject, JsonSchema } from './spec/json.ts';
import type { Schema } from './spec/schema.ts';

/** What a tool's `execute` gets besides its input. */
export interface ToolScope {
  /** Aborted when the result is no longer wanted. */
  readonly signal: AbortSignal;
  /** The same when this very call is tried again, and no other's: an idempotency key. */
  readonly key: string;
  readonly runId: string;
  readonly taskName: string;
  /** The run's inputs. */
  readonly inputs: JsonObject;
}

/**
 * What a call may be repeated for: one that reads changes nothing, an idempotent one changes the same thing once however
 * often it is made, any other may happen once only. Decides whether a failed task may be worked again.
 */
export type ToolEffect = 'read' | 'idempotent' | 'once';

interface CommonToolOptions<Result> {
  /** What the model calls it by: letters, digits, `_` and `-`, at most 64. */
  readonly name: string;
  /** Tells the model what it does and when to use it. */
  readonly description: string;
  /**
   * Calls allowed in one task, or in one piece of delegated work (each counts for itself), over all turns. More are
   * answered with an error that the model sees. A call that never ran, for wrong arguments say, does not count. Calls of one
   * turn have their uses in the order of the calls; one that waits for somebody's word keeps its use meanwhile.
   * @default no limit
   */
  readonly maxUses?: number;
  /** Ends the task with this tool's result as its answer. @default false */
  readonly resultAsAnswer?: boolean;
  /**
   * How long one call may take, in milliseconds. A call that takes longer is answered with an error that the model sees
   * (`TOOL_TIMEOUT`), and its signal is aborted; the task goes on, and what the tool returns later is dropped.
   * @default 60,000
   */
  readonly timeoutMs?: number;
  /** What making the call twice would do. @default 'once' */
  readonly effect?: ToolEffect;
  /**
   * Whether the run's `approve` must agree to a call; a function decides by the arguments. Where nobody is there to agree,
   * the call is refused and the model is told. A function that throws, or says anything but false, asks.
   * @default false
   */
  readonly approval?: boolean | ((input: Result) => boolean);
  /** What a call could do at worst. `'exec'` always needs approval. @default 'none' */
  readonly risk?: ToolRisk;
  readonly execute: (input: Result, scope: ToolScope) => unknown;
}

/** A tool whose input is a schema (zod 4, or any Standard Schema with a JSON schema), or a plain JSON schema. */
export interface ToolOptions<Input> extends CommonToolOptions<Input> {
  readonly input: Schema<unknown, Input>;
}
export interface JsonToolOptions extends CommonToolOptions<{ readonly [key: string]: Json }> {
  readonly input: JsonSchema;
}

/** What came of a tool call's arguments: a call ready to run, or what is wrong with them. */
export type CheckedCall =
  | {
      readonly ok: true;
      /** What `run` gives to the tool: this very object, frozen where somebody may be asked about it. */
      readonly input: unknown;
      /** True when somebody must agree first. */
      readonly needsApproval: boolean;
      readonly run: (scope: ToolScope) => unknown;
    }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Something an agent can do. Frozen; made by `tool()`. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, of type `object`. */
  readonly parameters: JsonSchema;
  readonly maxUses: number;
  readonly resultAsAnswer: boolean;
  readonly timeoutMs: number;
  readonly effect: ToolEffect;
  readonly risk: ToolRisk;
  /** Validates arguments strictly (no wrong type, no unknown field) and binds them: what was checked is what runs. */
  check(input: Json): Promise<CheckedCall>;
}

/** The tools by which agents give work to each other; a user's tool cannot have these names. */
export const DELEGATION_TOOLS = Object.freeze({
  work: 'delegate_work_to_coworker',
  question: 'ask_question_to_coworker',
} as const);
const RESERVED: readonly string[] = Object.values(DELEGATION_TOOLS);

const TOOL_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const RULES: Rules = {
  name: (value) =>
    typeof value === 'string' && TOOL_NAME.test(value) ? undefined : 'letters, digits, _ and -, at most 64 of them',
  description: text,
  input: either(schema, record),
  execute: call,
  maxUses: positive,
  resultAsAnswer: flag,
  timeoutMs: positive,
  effect: oneOf('read', 'idempotent', 'once'),
  approval: either(flag, call),
  risk: oneOf('none', 'write', 'external', 'exec'),
};
const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Declares a tool: a function that a model may call, with the schema of its input.
 *
 * What `execute` returns reaches the model as text (strings as they are, anything else as JSON). What it throws
 * reaches the model too, as an error it can react to; the task goes on.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function tool<Input>(options: ToolOptions<Input>): Tool;
export function tool(options: JsonToolOptions): Tool;
export function tool<Input>(options: ToolOptions<Input> | JsonToolOptions): Tool {
  const made = make(options);
  const { execute, approval } = options;
  functions.set(made.check, approval === undefined ? [execute] : [execute, approval]);
  return made;
}

/** What a user wrote for a tool, by the function that checks its calls: that one stays when a tool is copied. */
const functions = new WeakMap<object, readonly unknown[]>();

/** The source text of a tool's functions; nothing for one of Crewline's own, whose code may be another in each version. */
export function sourceOf(check: object): string | undefined {
  return functions.get(check)?.map(String).join('\n');
}

/** Declares one of Crewline's own tools. @throws {DefinitionError} as `tool`. */
export function shippedTool<Input>(options: ToolOptions<Input>): Tool {
  return make(options);
}

function make<Input>(options: ToolOptions<Input> | JsonToolOptions): Tool {
  const place = placeOf('tool', options?.name);
  const problems = checkOptions(place, options, RULES, ['name', 'description', 'input', 'execute']);
  if (RESERVED.includes(options?.name)) {
    problems.push({ code: 'NAME_RESERVED', place, message: 'this is the name of a delegation tool; choose another.' });
  }
  if (options?.risk === 'exec' && options.approval !== undefined && options.approval !== true) {
    const message = "approval has no effect with risk 'exec': such a call always needs it.";
    problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  }
  refuse(problems, place);
  return Object.freeze({
    name: options.name,
    description: options.description,
    maxUses: options.maxUses ?? Number.POSITIVE_INFINITY,
    resultAsAnswer: options.resultAsAnswer ?? false,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    effect: options.effect ?? 'once',
    risk: options.risk ?? 'none',
    ...(isSchemaTool(options) ? fromSchema(options, place) : fromJsonSchema(options, place)),
  });
}

function isSchemaTool<Input>(options: ToolOptions<Input> | JsonToolOptions): options is ToolOptions<Input> {
  return schema(options.input) === undefined;
}

function fromSchema<Input>(options: ToolOptions<Input>, place: string): Pick<Tool, 'parameters' | 'check'> {
  const parameters = parametersOf(() => jsonSchemaOf(options.input), place);
  return {
    parameters,
    async check(input) {
      const extra = unknownFields(parameters, input);
      const result = await options.input['~standard'].validate(input);
      const problems = [
        ...describeIssues(result.issues ?? []),
        ...extra.map((path) => `${path}: there is no such field`),
      ];
      if (result.issues !== undefined || problems.length > 0) return { ok: false, problems };
      return readyCall(options, result.value);
    },
  };
}

function fromJsonSchema(options: JsonToolOptions, place: string): Pick<Tool, 'parameters' | 'check'> {
  const parameters = parametersOf(() => frozenData(options.input), place);
  const validate = validatorOf(parameters);
  return {
    parameters,
    async check(input) {
      const result = validate(input);
      const problems = [
        ...result.problems,
        ...unknownFields(parameters, input).map((path) => `${path}: there is no such field`),
      ];
      if (result.value === undefined || problems.length > 0) return { ok: false, problems };
      const { value } = result;
      return readyCall(options, value);
    },
  };
}

/** A call that may be made, bound to its arguments. */
function readyCall<Input>(options: CommonToolOptions<Input>, input: Input): CheckedCall {
  const { approval = false, risk = 'none' } = options;
  if (approval !== false || risk !== 'none') frozenInPlace(input);
  return {
    ok: true,
    input,
    needsApproval: risk === 'exec' || asksFor(approval, input),
    run: (scope) => options.execute(input, scope),
  };
}

function asksFor<Input>(approval: boolean | ((input: Input) => boolean), input: Input): boolean {
  if (typeof approval === 'boolean') return approval;
  try {
    return approval(input) !== false;
  } catch {
    return true;
  }
}

function parametersOf(convert: () => JsonSchema, place: string): JsonSchema {
  const refused = (message: string): Problem[] => [{ code: 'SCHEMA_UNSUPPORTED', place, message }];
  let parameters: JsonSchema;
  try {
    parameters = convert();
  } catch (error) {
    throw new DefinitionError(refused(`input: ${messageOf(error)}`), place);
  }
  if (parameters['type'] !== 'object')
    refuse(refused('input must describe an object, such as z.object({ … }).'), place);
  return parameters;
}
