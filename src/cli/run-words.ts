import type { RunSummary } from '../engines/run-summary.ts';

/** How a run stands, in words: one whose process is gone does not run, whatever it last wrote. */
export function runStatus({ status, owner }: Pick<RunSummary, 'status' | 'owner'>): string {
  if (status !== 'running' || owner === undefined) return status;
  return owner.live ? `running (process ${owner.pid} on ${owner.host})` : 'cut off';
}

/** `2026-11-26 04:49:58Z`. */
export function shownTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
