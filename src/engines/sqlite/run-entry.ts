import { bytesIn, numberIn, sha256, textIn, toColumn } from './columns.ts';
import type { Parameter, RawRow } from './driver.ts';
import { type Owner, ownerFrom } from './owner.ts';
import type { Statements } from './statements.ts';

/** One run in the list of runs: how it stands, and who holds it. All but `renewedAt` follows from, or guards, its rows. */
export interface RunEntry {
  readonly runId: string;
  readonly crew: string;
  /** `running` while it is held, `paused` once it was given back; else how it ended. */
  readonly status: string;
  readonly startedAt: number;
  readonly updatedAt: number;
  /** Counts who held it: only the last may write. */
  readonly epoch: number;
  readonly owner: Owner | undefined;
  readonly renewedAt: number;
  /** How many rows it has, and the hash of the last: rows lost from the end are noticed. */
  readonly size: number;
  readonly head: Uint8Array;
}

/** Statuses of runs that have not ended. */
export const RUNNING = 'running';
export const PAUSED = 'paused';

/** A new entry, sealed: the hash of all of it is its last column. */
export function addEntry(statements: Statements, entry: RunEntry): void {
  const { runId, crew, startedAt } = entry;
  const [status, updatedAt, ...rest] = changing(entry);
  statements.addEntry.run(toColumn(runId), toColumn(crew), status, startedAt, updatedAt, ...rest);
}

/** Puts an entry in the place of the one of that `epoch`; false when another has it, and nothing was written. */
export function updateEntry(statements: Statements, entry: RunEntry, epoch: number): boolean {
  return statements.updateEntry.run(...changing(entry), toColumn(entry.runId), epoch).changes === 1;
}

function changing(entry: RunEntry): [Parameter, Parameter, ...Parameter[]] {
  const { status, updatedAt, epoch, owner, renewedAt, size, head } = entry;
  const held = owner === undefined ? null : JSON.stringify(owner);
  return [toColumn(status), updatedAt, epoch, held, renewedAt, size, head, sealOf(entry)];
}

/** An entry as it was read; undefined when it is not what was written. */
export function entryFrom(raw: RawRow): RunEntry | undefined {
  const runId = textIn(raw, 'run_id');
  const crew = textIn(raw, 'crew');
  const status = textIn(raw, 'status');
  const startedAt = numberIn(raw, 'started_at');
  const updatedAt = numberIn(raw, 'updated_at');
  const epoch = numberIn(raw, 'epoch');
  const renewedAt = numberIn(raw, 'renewed_at');
  const size = numberIn(raw, 'size');
  const head = bytesIn(raw, 'head');
  const owner = storedOwner(raw);
  if (runId === undefined || crew === undefined || status === undefined || head === undefined) return undefined;
  if (startedAt === undefined || updatedAt === undefined || epoch === undefined) return undefined;
  if (renewedAt === undefined || size === undefined) return undefined;
  const entry = { runId, crew, status, startedAt, updatedAt, epoch, owner, renewedAt, size, head };
  return bytesIn(raw, 'seal')?.equals(sealOf(entry)) ? entry : undefined;
}

function storedOwner(raw: RawRow): Owner | undefined {
  const stored = bytesIn(raw, 'owner')?.toString('utf8');
  if (stored === undefined) return undefined;
  try {
    return ownerFrom(JSON.parse(stored));
  } catch {
    // Then the seal does not fit either.
    return undefined;
  }
}

function sealOf({ head, ...entry }: RunEntry): Buffer {
  const { runId, crew, status, startedAt, updatedAt, epoch, owner, renewedAt, size } = entry;
  const held = owner === undefined ? null : [owner.pid, owner.host, owner.space, owner.started, owner.id];
  return sha256(JSON.stringify([runId, crew, status, startedAt, updatedAt, epoch, held, renewedAt, size]), head);
}
