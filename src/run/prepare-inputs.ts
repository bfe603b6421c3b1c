import { CrewError, messageOf } from '../errors.ts';
import { bounded } from '../internal/bounded.ts';
import { frozenJson } from '../internal/frozen.ts';
import { findNotJson, isJson, isJsonObject } from '../internal/json.ts';
import { describeIssues } from '../internal/schema.ts';
import type { Ctx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { SchemaResult } from '../spec/schema.ts';
import { crewBounds } from './bounds.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { refuseMissing } from './templates.ts';

/**
 * The inputs that a run works with: what `kickoff` was given, changed by `beforeKickoff`, validated by the crew's schema.
 * Every template's variables are looked for here, so that a missing one costs no call.
 * @throws {CrewError} `INPUT_INVALID` with every issue, `TEMPLATE` with every missing variable.
 */
export async function prepareInputs(crew: CompiledCrew, ctx: Ctx, given: Json): Promise<JsonObject> {
  const { beforeKickoff, inputs: schema } = crew.data;
  const steers = beforeKickoff !== undefined || schema !== undefined;
  const known = steers ? await ctx.step('inputs', () => changed(crew, ctx, given)) : asInputs(given, 'inputs');
  // What was given is the run's own copy. What the user's code made of it is the user's, and many tasks read it.
  const inputs = frozenJson(steers ? structuredClone(known) : known);
  refuseMissing(crew, inputs);
  return inputs;
}

/**
 * The inputs as a run would have them, worked out at once, for looking at a plan or a prompt. `beforeKickoff` is not
 * asked, nor a schema that takes its time.
 * @throws {CrewError} as `prepareInputs`.
 */
export function previewInputs(crew: CompiledCrew, given: Json): JsonObject {
  const schema = crew.data.inputs;
  const checked = schema?.['~standard'].validate(asInputs(given, 'inputs'));
  const inputs = checked === undefined || checked instanceof Promise ? given : fitting(crew, checked);
  const known = asInputs(inputs, 'inputs');
  refuseMissing(crew, known);
  return known;
}

async function changed(crew: CompiledCrew, ctx: Ctx, given: Json): Promise<JsonObject> {
  const { beforeKickoff, inputs: schema } = crew.data;
  let inputs: unknown = asInputs(given, 'inputs');
  if (beforeKickoff !== undefined) {
    const known = asInputs(given, 'inputs');
    inputs = await byUser(crew, ctx, { what: 'beforeKickoff', call: () => beforeKickoff(known) ?? known });
  }
  if (schema !== undefined) {
    const validate = () => schema['~standard'].validate(inputs);
    inputs = fitting(crew, await byUser(crew, ctx, { what: 'The inputs schema', call: validate }));
  }
  return asInputs(inputs, beforeKickoff === undefined ? 'inputs' : 'what beforeKickoff returned');
}

interface UsersOwn<T> {
  readonly what: string;
  readonly call: () => T | Promise<T>;
}

/** Calls what the user wrote. That it throws is a failure of the run, which says what threw. */
async function byUser<T>(crew: CompiledCrew, ctx: Ctx, { what, call }: UsersOwn<T>): Promise<T> {
  try {
    return await bounded(call, crewBounds(crew, ctx, what));
  } catch (cause) {
    if (cause instanceof CrewError && (ctx.aborted !== undefined || cause.code === 'TIMEOUT')) throw cause;
    const message = `${what} of crew "${crew.data.name}" failed: ${messageOf(cause)}`;
    throw new CrewError('TASK_FAILED', message, { runId: ctx.runId, cause });
  }
}

function fitting(crew: CompiledCrew, result: SchemaResult<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = describeIssues(result.issues);
  throw new CrewError('INPUT_INVALID', `The inputs do not fit crew "${crew.data.name}": ${issues.join('; ')}.`);
}

/** What templates already have under a name of its own. */
const TAKEN = ['tasks', 'inputs'] as const;

function asInputs(value: unknown, what: string): JsonObject {
  if (isJson(value) && isJsonObject(value)) {
    const taken = TAKEN.find((name) => Object.hasOwn(value, name));
    if (taken === undefined) return value;
    const message = `${what}: "${taken}" already means something in templates; give this input another name.`;
    throw new CrewError('NAME_RESERVED', message);
  }
  const found = findNotJson(value, what) ?? `${what} must be an object`;
  throw new CrewError('INPUT_INVALID', `Inputs are JSON on every engine: ${found}.`);
}
