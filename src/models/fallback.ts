import type { Problem } from '../errors.ts';
import { isModel } from '../internal/check-model.ts';
import { refuse } from '../internal/checks.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../spec/model.ts';

const PLACE = 'fallback';

/**
 * A model that asks the first of several, and the next when that one has failed for good: its retries are used up, its
 * account is empty, its key is wrong, or it asks to wait for more than 30 seconds. While such a pause lasts, all calls go
 * to the next at once, those in line too, and to the first again when it is over. A shorter pause is waited for, and so
 * are the limits that a model declares, however long that takes; so is any pause of the last model. What was refused or
 * filtered is not asked again elsewhere. Each keeps the limits, retries and timeouts of its own, and usage is counted under the model that
 * was asked. It is named like the first, and takes JSON schemas when all of them do.
 * @throws {DefinitionError} when what it is given is not a list of two models or more.
 */
export function fallback(models: readonly Model[]): Model {
  const problems: Problem[] = [];
  const wrong = (message: string) => problems.push({ code: 'OPTION_INVALID', place: PLACE, message });
  if (!Array.isArray(models)) wrong('needs a list of models: fallback([openai({ … }), openai({ … })]).');
  else if (models.length < 2) wrong('needs at least two models: with one there is nothing to fall back to.');
  else for (const [index, model] of models.entries()) if (!isModel(model)) wrong(`models[${index}] must be a model.`);
  refuse(problems, PLACE);
  const all = Object.freeze([...models]);
  return Object.freeze({
    name: all[0]?.name ?? PLACE,
    jsonSchema: all.every((model) => model.jsonSchema === true),
    route: Object.freeze({ kind: 'fallback', models: all } as const),
    generate: (request: ModelRequest, options: ModelCallOptions) => firstThatAnswers(all, request, options),
  });
}

/** For a caller that knows no routes: the next model is asked when one fails before its first part. */
async function* firstThatAnswers(
  models: readonly Model[],
  request: ModelRequest,
  options: ModelCallOptions,
): AsyncGenerator<ModelPart> {
  for (const [index, model] of models.entries()) {
    let hasBegun = false;
    try {
      for await (const part of model.generate(request, options)) {
        hasBegun = true;
        yield part;
      }
      return;
    } catch (error) {
      if (hasBegun || options.signal.aborted || index === models.length - 1) throw error;
    }
  }
}
