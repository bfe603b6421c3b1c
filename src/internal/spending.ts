import type { Problem } from '../errors.ts';
import type { BudgetLimits, ModelPrice, ModelPrices } from '../spec/limits.ts';
import { type Check, checkOptions, positive, type Rules, record } from './checks.ts';

const above0: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? undefined : 'a number above 0';
const dollars: Check = (value) =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0
    ? undefined
    : 'US dollars for a million tokens, at least 0';

/** What only model calls use up. */
const MODEL_BOUNDS = ['tokens', 'modelCalls', 'costUsd'] as const;

const BUDGET: Rules = { tokens: positive, modelCalls: positive, costUsd: above0, wallMs: above0 };
const PRICE: Rules = { input: dollars, cachedInput: dollars, output: dollars, long: record };
const LONG: Rules = { above: positive, input: dollars, cachedInput: dollars, output: dollars };

/** What is wrong with a budget. One that bounds nothing says that its author expects something else to happen. */
export function checkBudget(place: string, budget: unknown): Problem[] {
  const problems = checkOptions(`${place}, budget`, budget, BUDGET, []);
  if (problems.length > 0 || Object.values(Object(budget)).some((bound) => bound !== undefined)) return problems;
  const message = 'bounds nothing: give tokens, modelCalls, costUsd or wallMs.';
  return [{ code: 'OPTION_INVALID', place: `${place}, budget`, message }];
}

/** The bounds of a budget that mean nothing where no model is called. */
export function modelBoundsIn(budget: BudgetLimits | undefined): readonly (typeof MODEL_BOUNDS)[number][] {
  return MODEL_BOUNDS.filter((bound) => budget?.[bound] !== undefined);
}

/** What is wrong with a table of prices. */
export function checkPrices(place: string, prices: ModelPrices): Problem[] {
  return Object.entries(prices).flatMap(([model, price]) => {
    const where = `${place}, prices of "${model}"`;
    const problems = checkOptions(where, price, PRICE, ['input', 'output']);
    if (problems.length > 0 || price.long === undefined) return problems;
    return checkOptions(`${where}, long`, price.long, LONG, ['above', 'input', 'output']);
  });
}

/** A copy that nobody else holds. */
export function frozenBudget({ tokens, modelCalls, costUsd, wallMs }: BudgetLimits): BudgetLimits {
  return Object.freeze({
    ...(tokens !== undefined && { tokens }),
    ...(modelCalls !== undefined && { modelCalls }),
    ...(costUsd !== undefined && { costUsd }),
    ...(wallMs !== undefined && { wallMs }),
  });
}

/** A copy that nobody else holds, entries included. */
export function frozenPrices(prices: ModelPrices): ModelPrices {
  const copies = Object.entries(prices).map(([model, price]): [string, ModelPrice] => {
    const { long } = price;
    return [model, Object.freeze(long === undefined ? { ...price } : { ...price, long: Object.freeze({ ...long }) })];
  });
  return Object.freeze(Object.fromEntries(copies));
}
