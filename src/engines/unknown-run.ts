import { CrewError } from '../errors.ts';
import { closest } from '../internal/suggest.ts';

/** How many ids are looked through for one that was mistyped. */
export const NEAR = 1_000;
/** How many ids are named when none is close to one that was mistyped. */
const NAMED = 5;

/** The error for a run that is not in that store, named in words. `ids` are those that are, the last first. */
export function unknownRun(store: string, runId: string, ids: readonly string[]): CrewError {
  const meant = closest(runId, ids);
  const last = `The last ones are: ${ids.slice(0, NAMED).join(', ')}.`;
  const hint = meant === undefined ? (ids.length === 0 ? 'It has none.' : last) : `Did you mean ${meant}?`;
  return new CrewError('RUN_UNKNOWN', `${store} has no run ${runId}. ${hint}`, { runId });
}
