import type { Problem } from '../errors.ts';
import { isModel } from '../internal/check-model.ts';
import { type Check, checkOptions, refuse } from '../internal/checks.ts';
import type { Model, ModelCallOptions, ModelRequest } from '../spec/model.ts';

/** What `hedged` can be told. */
export interface HedgedOptions {
  /** A second call is made once the first takes longer than this percentile of the calls before it. At least 1, below 100: 95, not 0.95. @default 95 */
  readonly percentile?: number;
}

const PLACE = 'hedged model';
const percentile: Check = (value) =>
  typeof value === 'number' && value >= 1 && value < 100
    ? undefined
    : 'a number from 1 to below 100 (95 for the 95th percentile)';

/**
 * A model that makes a second call beside one that takes unusually long. The first answer is taken; the other call is
 * aborted, and counted: at the 95th percentile, about one call in twenty is made twice. Nothing is hedged before 20 calls
 * were timed, and where a second call would have to wait for the model's limits.
 * @throws {DefinitionError} when the model is none, or made of others; hedge those inside instead.
 */
export function hedged(model: Model, options: HedgedOptions = {}): Model {
  const problems: Problem[] = checkOptions(PLACE, options, { percentile }, []);
  const wrong = (message: string) => problems.push({ code: 'OPTION_INVALID', place: PLACE, message });
  if (!isModel(model)) wrong('needs a model: hedged(openai({ … })).');
  else if (model.route !== undefined) wrong('the model is made of others. Hedge those: fallback([hedged(a), b]).');
  refuse(problems, PLACE);
  return Object.freeze({
    name: model.name,
    jsonSchema: model.jsonSchema ?? false,
    route: Object.freeze({ kind: 'hedge', model, percentile: options.percentile ?? 95 } as const),
    generate: (request: ModelRequest, call: ModelCallOptions) => model.generate(request, call),
  });
}
