import { expect, test } from 'vitest';
import { afterTries, copyOf, located } from '../../src/calls/call-errors.ts';
import { BudgetError, ModelError } from '../../src/errors.ts';

const place = { runId: 'run_1', taskName: 'research', agent: 'Ann' };

test('a budget that is used up stays that, wherever it is told and in whatever words', () => {
  const spending = { scope: 'task', kind: 'tokens', used: 120, reserved: 5, allowed: 100 } as const;
  const error = new BudgetError('All gone.', spending, { until: 7, resumable: true });
  const all = [copyOf(error, { place }), located(error, 'm', place), afterTries(located(error, 'm', place), 2)];
  for (const copy of all) {
    expect(copy).toBeInstanceOf(BudgetError);
    expect(copy).toMatchObject({ code: 'BUDGET_EXCEEDED', ...spending, ...place, until: 7, resumable: true });
  }
  expect(all[2]?.message).toBe('All gone. It was tried 2 times.');
});

test('an error of a model keeps all that is known of the call', () => {
  const known = { status: 503, requestId: 'r', retryable: true, retryAfterMs: 5, text: 'So', sent: false };
  expect(copyOf(new ModelError('PROVIDER_DOWN', 'no', known), { place })).toMatchObject({ ...known, ...place });
});
