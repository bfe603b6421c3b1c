import { CrewError } from '../errors.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import { NO_USAGE } from '../usage.ts';
import type { Journal } from './journal.ts';

/** How often a task may be begun when each time its process has ended before it came any further. */
export const MOST_TRIES = 3;
/** What was begun so often is worked beside nothing else of its kind: whoever is worked beside it should not be blamed. */
export const SUSPICIOUS_TRIES = 2;

/**
 * Has it on record that a task begins: a promise where that has to be waited for. What comes back otherwise is what the task
 * comes to, because each process that has begun it ended before it came any further.
 */
export function beginOnRecord(journal: Journal, runId: string, key: string): TaskOutcome | Promise<void> | undefined {
  return journal.triesOf(key) < MOST_TRIES ? journal.recordTry(key) : poisonedTask(runId, key);
}

/** A task that is not begun any more. What it spent is in the run's budgets, but no record tells it apart. */
export function poisonedTask(runId: string, name: string): TaskOutcome {
  const message = `Task "${name}" was begun ${MOST_TRIES} times without coming any further, and each time the process that worked it ended: it is not begun again. Look at the logs of the workers for what it does to them (memory, process.exit, a loop that never yields).`;
  return {
    name,
    status: 'failed',
    output: null,
    raw: '',
    agent: null,
    durationMs: 0,
    usage: NO_USAGE,
    attempts: MOST_TRIES,
    error: new CrewError('POISONED', message, { runId, taskName: name }),
    skippedBecause: null,
    outputFile: null,
    children: [],
    tainted: false,
    acted: false,
    reusedFrom: null,
  };
}
