import { CrewError } from '../errors.ts';
import type { RunResult } from '../spec/outcome.ts';
import type { Journal } from './journal.ts';

/**
 * How a durable run ended, once that is written. One that was paused can be gone on with.
 * @throws {CrewError} `unwritten`, where the journal has taken something else not.
 */
export async function endOnRecord(
  journal: Journal,
  result: RunResult,
  unwritten: CrewError | undefined,
): Promise<RunResult> {
  if (unwritten !== undefined) throw unwritten.withPartial(result);
  const { status, error } = result;
  const isPause = status === 'paused' && error instanceof CrewError;
  const ended = isPause ? { ...result, error: error.asResumable() } : result;
  await journal.recordEnd(ended);
  return ended;
}
