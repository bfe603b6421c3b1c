import type { Agent } from '../agent.ts';
import { BudgetError, CrewError, messageOf } from '../errors.ts';
import type { EventBody } from '../events.ts';
import { type Bounds, bounded, within } from '../internal/bounded.ts';
import { frozenJson } from '../internal/frozen.ts';
import { rawOf } from '../internal/json.ts';
import { renderTemplate } from '../prompts/render.ts';
import type { Overdue, TaskCtx } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Failure, TaskOutcome } from '../spec/outcome.ts';
import type { TaskData } from '../task-shape.ts';
import { NO_USAGE } from '../usage.ts';
import { boundsOf } from './bounds.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { Ledger } from './ledger.ts';
import { asCrewError, endStatus, isOfRun, skippedTask, taskEnd } from './outcomes.ts';
import { promptsOf } from './prompts-of.ts';
import { limitTask } from './spending-of.ts';
import type { TaskReading } from './task-reading.ts';
import { workerOf } from './workers.ts';

/** One task of the graph at work: what is known of it, and what is told of it. */
export class TaskWork implements Overdue {
  readonly crew: CompiledCrew;
  readonly id: number;
  readonly task: TaskData;
  /** Undefined for a task done by code, as is the ledger: no model is called. */
  readonly worker: Agent | undefined;
  readonly ledger: Ledger | undefined;
  /** What code reads; it is tainted by what is tainted of that. */
  reading: TaskReading | undefined;
  /** The try that is under way. */
  attempt = 1;
  readonly #ctx: TaskCtx;
  readonly #startedAt: number;
  #started = false;
  #unwatch: (() => void) | undefined;
  #outputFile: string | null = null;
  /** What alone the task waits for, so that an abort can end it without that. */
  #pending: PromiseLike<unknown> | undefined;
  #outcome: TaskOutcome | undefined;

  constructor(crew: CompiledCrew, ctx: TaskCtx) {
    const id = crew.graph.ids.get(ctx.key) ?? -1;
    const task = crew.graph.tasks[id];
    if (task === undefined) throw new CrewError('TASK_UNKNOWN', `Crew "${crew.data.name}" has no task "${ctx.key}".`);
    this.id = id;
    this.task = task;
    this.worker = task.execute === undefined ? workerOf(crew, task) : undefined;
    this.ledger = task.execute === undefined ? new Ledger(ctx.usedBefore) : undefined;
    this.crew = crew;
    this.#ctx = ctx;
    this.#startedAt = ctx.runtime.monotonic();
  }

  /** From now on the task ends when its time is over. */
  limitTime(): void {
    this.#ctx.limitTime(this.task.timeoutMs, this, this.#startedAt);
    const { budget } = this.task;
    if (budget?.wallMs === undefined) return;
    this.#unwatch = limitTask(this.task, this.#ctx, { from: this.#startedAt, agent: this.worker?.name });
  }

  overdue(ms: number): CrewError {
    return new CrewError(
      'TIMEOUT',
      `Task "${this.task.name}" took longer than its timeoutMs of ${ms} ms.`,
      this.#where,
    );
  }

  /** The task waits for nothing but this, and ends without it when it is aborted. */
  boundBy(pending: PromiseLike<unknown>): void {
    this.#pending = pending;
    this.limitTime();
    // Cancelled by the code itself, before there was anything to wait for.
    if (this.#ctx.aborted !== undefined) this.aborted();
  }

  aborted(): void {
    if (this.#pending === undefined || this.#outcome !== undefined) return;
    within(this.#pending, this.bounds('execute')).then(undefined, (error: unknown) => {
      if (this.#outcome === undefined) this.#ctx.endWith(this.fail(error, ''));
    });
  }

  /** How long a callback of the task is waited for. */
  bounds(what: string, ctx: TaskCtx = this.#ctx): Bounds {
    return boundsOf(this.crew, ctx, { what, taskName: this.task.name });
  }

  isWanted(reading: TaskReading): Promise<boolean> {
    const { when } = this.task;
    return this.#ctx.step('when', async () =>
      Boolean(await bounded(() => when === undefined || when(reading), this.bounds('when'))),
    );
  }

  skip(): TaskOutcome {
    const { name } = this.task;
    this.#unwatch?.();
    this.#ctx.events.emit('task.skipped', () => ({ taskName: name, because: name }));
    return skippedTask(name, name);
  }

  tellStart(): void {
    this.#started = true;
    this.#ctx.events.emit('task.start', taskStart, this);
  }

  async writeOutput(reading: TaskReading, text: string): Promise<void> {
    const { name, outputFile = '' } = this.task;
    this.#outputFile = await this.#ctx.step('output-file', async () => {
      const { set } = promptsOf(this.crew, this.task, this.worker);
      const path = renderTemplate(outputFile, reading.variables(), set);
      try {
        return await bounded(() => this.crew.writeOutput(path, text), this.bounds('outputFile'));
      } catch (cause) {
        if (cause === this.#ctx.aborted) throw cause;
        // The file tools' words, which do not know that this path is a task's.
        const code = cause instanceof CrewError ? cause.code : 'TASK_FAILED';
        throw new CrewError(code, `task "${name}", outputFile: ${messageOf(cause)}`, { cause });
      }
    });
  }

  /** Fails instead when the time is over: who holds the event loop keeps the timer from saying so. */
  done(output: Json, raw: string): TaskOutcome {
    const durationMs = this.#elapsed();
    if (durationMs > this.task.timeoutMs) return this.fail(this.overdue(this.task.timeoutMs), raw);
    return this.#end(output, raw, DONE, durationMs);
  }

  /** @throws {CrewError} `TIMEOUT` when the time is over. */
  refuseLate(): void {
    if (this.#elapsed() > this.task.timeoutMs) throw this.overdue(this.task.timeoutMs);
  }

  /** `raw` is the answer, where there was one already: it was paid for, and only its file could not be written. */
  fail(thrown: unknown, raw: string): TaskOutcome {
    // A `when` that throws fails its task before the task has started; each end needs its start.
    if (!this.#started) this.tellStart();
    const error = this.errorOf(thrown, this.#ctx);
    const status = endStatus(error);
    const { onFailure } = this.task;
    if (status !== 'failed' || typeof onFailure === 'string')
      return this.#end(null, raw, { status, error }, this.#elapsed());
    return this.#end(onFailure.fallback, rawOf(onFailure.fallback), { status: 'done', error }, this.#elapsed());
  }

  /** What was thrown, as this task's error. What work throws because it was aborted (an AbortError, as a rule) is that. */
  errorOf(thrown: unknown, { aborted }: TaskCtx): CrewError {
    if (aborted === undefined) return asCrewError(thrown, this.#where);
    if (isOfRun(thrown, this.#ctx.runId) && thrown.code === aborted.code) return asCrewError(thrown, this.#where);
    // Knows whose budget it is, which decides what becomes of the run.
    if (aborted instanceof BudgetError) return aborted.located(this.#where);
    const { code, message, until } = aborted;
    return new CrewError(code, message, { ...this.#where, until, cause: thrown });
  }

  get #where() {
    const where = { runId: this.#ctx.runId, taskName: this.task.name };
    return this.worker === undefined ? where : { ...where, agent: this.worker.name };
  }

  /** At work: what a person took to answer is nobody's. */
  #elapsed(): number {
    return this.#ctx.runtime.monotonic() - this.#startedAt - this.#ctx.stoodMs;
  }

  #end(
    output: Json,
    raw: string,
    { status, error }: { readonly status: 'done' | 'failed' | 'cancelled'; readonly error: Failure | null },
    durationMs: number,
  ): TaskOutcome {
    // What comes late changes nothing.
    if (this.#outcome !== undefined) return this.#outcome;
    this.#unwatch?.();
    const outcome: TaskOutcome = {
      name: this.task.name,
      status,
      output: frozenJson(output),
      raw,
      agent: this.worker === undefined ? null : this.worker.name,
      durationMs,
      usage: this.ledger === undefined ? NO_USAGE : this.ledger.usage(),
      attempts: this.attempt,
      error,
      skippedBecause: null,
      outputFile: this.#outputFile,
      children: this.ledger === undefined ? NO_CHILDREN : this.ledger.children,
      // A fallback's value is the author's own.
      tainted: error === null && (this.ledger ?? this.reading)?.tainted === true,
      acted: this.ledger?.acted === true,
      reusedFrom: null,
    };
    this.#outcome = outcome;
    this.#ctx.events.emit('task.end', taskEnd, outcome);
    return outcome;
  }
}

function taskStart({ task, worker }: TaskWork): EventBody<'task.start'> {
  return { taskName: task.name, attempt: 1, ...(worker && { agent: worker.name }) };
}

const DONE = Object.freeze({ status: 'done', error: null });
const NO_CHILDREN: readonly never[] = Object.freeze([]);
