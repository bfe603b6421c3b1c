import { CrewError, eventError, messageOf } from '../errors.ts';
import type { CrewEvent, EventListener, EventType } from '../events.ts';
import type { EventStream } from '../internal/event-stream.ts';
import { isObject } from '../internal/json.ts';
import { onAbort } from '../internal/on-abort.ts';
import type { RunHandle } from '../spec/engine.ts';
import type { RunResult } from '../spec/outcome.ts';
import { NO_USAGE } from '../usage.ts';

/** One kickoff under way: an async iterable of its events, ending with `run.end`, that never throws. */
export interface Run<Result = unknown> extends AsyncIterable<CrewEvent> {
  readonly runId: string;
  /** What `kickoff` resolves to or rejects with. */
  readonly result: Promise<Result>;
  /** Calls `listener`, synchronously, with every event of this type; what is returned ends it. Throwing harms nothing. */
  on<T extends EventType>(type: T, listener: EventListener<T>): () => void;
  /** Starts no further call and aborts those under way; `result` then rejects with `CANCELLED`, once all have settled. */
  cancel(reason?: string): void;
}

/** What a run is started with. */
export interface RunStart {
  readonly events: EventStream;
  readonly signal: AbortSignal | undefined;
  readonly settle: boolean;
  /** Hands the run to its engine. */
  readonly submit: () => Promise<RunHandle>;
  /** Called once, when the run is over. */
  readonly close: () => void;
  /** The user's last word on the result. */
  readonly finish: (result: RunResult) => RunResult | Promise<RunResult>;
}

const NOTHING_SPENT = Object.freeze({ durationMs: 0, usage: NO_USAGE });

/** A run in this process. What it is typed as is the crew's business. */
export class LiveRun implements Run<RunResult> {
  readonly runId: string;
  readonly result: Promise<RunResult>;
  readonly #start: RunStart;
  #handle: RunHandle | undefined;
  #cancelled: { readonly reason: string | undefined } | undefined;

  constructor(runId: string, start: RunStart) {
    this.runId = runId;
    this.#start = start;
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

  cancel(reason?: string): void {
    if (this.#cancelled !== undefined) return;
    this.#cancelled = { reason };
    void this.#handle?.cancel(reason);
  }

  async #work(): Promise<RunResult> {
    const { events, settle } = this.#start;
    let result: RunResult;
    let finished: RunResult;
    try {
      result = await this.#reachResult();
      finished = await this.#finish(result);
    } catch (thrown) {
      const error =
        thrown instanceof CrewError
          ? thrown
          : new CrewError('TASK_FAILED', messageOf(thrown), { runId: this.runId, cause: thrown });
      const { durationMs, usage } = error.partial ?? NOTHING_SPENT;
      const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed';
      events.end({ status, durationMs, usage, error: eventError(error) });
      throw error;
    }
    const { status, durationMs, usage, error } = result;
    events.end({ status, durationMs, usage, ...(error !== null && { error: eventError(error) }) });
    if (status === 'done' || settle) return finished;
    throw rejection(result, this.#cancelled?.reason);
  }

  /** Lets the user have the last word; what had finished is not lost when that goes wrong. */
  async #finish(result: RunResult): Promise<RunResult> {
    const { runId } = this;
    const about = `afterKickoff of crew "${result.crew}"`;
    let finished: RunResult;
    try {
      finished = await this.#start.finish(result);
    } catch (cause) {
      const message = `${about} failed: ${messageOf(cause)}`;
      throw new CrewError('TASK_FAILED', message, { runId, cause, partial: result });
    }
    if (isObject(finished)) return finished;
    const message = `${about} must return a result: the one it is given, changed or not.`;
    throw new CrewError('TASK_FAILED', message, { runId, partial: result });
  }

  async #reachResult(): Promise<RunResult> {
    const { signal } = this.#start;
    const cancel = () => this.cancel(reasonOf(signal));
    // Whoever started the run gets a microtask to listen before the first event.
    await null;
    if (signal?.aborted === true) cancel();
    const unlisten = signal && onAbort(signal, cancel);
    try {
      const handle = await this.#start.submit();
      this.#handle = handle;
      if (this.#cancelled !== undefined) await handle.cancel(this.#cancelled.reason);
      return await handle.result();
    } finally {
      unlisten?.();
      this.#start.close();
    }
  }
}

function reasonOf(signal: AbortSignal | undefined): string {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason.message : typeof reason === 'string' ? reason : 'The run was cancelled.';
}

/** What a kickoff rejects with: the first failure, as it was thrown, with everything that had finished. */
function rejection(result: RunResult, reason = 'The run was cancelled.'): CrewError {
  const { runId, error } = result;
  if (error === null) return new CrewError('CANCELLED', reason, { runId, partial: result });
  if (error instanceof CrewError) return error.withPartial(result);
  const { code, message, taskName, agent, cause } = error;
  return new CrewError(code, message, { runId, taskName, agent, cause, partial: result });
}
