import type { Json } from '../../spec/json.ts';
import { briefOf } from '../run-summary.ts';
import { toColumn } from './text.ts';

/** A record on its way: kinds beside a run's own are messages between the processes that work it. */
export interface OutRecord {
  readonly runId: string;
  readonly stretch: number;
  readonly kind: string;
  readonly key: string;
  readonly name: string;
  readonly value: Json;
}

/** A record as its columns have it. */
export function recordRow({ runId, stretch, kind, key, name, value }: OutRecord) {
  const columns = { kind, key: toColumn(key), name: nameColumn(kind, name), value: JSON.stringify(value) };
  return { run: runId, stretch, ...columns, brief: kind === 'task' ? briefColumn(key, name, value) : null };
}

/** A task ends once, however it ended; a signal comes once, whatever its topic: there the name says no more. */
export function nameColumn(kind: string, name: string): string {
  return kind === 'task' ? '' : toColumn(name);
}

/** Work that an agent gave to another counts with its task. */
function briefColumn(key: string, status: string, outcome: Json): string | null {
  return key.includes('/') ? null : JSON.stringify({ status, ...briefOf(outcome) });
}
