import type { Json } from '../../spec/json.ts';
import type { CallCost } from '../../spec/limits.ts';
import type { RunResult, TaskOutcome } from '../../spec/outcome.ts';
import { recall } from '../../types.ts';
import type { Journal, RecordedSignal, RecordedStep } from '../journal.ts';
import { outcomeFromJson, outcomeToJson, resultToJson, stepFromJson, stepToJson } from '../outcome-json.ts';
import type { Lease, Row } from './store.ts';

/** Notes of a run, by name: what a budget paid, and a task that is begun anew. */
const SPENT = 'spent';
const ANEW = 'anew';

/** What the rows of one run say, and where further ones go. Values are read when they are asked for. */
export class WrittenRun implements Journal {
  readonly signals: RecordedSignal[] = [];
  readonly #lease: Lease;
  /** By key of the work, then by name of the step. */
  readonly #steps = new Map<string, Map<string, Json>>();
  readonly #outcomes = new Map<string, Json>();
  readonly #spent = new Map<string, CallCost[]>();

  constructor(lease: Lease, rows: Iterable<Row> = []) {
    this.#lease = lease;
    for (const row of rows) this.#read(row);
  }

  stepOf(key: string, name: string): RecordedStep | undefined {
    const stored = this.#steps.get(key)?.get(name);
    return stored === undefined ? undefined : stepFromJson(stored);
  }

  outcomeOf(key: string): TaskOutcome | undefined {
    const stored = this.#outcomes.get(key);
    return stored === undefined ? undefined : outcomeFromJson(stored);
  }

  spentOf(budget: string): readonly CallCost[] {
    return this.#spent.get(budget) ?? [];
  }

  recordStep(key: string, name: string, step: RecordedStep): Promise<void> {
    return this.#lease.append({ kind: 'step', key, name, value: stepToJson(step) });
  }

  recordOutcome(key: string, outcome: TaskOutcome): Promise<void> {
    return this.#lease.append({ kind: 'task', key, name: outcome.status, value: outcomeToJson(outcome) });
  }

  recordSignal({ topic, value, key }: RecordedSignal): Promise<void> {
    return this.#lease.append({ kind: 'signal', key, name: topic, value });
  }

  /** Not waited for: the answer that it paid for is written after it, and nothing is built on that before. */
  recordSpent(budget: string, { tokens, costUsd }: CallCost): void {
    this.#lease.append({ kind: 'note', key: budget, name: SPENT, value: { tokens, costUsd } }).catch(ignore);
  }

  async recordEnd(result: RunResult): Promise<void> {
    await this.#lease.end(result.status, resultToJson(result));
  }

  /** Tries anew what failed; what it had done before is forgotten, what it had spent is not. */
  async tryFailedAnew(): Promise<void> {
    const failed = [...this.#outcomes.keys()].filter(
      (key) => !key.includes('/') && this.outcomeOf(key)?.status === 'failed',
    );
    await Promise.all(failed.map((key) => this.#lease.append({ kind: 'note', key, name: ANEW, value: null })));
    for (const key of failed) this.#forget(key);
  }

  #read({ kind, key, name, value }: Row): void {
    switch (kind) {
      case 'step': {
        const steps = this.#steps.get(key) ?? new Map<string, Json>();
        this.#steps.set(key, steps.set(name, value));
        break;
      }
      case 'task':
        this.#outcomes.set(key, value);
        break;
      case 'signal':
        this.signals.push({ topic: name, value, key });
        break;
      case 'note':
        if (name === ANEW) this.#forget(key);
        else this.#paid(key).push(recall<CallCost>(value));
        break;
    }
  }

  #paid(budget: string): CallCost[] {
    const paid = this.#spent.get(budget) ?? [];
    this.#spent.set(budget, paid);
    return paid;
  }

  /** All that is known of a task, its tries and what it delegated included. */
  #forget(task: string): void {
    for (const known of [this.#steps, this.#outcomes]) {
      for (const key of known.keys()) if (key === task || key.startsWith(`${task}/`)) known.delete(key);
    }
  }
}

/** The write that comes next says it, and ends the run. */
function ignore(): void {}
