import type { TaskStatus } from '../../events.ts';
import { knowsSecrets, redactAll } from '../../internal/redact.ts';
import type { Json } from '../../spec/json.ts';
import type { TaskOutcome } from '../../spec/outcome.ts';
import { NO_USAGE } from '../../usage.ts';
import { endIn, fingerprintIn, outcomeFromJson, outcomeToJson } from '../outcome-json.ts';
import type { OutcomeSource } from '../records.ts';
import { ANEW } from '../stored-questions.ts';
import type { Row, RunRecord, StoredRun } from './store.ts';

/** The outcomes that a run has of its tasks, for another run. */
export class EarlierRun implements OutcomeSource {
  readonly #runId: string;
  readonly #rows: readonly Row[];
  /** By task, as they are stored. */
  readonly #outcomes: ReadonlyMap<string, Json>;

  constructor({ run, records }: Pick<StoredRun, 'run' | 'records'>) {
    this.#runId = run.runId;
    this.#rows = records;
    this.#outcomes = lastOutcomes(records);
  }

  /** What another run would have of a task; undefined where it was worked from something else. */
  outcomeOf(key: string, fingerprint: string): TaskOutcome | undefined {
    const stored = this.#outcomes.get(key);
    return stored !== undefined && fingerprintIn(stored) === fingerprint ? this.#taken(stored) : undefined;
  }

  /** Tasks that were done, and those that their own condition skipped. What failed is to be worked again. */
  get recorded(): ReadonlyMap<string, TaskStatus> {
    const recorded = new Map<string, TaskStatus>();
    for (const [key, stored] of this.#outcomes) {
      const { status } = endIn(stored);
      if (status === 'done' || status === 'skipped') recorded.set(key, status);
    }
    return recorded;
  }

  /** Rows with which another run has these tasks behind it, and the inputs as they were prepared where they are the same. */
  recordsOf(kept: ReadonlySet<string>, { sameInputs }: { readonly sameInputs: boolean }): readonly RunRecord[] {
    const records: RunRecord[] = sameInputs ? this.#rows.filter(({ kind, key }) => kind === 'step' && key === '') : [];
    for (const [key, stored] of this.#outcomes) {
      if (!kept.has(key)) continue;
      const outcome = this.#taken(stored);
      const value = outcomeToJson(outcome, fingerprintIn(stored));
      records.push({ kind: 'task', key, name: outcome.status, value: knowsSecrets() ? redactAll(value) : value });
    }
    return records;
  }

  /** As it is in a run that made no call for it. */
  #taken(stored: Json): TaskOutcome {
    const outcome = outcomeFromJson(stored);
    const reusedFrom = outcome.reusedFrom ?? this.#runId;
    return { ...outcome, durationMs: 0, usage: NO_USAGE, attempts: 0, children: [], reusedFrom };
  }
}

/** Of the tasks of the graph, as far as they were not begun anew since. */
function lastOutcomes(records: readonly Row[]): ReadonlyMap<string, Json> {
  const outcomes = new Map<string, Json>();
  for (const record of records) {
    const { kind, key, name } = record;
    if (key.includes('/')) continue;
    if (kind === 'task') outcomes.set(key, record.value);
    else if (kind === 'note' && name === ANEW) outcomes.delete(key);
  }
  return outcomes;
}
