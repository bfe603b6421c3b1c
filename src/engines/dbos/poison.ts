import { CrewError } from '../../errors.ts';

/** How often a run's own function may be begun without any of its tasks coming further: each time but the last ended with its process. */
export const MOST_DRIVES = 10;

export function poisonedRun(runId: string): CrewError {
  const message = `Run ${runId} was taken up ${MOST_DRIVES} times without any of its tasks coming further, and each time the process that drove it ended.`;
  return new CrewError('POISONED', message, { runId });
}
