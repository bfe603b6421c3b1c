import { CrewError, eventError, messageOf, pausesRun } from '../errors.ts';
import type { CrewEvent, EventListener, EventType } from '../events.ts';
import { type Bounds, bounded } from '../internal/bounded.ts';
import type { EventStream } from '../internal/event-stream.ts';
import { isObject } from '../internal/json.ts';
import { onAbort } from '../internal/on-abort.ts';
import type { Runtime } from '../internal/runtime.ts';
import type { RunHandle } from '../spec/engine.ts';
import type { RunResult } from '../spec/outcome.ts';
import type { QuestionDesk } from '../spec/question.ts';
import type { QuestionId, ReviewAnswer } from '../spec/review.ts';
import { NO_USAGE } from '../usage.ts';

/** What answers a question: about a task's output by the task's name, or any by its id. */
export type AnswerName<Answers> = (keyof Answers & string) | QuestionId;
export type AnswerTo<Answers, Name> = ReviewAnswer<Name extends keyof Answers ? Answers[Name] : unknown>;

/** One kickoff under way: an async iterable of its events, ending with `run.end`, that never throws. */
export interface Run<Result = unknown> extends AsyncIterable<CrewEvent> {
  readonly runId: string;
  /** What `kickoff` resolves to or rejects with. */
  readonly result: Promise<Result>;
  /** Calls `listener`, synchronously, with every event of this type; what is returned ends it. Throwing harms nothing. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  /**
   * Starts no further call and aborts those under way; `result` then rejects with `CANCELLED`, once all have settled.
   * Tools and callbacks that go on for longer than the crew's `cancelGraceMs` are left behind.
   */
  cancel(reason?: string): void;
  /**
   * Answers what the run asks a person: to look at a task's output, by the task's name, with `{ approve: true }`,
   * `{ edit: value }` or `{ sendBack: reason }`; or to agree to a tool call, by the `callId` that `review.requested` tells,
   * with `{ approve: true }` or `{ sendBack: reason }`. The first answer counts; the same once more changes nothing.
   * @throws {CrewError} `OPTION_INVALID`; `OUTPUT_INVALID` for an edit that does not fit the task's schema: the review stays
   * open; `REVIEW_UNKNOWN` for what was not asked; `REVIEW_ANSWERED` when another answer was given.
   */
  answer(name: string, answer: ReviewAnswer): Promise<void>;
}

/** A run of a crew whose tasks are known: what an output is edited to is what that output is. */
export interface CrewRun<Result, Answers> extends Run<Result> {
  answer<Name extends AnswerName<Answers>>(name: Name, answer: AnswerTo<Answers, Name>): Promise<void>;
}

/** What is called with the result before its run is over. */
export interface LastWord {
  readonly runtime: Runtime;
  readonly graceMs: number;
  /** How long it is waited for. */
  readonly limitMs: number;
  readonly call: (result: RunResult) => RunResult | Promise<RunResult>;
}

/** What a run is started with. */
export interface RunStart {
  readonly events: EventStream;
  readonly signal: AbortSignal | undefined;
  readonly settle: boolean;
  /** Hands the run to its engine. */
  readonly submit: (onHandle: (handle: RunHandle) => void) => Promise<RunHandle>;
  /** Answers a question of the run. */
  readonly answer: (desk: QuestionDesk, given: { readonly name: string; readonly answer: unknown }) => Promise<void>;
  /** Called once, when the run is over. */
  readonly close: () => void;
  /** The user's last word on the result, where there is one. */
  readonly finish: LastWord | undefined;
}

/** How a run ended, and what the user's last word made of it. */
interface Ended {
  readonly result: RunResult;
  readonly told?: RunResult;
}

const NOTHING_SPENT = Object.freeze({ durationMs: 0, usage: NO_USAGE });

/** A run in this process. What it is typed as is the crew's business. */
export class LiveRun implements Run<RunResult> {
  readonly runId: string;
  readonly result: Promise<RunResult>;
  readonly #start: RunStart;
  #handle: RunHandle | undefined;
  readonly #begun: Promise<void>;
  #tellBegun: () => void = () => {};
  #cancelled: { readonly reason: string | undefined } | undefined;
  readonly #cancelListeners = new Set<(reason: CrewError) => void>();

  constructor(runId: string, start: RunStart) {
    this.runId = runId;
    this.#start = start;
    this.#begun = new Promise((resolve) => {
      this.#tellBegun = resolve;
    });
    this.result = this.#work();
    // Who only reads the events learns of a failure from run.end; the rejection must not end the process.
    this.result.catch(() => undefined);
  }

  on<T extends EventType>(type: T, listener: EventListener<T>): () => void {
    return this.#start.events.on(type, listener);
  }

  [Symbol.asyncIterator](): AsyncIterator<CrewEvent> {
    return this.#start.events.iterate();
  }

  async answer(name: string, answer: unknown): Promise<void> {
    // A run that was refused has asked nothing: why, its result says.
    await Promise.race([this.#begun, this.result]);
    const { runId } = this;
    const desk = this.#handle;
    if (desk === undefined)
      throw new CrewError('REVIEW_UNKNOWN', `Run ${runId} was over before: it waits for nobody.`, { runId });
    return this.#start.answer(desk, { name, answer });
  }

  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    void this.#handle?.cancel(reason);
    for (const listener of this.#cancelListeners) listener(this.#cancellation());
  }

  #cancellation(): CrewError {
    const { reason = CANCELLED } = this.#cancelled ?? {};
    return new CrewError('CANCELLED', reason, { runId: this.runId });
  }

  async #work(): Promise<RunResult> {
    const { events, settle } = this.#start;
    let ended: Ended;
    const { signal } = this.#start;
    // Whoever started the run gets a microtask to listen before the first event.
    await null;
    const cancel = () => this.cancel(reasonOf(signal));
    if (signal?.aborted === true) cancel();
    const unlisten = signal && onAbort(signal, cancel);
    try {
      ended = await this.#finish(await this.#reachResult());
    } catch (thrown) {
      const error =
        thrown instanceof CrewError
          ? thrown
          : new CrewError('TASK_FAILED', messageOf(thrown), { runId: this.runId, cause: thrown });
      const { durationMs, usage } = error.partial ?? NOTHING_SPENT;
      const status = error.code === 'CANCELLED' ? 'cancelled' : pausesRun(error) ? 'paused' : 'failed';
      events.end({ status, durationMs, usage, error: eventError(error) });
      throw error;
    } finally {
      unlisten?.();
      this.#start.close();
    }
    const { result, told } = ended;
    const { status, durationMs, usage, error } = result;
    events.end({ status, durationMs, usage, ...(error !== null && { error: eventError(error) }) });
    if (status === 'done' || status === 'partial' || settle) return told ?? result;
    throw rejection(result, this.#cancelled?.reason);
  }

  /** Lets the user have the last word; what had finished is not lost when that goes wrong. */
  async #finish(result: RunResult): Promise<Ended> {
    const { runId } = this;
    const { finish } = this.#start;
    if (finish === undefined || (result.status !== 'done' && result.status !== 'partial')) return { result };
    const about = `afterKickoff of crew "${result.crew}"`;
    const failed = (message: string, cause?: unknown): Ended => {
      const error = new CrewError('TASK_FAILED', message, { runId, cause });
      return { result: { ...result, status: 'failed', error } };
    };
    try {
      const told = await bounded(() => finish.call(result), this.#bounds(about, finish));
      if (isObject(told)) return { result, told };
      return failed(`${about} must return a result: the one it is given, changed or not.`);
    } catch (cause) {
      if (cause instanceof CrewError && this.#cancelled !== undefined) {
        return { result: { ...result, status: 'cancelled', error: null } };
      }
      return failed(`${about} failed: ${messageOf(cause)}`, cause);
    }
  }

  /** The engine's run is over by then, so what cancels the last word is this. */
  #bounds(what: string, { runtime, graceMs, limitMs: ms }: LastWord): Bounds {
    const { events } = this.#start;
    const onAbort = (fn: (reason: CrewError) => void) => {
      this.#cancelListeners.add(fn);
      if (this.#cancelled !== undefined) fn(this.#cancellation());
      return () => this.#cancelListeners.delete(fn);
    };
    const message = `it took longer than ${ms} ms (timeouts.callbackMs).`;
    const error = () => new CrewError('TIMEOUT', message, { runId: this.runId });
    return { ctx: { events, runtime, onAbort }, what, graceMs, limit: { ms, error } };
  }

  async #reachResult(): Promise<RunResult> {
    const handle = await this.#start.submit((begun) => {
      this.#handle = begun;
      this.#tellBegun();
      if (this.#cancelled !== undefined) void begun.cancel(this.#cancelled.reason);
    });
    return await handle.result();
  }
}

const CANCELLED = 'The run was cancelled.';

function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : CANCELLED;
}

/** What a kickoff rejects with: the first failure, as it was thrown, with everything that had finished. */
function rejection(result: RunResult, reason = CANCELLED): CrewError {
  const { runId, error } = result;
  if (error === null) return new CrewError('CANCELLED', reason, { runId, partial: result });
  if (error instanceof CrewError) return error.withPartial(result);
  const { code, message, taskName, agent, cause, resumable, until } = error;
  return new CrewError(code, message, { runId, taskName, agent, cause, resumable, until, partial: result });
}
