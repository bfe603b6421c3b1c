import { parseJson } from '../../internal/json.ts';
import type { Json } from '../../spec/json.ts';
import { type Brief, briefIn, briefOf, countTasks, type RunProgress } from '../run-summary.ts';
import { blobIn } from './chain.ts';
import { bytesIn, numberIn, toColumn, unpackRows } from './columns.ts';
import type { RawRow } from './driver.ts';
import type { Statements } from './statements.ts';

/** The row that holds the definition: the second of each run. */
const DEFINITION = 1;

/** Throws what the driver throws. */
export function progressOf(statements: Statements, runId: string): RunProgress {
  const statuses = new Map<string, string>();
  let sum: number | null = 0;
  for (const { key, status, brief } of taskRowsOf(statements, runId)) {
    statuses.set(key, status);
    sum = sum === null || brief === undefined || brief.costUsd === null ? null : sum + brief.costUsd;
  }
  const definition = statements.row.get(toColumn(runId), DEFINITION);
  const tasks = definition === undefined ? 0 : countTasks(storedText(statements, definition) ?? '');
  return { tasks, done: [...statuses.values()].filter((status) => status === 'done').length, costUsd: sum };
}

/** How one task of a run ended, not checked; nothing but its status is known of one that was written long ago, and large. */
interface TaskRow {
  readonly key: string;
  readonly status: string;
  readonly brief: Brief | undefined;
}

/** Rows of the first previews have no brief. So much is read of them for one run, in bytes. */
const MOST_READ = 1_000_000;

/**
 * The ends of a run's tasks, one that was tried anew each time. Work that an agent gave to another counts with its task. What
 * they came to is not read: a list of runs takes as long for large outputs as for small ones.
 */
export function* taskRowsOf(statements: Statements, runId: string): Generator<TaskRow> {
  let left = MOST_READ;
  for (const row of statements.taskLabels.all(toColumn(runId))) {
    const label = parsed(bytesIn(row, 'label')?.toString('utf8'));
    const [, key, status, brief] = Array.isArray(label) ? label : [];
    if (typeof key !== 'string' || typeof status !== 'string' || key.includes('/')) continue;
    if (brief !== undefined) yield { key, status, brief: briefIn(brief) };
    else {
      const size = numberIn(row, 'size') ?? left;
      left -= size;
      yield { key, status, brief: left > 0 ? briefOf(rowValue(statements, runId, row)) : undefined };
    }
  }
}

function rowValue(statements: Statements, runId: string, { seq }: RawRow): Json {
  const row = typeof seq === 'number' ? statements.row.get(toColumn(runId), seq) : undefined;
  return row === undefined ? null : parsed(storedText(statements, row));
}

function storedText(statements: Statements, row: RawRow): string | undefined {
  const [stored] = unpackRows(row);
  const bytes = stored?.blob === undefined ? stored?.value : blobIn(statements, stored.blob);
  return bytes?.toString('utf8');
}

function parsed(text: string | undefined): Json {
  const read = parseJson(text ?? 'null');
  return read.ok ? read.value : null;
}
