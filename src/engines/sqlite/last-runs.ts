import { type DoneTask, RUNS_LEARNT_FROM } from '../learnt.ts';
import { entryFrom, RUNNING } from './run-entry.ts';
import { taskRowsOf } from './run-progress.ts';
import type { Statements } from './statements.ts';

/** How many runs are looked through for those of one crew. */
const LOOKED_AT = 500;
/** A run of more rows takes longer to read than it is worth: a millisecond for some hundred. */
const MOST_ROWS = 5_000;

/** How the tasks of a crew's last runs were done, those begun last first. Only hints, so nothing is checked. Throws what the driver throws. */
export function lastRuns(statements: Statements, crew: string): readonly (readonly DoneTask[])[] {
  const runs: (readonly DoneTask[])[] = [];
  for (const raw of statements.entries.all(LOOKED_AT)) {
    const entry = entryFrom(raw);
    if (entry?.crew !== crew || entry.status === RUNNING || entry.size > MOST_ROWS) continue;
    const done = doneTasks(statements, entry.runId);
    if (done.length > 0) runs.push(done);
    if (runs.length === RUNS_LEARNT_FROM) break;
  }
  return runs;
}

function doneTasks(statements: Statements, runId: string): readonly DoneTask[] {
  const done: DoneTask[] = [];
  for (const { key, status, brief } of taskRowsOf(statements, runId)) {
    // What was taken over from another run took no time in this one.
    if (status !== 'done' || brief === undefined || brief.reused) continue;
    done.push({ name: key, ms: brief.durationMs, costUsd: brief.costUsd });
  }
  return done;
}
