import { isJsonObject, parseJson } from '../../internal/json.ts';
import type { Json } from '../../spec/json.ts';
import { bytesIn, toColumn } from './columns.ts';
import type { RawRow } from './driver.ts';
import type { Statements } from './statements.ts';

/** How far a run is: for a list, so nothing of it is checked. */
export interface RunProgress {
  /** Of how many tasks; 0 where that is not known. */
  readonly tasks: number;
  readonly done: number;
  /** What its tasks cost so far, those at work left out; null when a model among them has no price. */
  readonly costUsd: number | null;
}

/** The row that holds the definition: the second of each run. */
const DEFINITION = 1;

/** Throws what the driver throws. */
export function progressOf(statements: Statements, runId: string): RunProgress {
  const statuses = new Map<string, string>();
  let sum: number | null = 0;
  for (const { key, status, costUsd } of taskRowsOf(statements, runId)) {
    statuses.set(key, status);
    sum = sum === null || costUsd === null ? null : sum + costUsd;
  }
  const definition = statements.row.get(toColumn(runId), DEFINITION);
  const tasks = definition === undefined ? 0 : countTasks(storedValue(statements, definition));
  return { tasks, done: [...statuses.values()].filter((status) => status === 'done').length, costUsd: sum };
}

/** How one task of a run ended, not checked. */
interface TaskRow {
  readonly key: string;
  readonly status: string;
  readonly costUsd: number | null;
  readonly outcome: Json;
}

/** The ends of a run's tasks, one that was tried anew each time. Work that an agent gave to another counts with its task. */
export function* taskRowsOf(statements: Statements, runId: string): Generator<TaskRow> {
  for (const row of statements.taskRows.all(toColumn(runId))) {
    const label = parsed(row, 'label');
    const [, key, status] = Array.isArray(label) ? label : [];
    if (typeof key !== 'string' || typeof status !== 'string' || key.includes('/')) continue;
    const outcome = storedValue(statements, row);
    yield { key, status, costUsd: costOf(outcome), outcome };
  }
}

/** By the places of a definition: `task "research", description`. */
function countTasks(definition: Json): number {
  if (!isJsonObject(definition)) return 0;
  const names = Object.keys(definition).flatMap((place) => /^task ("[^"]*"),/.exec(place)?.[1] ?? []);
  return new Set(names).size;
}

function costOf(outcome: Json): number | null {
  const usage = isJsonObject(outcome) ? outcome['usage'] : undefined;
  const cost = isJsonObject(usage) ? usage['costUsd'] : 0;
  return typeof cost === 'number' ? cost : null;
}

function storedValue(statements: Statements, row: RawRow): Json {
  const blob = bytesIn(row, 'blob');
  if (blob === undefined) return parsed(row, 'value');
  const kept = statements.blob.get(blob);
  return kept === undefined ? null : parsed(kept, 'text');
}

function parsed(row: RawRow, column: string): Json {
  const read = parseJson(bytesIn(row, column)?.toString('utf8') ?? 'null');
  return read.ok ? read.value : null;
}
