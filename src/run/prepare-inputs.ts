import { CrewError } from '../errors.ts';
import { findNotJson, isJson, isJsonObject } from '../internal/json.ts';
import { describeIssues } from '../internal/schema.ts';
import type { Ctx } from '../spec/engine.ts';
import type { Json, JsonObject } from '../spec/json.ts';
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
  const inputs = steers ? await ctx.step('inputs', () => changed(crew, given)) : asInputs(given, 'inputs');
  refuseMissing(crew, inputs);
  return inputs;
}

async function changed(crew: CompiledCrew, given: Json): Promise<JsonObject> {
  const { beforeKickoff, inputs: schema } = crew.data;
  let inputs: unknown = asInputs(given, 'inputs');
  if (beforeKickoff !== undefined) inputs = await beforeKickoff(asInputs(given, 'inputs'));
  if (schema !== undefined) {
    const result = await schema['~standard'].validate(inputs);
    if (result.issues !== undefined) {
      const issues = describeIssues(result.issues);
      throw new CrewError('INPUT_INVALID', `The inputs do not fit crew "${crew.data.name}": ${issues.join('; ')}.`);
    }
    inputs = result.value;
  }
  return asInputs(inputs, beforeKickoff === undefined ? 'inputs' : 'what beforeKickoff returned');
}

function asInputs(value: unknown, what: string): JsonObject {
  if (isJson(value) && isJsonObject(value)) return value;
  const found = findNotJson(value, 'inputs') ?? `${what} must be an object`;
  throw new CrewError('INPUT_INVALID', `Inputs are JSON on every engine: ${found}.`);
}
