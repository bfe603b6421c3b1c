import { CrewError } from '../errors.ts';
import { placeOf, type Work } from './work.ts';

/** The error of a manager that does not come to an end says what is unfinished; any other error stays as it is. */
export function stalled(work: Work, thrown: unknown): unknown {
  const { delegation, agent, taskName } = work.assignment;
  if (delegation?.reminder === undefined || !(thrown instanceof CrewError) || !isStall(work, thrown)) return thrown;
  const unfinished = delegation.unfinished();
  const left = work.delegated
    ? unfinished.length === 0
      ? 'All that it handed out came back, but it gave no answer.'
      : `Unfinished: ${unfinished.join('; ')}.`
    : 'Nothing was handed out.';
  const message = `Manager "${agent}" did not bring task "${taskName}" to an end in ${work.turn} turns. ${left} ${thrown.message}`;
  return new CrewError('MANAGER_STALLED', message, { ...placeOf(work), cause: thrown });
}

/** It calls the same again and again, calls wrongly again and again, or calls on where only an answer would do. */
function isStall({ turn, assignment }: Work, { code }: CrewError): boolean {
  if (code === 'BAD_RESPONSE') return turn > assignment.maxTurns;
  return code === 'LOOP_DETECTED' || code === 'TOOL_ARGS_INVALID';
}
