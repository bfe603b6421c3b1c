import type { RunProgress, RunSummary } from '../run-summary.ts';
import { numberIn, textIn } from './columns.ts';
import type { RawRow } from './driver.ts';
import type { Owner } from './owner.ts';
import { entryFrom, type RunEntry } from './run-entry.ts';

/** A damaged entry is shown too, or nobody would find the run in order to salvage it. */
export function summaryOf(
  raw: RawRow,
  isLive: (owner: Owner, entry: RunEntry) => boolean,
  progressOf: (runId: string) => RunProgress,
): RunSummary {
  const entry = entryFrom(raw);
  if (entry === undefined) {
    const [startedAt, updatedAt] = [numberIn(raw, 'started_at') ?? 0, numberIn(raw, 'updated_at') ?? 0];
    const runId = textIn(raw, 'run_id') ?? '';
    return { runId, crew: '', status: 'damaged', startedAt, updatedAt, ...progressOf(runId) };
  }
  const { runId, crew, status, startedAt, updatedAt, owner } = entry;
  const held = owner && { owner: { pid: owner.pid, host: owner.host, live: isLive(owner, entry) } };
  return { runId, crew, status, startedAt, updatedAt, ...progressOf(runId), ...held };
}
