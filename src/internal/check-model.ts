import type { Model } from '../spec/model.ts';
import { type Check, count, either, positive, record, text } from './checks.ts';

/** True for what has a name and can answer. */
export function isModel(value: unknown): value is Model {
  const { name, generate } = Object(value);
  return record(value) === undefined && typeof generate === 'function' && text(name) === undefined;
}

const A_MODEL = 'a model (an object with name and generate)';
const sound: Check = (value) => {
  const wrong = wrongWithin(value, []);
  if (wrong === undefined) return undefined;
  return wrong === A_MODEL ? A_MODEL : `${A_MODEL}; ${wrong}`;
};

/** A model, or the name of one. A model that is made of others is looked at to the last of them. */
export const model: Check = either(text, sound);

/** What is wrong with a model or with one that it is made of; `within` are those around it, the outermost first. */
function wrongWithin(value: unknown, within: readonly Model[]): string | undefined {
  if (!isModel(value))
    return within.length === 0 ? A_MODEL : `${placeOf(within)} is made of something else than models`;
  const chain = [...within, value];
  const of = (what: string) => `of ${placeOf(chain)}, ${what}`;
  if (within.includes(value)) return of('it is made of itself');
  const own = wrongInModel(Object(value));
  if (own !== undefined) return of(own);
  const parts = partsOf(value.route);
  if (parts === undefined) return of('route must be as fallback([…]) and hedged(…) make it');
  for (const part of parts) {
    const wrong = wrongWithin(part, chain);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** How messages call a model: `model "a" inside fallback "b"`. */
function placeOf(chain: readonly Model[]): string {
  const around = chain.slice(0, -1).reverse();
  const places = around.map(
    ({ name, route }) => ` inside ${route?.kind === 'hedge' ? 'hedged' : 'fallback'} "${name}"`,
  );
  return `model "${chain.at(-1)?.name}"${places.join('')}`;
}

/** What a model is made of, if anything; undefined where nobody knows how to call it. */
function partsOf(route: unknown): readonly unknown[] | undefined {
  if (route === undefined) return [];
  const { kind, model: hedged, models, percentile } = Object(route);
  if (kind === 'hedge') return Number.isFinite(percentile) ? [hedged] : undefined;
  return kind === 'fallback' && Array.isArray(models) && models.length > 0 ? models : undefined;
}

/** What is wrong with how a model says it is to be called: such numbers would pace it wrongly, or let every call fail. */
function wrongInModel(given: { readonly [field: string]: unknown }): string | undefined {
  const { limits, timeouts } = given;
  const fields: readonly (readonly [string, unknown, Check])[] = [
    ...LIMITS.map((name) => [`limits.${name}`, Object(limits)[name], positive] as const),
    ...TIMEOUTS.map((name) => [`timeouts.${name}`, Object(timeouts)[name], above0] as const),
    ['limits', limits, record],
    ['timeouts', timeouts, record],
    ['retries', given['retries'], count],
    ['contextWindow', given['contextWindow'], above0],
  ];
  for (const [name, value, check] of fields) {
    const want = value === undefined ? undefined : check(value);
    if (want !== undefined) return `${name} must be ${want}, not ${String(value)}`;
  }
  return undefined;
}
const LIMITS = ['maxConcurrency', 'requestsPerMinute', 'tokensPerMinute'] as const;
const TIMEOUTS = ['firstByteMs', 'idleMs', 'totalMs'] as const;
const above0: Check = (value) => (typeof value === 'number' && value > 0 ? undefined : 'a number above 0');
