import type { TaskStatus } from '../events.ts';
import { isJsonObject } from '../internal/json.ts';
import { knowsSecrets, redactAll } from '../internal/redact.ts';
import type { ReplayRequest } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import { NO_USAGE } from '../usage.ts';
import { endIn, fingerprintIn, outcomeFromJson, outcomeToJson } from './outcome-json.ts';
import { refuseSecrets } from './past-run.ts';
import type { OutcomeSource, RunRecord, StoredRecord } from './records.ts';
import { ANEW } from './stored-questions.ts';

/** The outcomes that a run has of its tasks, for another run. */
export class EarlierRun implements OutcomeSource {
  readonly #runId: string;
  readonly #records: readonly StoredRecord[];
  /** By task, as they are stored. */
  readonly #outcomes: ReadonlyMap<string, Json>;

  constructor(runId: string, records: readonly StoredRecord[]) {
    this.#runId = runId;
    this.#records = records;
    this.#outcomes = lastOutcomes(records);
  }

  /** What another run would have of a task; undefined where it was worked from something else. */
  outcomeOf(key: string, fingerprint: string): TaskOutcome | undefined {
    const stored = this.#outcomes.get(key);
    return stored !== undefined && fingerprintIn(stored) === fingerprint ? this.#taken(stored) : undefined;
  }

  /**
   * What a run begins with that replays this one: its inputs, the tasks that it has behind it, and the inputs as they were
   * prepared where they are the same.
   * @throws {CrewError} `INPUT_INVALID`, and what `keep` throws.
   */
  replayed(before: Json, { runId, inputs: changed, keep }: Pick<ReplayRequest, 'runId' | 'inputs' | 'keep'>): Replayed {
    const inputs = isJsonObject(before) ? { ...before, ...changed } : changed;
    refuseSecrets(inputs, runId);
    const sameInputs = Object.keys(changed).length === 0;
    return { inputs, records: [...(sameInputs ? this.#prepared() : []), ...this.#kept(keep(this.#recorded))] };
  }

  /** Tasks that were done, and those that their own condition skipped. What failed is to be worked again. */
  get #recorded(): ReadonlyMap<string, TaskStatus> {
    const recorded = new Map<string, TaskStatus>();
    for (const [key, stored] of this.#outcomes) {
      const { status } = endIn(stored);
      if (status === 'done' || status === 'skipped') recorded.set(key, status);
    }
    return recorded;
  }

  /** The steps of the run's own function. */
  #prepared(): readonly RunRecord[] {
    return this.#records.flatMap((record) => {
      const { kind, key, name } = record;
      return kind === 'step' && key === '' ? [{ kind, key, name, value: record.value }] : [];
    });
  }

  #kept(kept: ReadonlySet<string>): readonly RunRecord[] {
    return [...this.#outcomes].flatMap(([key, stored]) => {
      if (!kept.has(key)) return [];
      const outcome = this.#taken(stored);
      const value = outcomeToJson(outcome, fingerprintIn(stored));
      return [{ kind: 'task', key, name: outcome.status, value: knowsSecrets() ? redactAll(value) : value }];
    });
  }

  /** As it is in a run that made no call for it. */
  #taken(stored: Json): TaskOutcome {
    const outcome = outcomeFromJson(stored);
    const reusedFrom = outcome.reusedFrom ?? this.#runId;
    return { ...outcome, durationMs: 0, usage: NO_USAGE, attempts: 0, children: [], reusedFrom };
  }
}

interface Replayed {
  readonly inputs: Json;
  readonly records: readonly RunRecord[];
}

/** Of the tasks of the graph, as far as they were not begun anew since. */
function lastOutcomes(records: readonly StoredRecord[]): ReadonlyMap<string, Json> {
  const outcomes = new Map<string, Json>();
  for (const record of records) {
    const { kind, key, name } = record;
    if (key.includes('/')) continue;
    // Read only where it is wanted: in a store, that may be when it is parsed.
    if (kind === 'task') outcomes.set(key, record.value);
    else if (kind === 'note' && name === ANEW) outcomes.delete(key);
  }
  return outcomes;
}
