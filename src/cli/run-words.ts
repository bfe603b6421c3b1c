import type { RunSummary } from '../engines/run-summary.ts';

/** How a run stands, in words: one whose process is gone does not run, whatever it last wrote. */
export function runStatus({ status, owner, unserved }: Pick<RunSummary, 'status' | 'owner' | 'unserved'>): string {
  if (unserved !== undefined) return `${status}: no worker serves version ${unserved}`;
  if (status !== 'running' || owner === undefined) return status;
  return owner.live ? `running (process ${owner.pid} on ${owner.host})` : 'cut off';
}

/** `1 of 3`. */
export function tasksDone({ tasks, done }: Pick<RunSummary, 'tasks' | 'done'>): string {
  return tasks === 0 ? `${done}` : `${done} of ${tasks}`;
}

/** `2026-11-26 04:49:58Z`. */
export function shownTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
