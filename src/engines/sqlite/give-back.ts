import { CrewError } from '../../errors.ts';
import type { JsonObject } from '../../spec/json.ts';
import { errorToJson } from '../outcome-json.ts';
import { clean } from '../written-run.ts';
import type { Lease, StoredRun } from './store.ts';

/**
 * Gives back a run on which nothing was done, as it was: what had ended has ended as before. That is written when
 * this returns, before anybody is told.
 */
export async function giveBack(lease: Lease, before: StoredRun['end']): Promise<void> {
  const given = before === undefined ? lease.release() : lease.end(before.status, before.result);
  lease.flush();
  // Why the run could not go on is what counts.
  await given.catch(() => undefined);
}

/** Whether a run was refused before anything was done: what it was given does not fit. */
export function isRefusal(thrown: unknown): thrown is CrewError {
  return thrown instanceof CrewError && (thrown.code === 'INPUT_INVALID' || thrown.code === 'TEMPLATE');
}

/** How a new run has ended that was refused: nobody can go on with it, so it need not be kept for that. */
export function refusedEnd(thrown: CrewError): NonNullable<StoredRun['end']> {
  const result: JsonObject = { status: 'failed', error: clean(errorToJson(thrown)) };
  return { status: 'failed', result };
}
