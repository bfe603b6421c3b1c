import { BudgetError, type BudgetSpending, type ErrorDetails } from '../errors.ts';
import type { BudgetKind } from '../spec/limits.ts';

/** The error of a bound that is reached: says which, how far, and what to raise. `owner` is the task whose own budget it is. */
export function budgetError(
  owner: string | undefined,
  spending: Omit<BudgetSpending, 'scope'>,
  where: ErrorDetails,
): BudgetError {
  const { kind, used, reserved, allowed } = spending;
  const whose = owner === undefined ? 'The run' : `Task "${owner}"`;
  const raise = `budget.${kind} of ${owner === undefined ? 'its crew' : 'the task'}`;
  const aside = reserved > 0 ? `, and ${shown(kind, reserved)} more put aside for calls under way` : '';
  const far = `${shown(kind, used)} of ${shown(kind, allowed)}${UNITS[kind]} are used${aside}`;
  const message = `${whose} has used up its budget: ${far}. Raise ${raise}, or give it less to do.`;
  return new BudgetError(message, { scope: owner === undefined ? 'run' : 'task', ...spending }, where);
}

const UNITS: Readonly<Record<BudgetKind, string>> = {
  tokens: ' tokens',
  modelCalls: ' model calls',
  costUsd: '',
  wallMs: ' ms',
};

function shown(kind: BudgetKind, value: number): string {
  const digits = value.toLocaleString('en-US', { maximumFractionDigits: 12 });
  return kind === 'costUsd' ? `$${digits}` : digits;
}
