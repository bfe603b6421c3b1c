import { CrewError, messageOf } from '../errors.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { Child, Emitter, OutcomeLookup, Program, RunHandle, Settled } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Learnt } from '../spec/learnt.ts';
import type { Budget, BudgetLimits, Lane, Limiter } from '../spec/limits.ts';
import type { RunResult, TaskOutcome } from '../spec/outcome.ts';
import type { AskedQuestion } from '../spec/question.ts';
import { type Deadline, Deadlines } from './deadlines.ts';
import { endOnRecord } from './end-on-record.ts';
import { type Ended, EndedTasks } from './ended-tasks.ts';
import { Fingerprints } from './fingerprints.ts';
import type { Journal, RecordedSignal } from './journal.ts';
import { MemoryScope, type ScopeRun } from './memory-scope.ts';
import { Places } from './places.ts';
import { beginOnRecord } from './poison.ts';
import { Questions } from './questions.ts';
import type { RunFacts } from './run-facts.ts';
import { RunLimits } from './run-limits.ts';
import { Signals } from './signals.ts';
import { TaskScope } from './task-scope.ts';
import { Tick } from './tick.ts';
import type { WorkNode } from './work-tree.ts';

/**
 * One run in this process: its tasks under way, the signals that nobody has taken yet, and whether it was cancelled. With a
 * journal it is durable: what that holds is not done again, and what is done is written there before anything builds on it.
 */
export class MemoryRun implements RunHandle, ScopeRun {
  readonly runId: string;
  readonly events: Emitter;
  readonly runtime: Runtime;
  readonly journal: Journal | undefined;
  readonly #program: Program;
  protected readonly fingerprints: Fingerprints | undefined;
  readonly #ended = new EndedTasks();
  /** The run's own function, and above all its tasks. */
  protected readonly driver: MemoryScope;
  readonly #signals = new Signals();
  protected readonly outcome: OutcomeLookup = this.#ended.lookup;
  #desk: Questions | undefined;
  readonly #limits: RunLimits;
  #places: Places | undefined;
  /** Tasks that ended although their functions go on. */
  #left: Set<MemoryScope> | undefined;
  #deadlines: Deadlines | undefined;
  /** Why the journal takes nothing more. */
  #unwritten: CrewError | undefined;
  readonly #lookBack: RunFacts['lookBack'];
  #result: Promise<RunResult> | undefined;
  readonly #tick = new Tick();

  constructor(program: Program, facts: RunFacts) {
    this.#program = program;
    this.runId = facts.runId;
    this.events = facts.events;
    this.runtime = facts.runtime;
    this.journal = facts.journal;
    this.#limits = new RunLimits(facts);
    this.#lookBack = facts.lookBack;
    this.fingerprints = facts.journal && new Fingerprints(program, facts.journal, this.outcome);
    this.driver = new MemoryScope(this, '', undefined);
    for (const signal of facts.journal?.signals ?? []) this.deliver(signal);
  }

  begin(inputs: Json): Promise<RunResult> {
    this.#result = this.#drive(inputs);
    return this.#result;
  }

  async #drive(inputs: Json): Promise<RunResult> {
    try {
      const result = await this.#program.run(this.driver, inputs);
      return this.journal === undefined ? result : await endOnRecord(this.journal, result, this.#unwritten);
    } finally {
      this.driver.end();
      this.#deadlines?.stop();
    }
  }

  async result(): Promise<RunResult> {
    if (this.#result === undefined) throw new CrewError('RUN_UNKNOWN', `Run ${this.runId} was not started.`);
    return this.#result;
  }

  /** Resolves when the run is over, however it ended. */
  async settled(): Promise<void> {
    await Promise.allSettled([this.#result]);
  }

  async signal(topic: string, value: Json, key: string): Promise<void> {
    if (this.#signals.has(key)) return;
    const signal = { topic, value, key };
    if (this.journal !== undefined) await this.journal.recordSignal(signal);
    this.deliver(signal);
  }

  /** A signal that is recorded already. */
  deliver({ topic, value, key }: RecordedSignal): void {
    this.#signals.deliver(topic, value, key);
  }

  get desk(): Questions {
    this.#desk ??= new Questions(this);
    return this.#desk;
  }

  async questions(): Promise<readonly AskedQuestion[]> {
    return this.desk.questions();
  }

  answer(id: string, answer: Json): Promise<void> {
    return this.desk.answer(id, answer);
  }

  async cancel(reason = 'The run was cancelled.'): Promise<void> {
    this.driver.abort(new CrewError('CANCELLED', reason, { runId: this.runId }));
  }

  get places(): Places | undefined {
    return this.#places;
  }

  limitPlaces(limit: number): void {
    this.#places = new Places(limit, () => this.driver.placeFree());
  }

  addDeadline(deadline: Deadline, ms: number): void {
    this.#deadlines ??= new Deadlines(this.runtime);
    this.#deadlines.add(deadline, ms);
  }

  abortBelow(work: WorkNode, reason: CrewError): void {
    this.#deadlines?.abortBelow(work, reason);
  }

  limiter(lane: Lane): Limiter {
    return this.#limits.limiter(lane);
  }

  budget(name: string, limits: BudgetLimits): Budget {
    return this.#limits.budget(name, limits);
  }

  closed(model: object): CrewError | undefined {
    return this.#limits.closed(model);
  }

  close(model: object, reason: CrewError): void {
    this.#limits.close(model, reason);
  }

  /** Of all tasks, whichever are asked for: they are at hand. */
  outcomes(_keys?: () => readonly string[]): OutcomeLookup | Promise<OutcomeLookup> {
    return this.outcome;
  }

  priority(key: string): number {
    return this.#program.priority?.(key, this.learnt) ?? 0;
  }

  get learnt(): Learnt | undefined {
    return this.#lookBack?.();
  }

  currentTick(): number {
    return this.#tick.now;
  }

  onSignal(watcher: () => void): () => void {
    return this.#signals.watch(watcher);
  }

  takeSignals(topics: readonly string[]): ReturnType<Signals['take']> {
    return this.#signals.take(topics);
  }

  spawn(parent: MemoryScope, key: string, input: Json | undefined): Child {
    const scope = new TaskScope(this, parent, key);
    const { journal } = this;
    if (journal === undefined) this.workSegment(scope, parent, input);
    else if (!this.giveBack(journal, { scope, parent, input })) void this.#begin(journal, { scope, parent, input });
    return scope;
  }

  /** Works a task once it is on record that it begins, unless it has ended too many processes. */
  async #begin(
    journal: Journal,
    { scope, parent, input }: { scope: TaskScope; parent: MemoryScope; input: Json | undefined },
  ): Promise<void> {
    try {
      const begun = parent === this.driver ? beginOnRecord(journal, this.runId, scope.key) : undefined;
      if (begun instanceof Promise) await begun;
      else if (begun !== undefined) return this.#end(scope, parent, begun);
    } catch (thrown) {
      this.#stop(thrown);
    }
    this.workSegment(scope, parent, input);
  }

  /** Ends a task with what it came to before, in this run or an earlier one; false for one that has to be worked. */
  protected giveBack(
    journal: Journal,
    { scope, parent, input }: { scope: TaskScope; parent: MemoryScope; input: Json | undefined },
  ): boolean {
    const { key } = scope;
    const known = journal.outcomeOf(key);
    if (known !== undefined) {
      // Later, as if it had worked: who spawns it does not wait for it yet.
      queueMicrotask(() => this.settle(scope, parent, { key, outcome: known, recorded: true }));
      return true;
    }
    const fingerprint = this.fingerprints?.begin(key, input);
    const outcome = fingerprint === undefined ? undefined : journal.takeOver(key, fingerprint);
    if (outcome === undefined) return false;
    void this.#endWritten(journal, { scope, parent, settled: { key, outcome, recorded: true } });
    return true;
  }

  /** Works a task to its end or its next suspension. Callbacks, because an async function keeps more while it waits. */
  protected workSegment(scope: TaskScope, parent: MemoryScope, input: Json | undefined): void {
    const broken = (error: unknown) => {
      if (this.#left?.has(scope) !== true) this.settle(scope, parent, { key: scope.key, error });
    };
    try {
      this.#program.task(scope, input).then((ended) => {
        if ('suspended' in ended) void this.suspended(scope, parent, { input, topic: ended.suspended });
        else if (this.#left?.has(scope) !== true) this.#end(scope, parent, ended);
      }, broken);
    } catch (error) {
      broken(error);
    }
  }

  /** A suspended task goes on in the same scope, which holds its recorded steps. */
  protected async suspended(
    scope: TaskScope,
    parent: MemoryScope,
    suspended: { readonly input: Json | undefined; readonly topic: string },
  ): Promise<void> {
    if (!(await this.untilContinued(scope, suspended.topic))) return;
    scope.nextSegment();
    this.workSegment(scope, parent, suspended.input);
  }

  /** Rests until a signal of that topic has come and there is a place again. False: the task has ended meanwhile. */
  protected async untilContinued(scope: TaskScope, topic: string): Promise<boolean> {
    scope.rest();
    await this.#signals.until(topic, (fn) => scope.onAbort(fn));
    await scope.resume();
    return this.#left?.has(scope) !== true;
  }

  endTask(scope: MemoryScope, parent: MemoryScope, outcome: TaskOutcome): void {
    this.#left ??= new Set();
    if (this.#left.has(scope)) return;
    this.#left.add(scope);
    this.#end(scope, parent, outcome);
  }

  #end(scope: MemoryScope, parent: MemoryScope, outcome: TaskOutcome): void {
    const settled = { key: scope.key, outcome };
    if (this.journal === undefined) this.settle(scope, parent, settled);
    else void this.#endWritten(this.journal, { scope, parent, settled });
  }

  /** Nobody hears of an end that could be lost. */
  async #endWritten(
    journal: Journal,
    { scope, parent, settled }: { scope: MemoryScope; parent: MemoryScope; settled: Ended },
  ): Promise<void> {
    const { key, outcome } = settled;
    let counts = outcome;
    try {
      // What was cut off goes on when the run is resumed.
      if (outcome.status === 'cancelled') {
        if (parent === this.driver) journal.recordStopped(key);
      } else counts = await journal.recordOutcome(key, outcome, this.fingerprints?.of(key));
    } catch (thrown) {
      this.#stop(thrown);
    }
    this.settle(scope, parent, counts === outcome ? settled : { key, outcome: counts });
  }

  /** Something could not be written: nothing starts any more, for nothing may be built on it. */
  #stop(thrown: unknown): void {
    this.#unwritten ??=
      thrown instanceof CrewError
        ? thrown
        : new CrewError('STORE_WRITE', messageOf(thrown), { runId: this.runId, cause: thrown });
    this.driver.abort(this.#unwritten);
  }

  protected settle(scope: MemoryScope, parent: MemoryScope, settled: Settled): void {
    if (settled.outcome !== undefined) this.#ended.add(settled);
    scope.end();
    parent.childSettled(settled);
    scope.rest();
  }
}
