import { placeOf, refuse } from '../internal/checks.ts';
import type { ThroughModels } from '../internal/through-models.ts';
import { priceIn } from '../models/prices.ts';
import { checkCrew } from '../plan/check.ts';
import type { CompiledCrew } from '../run/compiled-crew.ts';
import { madeManager } from '../run/manager.ts';
import type { Message } from '../spec/message.ts';
import { type CrewParts, checkCrewOptions, dataOf } from './crew-parts.ts';
import { modelsOf } from './models-of.ts';
import { unpriced } from './unpriced.ts';

/** A crew made ready to run, as its options say. @throws {DefinitionError} with everything that is wrong in them. */
export function compileCrew(
  parts: CrewParts,
  history: readonly Message[],
  through: ThroughModels | undefined,
): CompiledCrew {
  const place = placeOf('crew', parts?.name);
  refuse(checkCrewOptions(place, parts), place);
  const data = dataOf(parts);
  const { graph, problems } = checkCrew(data);
  const models = modelsOf(data, through);
  const priceOf = priceIn(data.prices);
  refuse([...problems, ...models.problems, ...unpriced(data, models, priceOf)], place);
  return Object.freeze({
    data,
    graph,
    history,
    modelOf: models.modelOf,
    spending: Object.freeze({ budgets: Object.freeze([]), priceOf }),
    manager: madeManager(data),
    people: new Map(),
    writeOutput: async (path: string, text: string) => {
      const { writeInside } = await import('../tools/write-inside.ts');
      return writeInside({ folder: globalThis.process.cwd(), overwrite: true }, path, text);
    },
  });
}
