import type { CrewError } from '../errors.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Emitter, Overdue } from '../spec/engine.ts';
import type { Budget, BudgetLimits, Lane, Limiter } from '../spec/limits.ts';
import { Deadline } from './deadlines.ts';
import type { Places } from './places.ts';
import type { RunFacts } from './run-facts.ts';
import { WorkNode } from './work-tree.ts';

/** What every scope of a run shares. */
export interface SharedRun extends RunFacts {
  /** Undefined while there is no limit. */
  readonly places: Places | undefined;
  limitPlaces(limit: number): void;
  addDeadline(deadline: Deadline, ms: number): void;
  /** Tells those who look after the time of work below this. */
  abortBelow(work: WorkNode, reason: CrewError): void;
  limiter(lane: Lane): Limiter;
  budget(name: string, limits: BudgetLimits): Budget;
  closed(model: object): CrewError | undefined;
  close(model: object, reason: CrewError): void;
}

/** Where some work belongs, until when it goes on, and what it shares with all of its run. */
export class SharedScope<Run extends SharedRun> extends WorkNode {
  readonly key: string;
  protected readonly run: Run;
  #deadline: Deadline | undefined = undefined;
  /** How many of its parts wait for a person, since when, and for how long they did so before. */
  #stand: { count: number; since: number; ms: number } | undefined = undefined;

  constructor(run: Run, key: string, parent: WorkNode | undefined) {
    super(parent);
    this.run = run;
    this.key = key;
  }

  get runId(): string {
    return this.run.runId;
  }

  get events(): Emitter {
    return this.run.events;
  }

  get runtime(): Runtime {
    return this.run.runtime;
  }

  limiter(lane: Lane): Limiter {
    return this.run.limiter(lane);
  }

  budget(name: string, limits: BudgetLimits): Budget {
    return this.run.budget(name, limits);
  }

  closed(model: object): CrewError | undefined {
    return this.run.closed(model);
  }

  close(model: object, reason: CrewError): void {
    this.run.close(model, reason);
  }

  limitPlaces(limit: number): void {
    this.run.limitPlaces(limit);
  }

  get hasPlace(): boolean {
    const { places } = this.run;
    return places === undefined || places.free;
  }

  /** Its time stands still until `goOn`, and so does that of all that it is part of; a run's own goes on. */
  stand(): void {
    if (this.parent === undefined) return;
    this.#stand ??= { count: 0, since: 0, ms: 0 };
    this.#stand.count += 1;
    if (this.#stand.count === 1) {
      this.#stand.since = this.runtime.monotonic();
      for (let entry = this.#deadline; entry !== undefined; entry = entry.other) entry.remove();
    }
    if (this.parent instanceof SharedScope) this.parent.stand();
  }

  goOn(): void {
    const stand = this.#stand;
    if (stand === undefined) return;
    stand.count -= 1;
    if (stand.count === 0) {
      const ms = this.runtime.monotonic() - stand.since;
      stand.ms += ms;
      for (let entry = this.#deadline; entry !== undefined; entry = entry.other) {
        entry.at += ms;
        this.run.addDeadline(entry, entry.ms);
      }
    }
    if (this.parent instanceof SharedScope) this.parent.goOn();
  }

  get stoodMs(): number {
    const stand = this.#stand;
    if (stand === undefined) return 0;
    return stand.count === 0 ? stand.ms : stand.ms + this.runtime.monotonic() - stand.since;
  }

  get deadline(): number {
    if (this.#stand !== undefined && this.#stand.count > 0) return Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    for (let entry = this.#deadline; entry !== undefined; entry = entry.other) earliest = Math.min(earliest, entry.at);
    return earliest;
  }

  limitTime(ms: number, overdue: Overdue, from: number = this.runtime.monotonic()): void {
    const deadline = new Deadline(from + ms, this, overdue);
    deadline.other = this.#deadline;
    this.#deadline = deadline;
    this.run.addDeadline(deadline, ms);
  }

  override abort(reason: CrewError): void {
    if (this.aborted !== undefined) return;
    super.abort(reason);
    const deadline = this.#deadline;
    this.#dropDeadline();
    for (let entry = deadline; entry !== undefined; entry = entry.other) entry.overdue?.aborted?.(reason);
    if (this.hasChildren()) this.run.abortBelow(this, reason);
  }

  /** Whether anything is under way below this. */
  protected hasChildren(): boolean {
    return false;
  }

  override end(): void {
    this.#dropDeadline();
    super.end();
  }

  #dropDeadline(): void {
    for (let entry = this.#deadline; entry !== undefined; entry = entry.other) entry.remove();
    this.#deadline = undefined;
  }
}
