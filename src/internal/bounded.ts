import { CrewError, messageOf } from '../errors.ts';
import type { Emitter } from '../spec/engine.ts';
import type { Runtime } from './runtime.ts';

/** The work that something of the user's is called for: a `Ctx` has all of it. */
export interface BoundedWork {
  readonly events: Emitter;
  readonly runtime: Runtime;
  onAbort(fn: (reason: CrewError) => void): () => void;
}

/** How long something of the user's is waited for. */
export interface Bounds {
  readonly ctx: BoundedWork;
  /** What it is called in errors and logs: `tool "search"`, `execute of task "report"`. */
  readonly what: string;
  readonly taskName?: string;
  /** How long it may take to end by itself after a cancellation. A deadline has no grace. */
  readonly graceMs: number;
  /** A time limit of its own, and the error that it ends with. @default none beyond the work's */
  readonly limit?: { readonly ms: number; readonly error: () => CrewError };
}

/**
 * Calls something of the user's and waits for what it returns, but never past the time that its work has: an abort ends
 * the wait, a cancellation after the grace. What is left behind may go on, its result is dropped and told in a `log`
 * event, and its failure harms nothing. What is returned at once costs nothing here.
 * @throws {CrewError} the reason of the abort; `CANCELLED` with `TOOL_ABANDONED` as cause after the grace.
 */
export function bounded<T>(call: () => T | PromiseLike<T>, bounds: Bounds): T | Promise<T> {
  const returned = call();
  return isPromiseLike(returned) ? within(returned, bounds) : returned;
}

/** The same for a promise that is there already. */
export function within<T>(promise: PromiseLike<T>, bounds: Bounds): Promise<T> {
  return new Promise((resolve, reject) => {
    const wait = new Wait(bounds, reject);
    promise.then(
      (value) => {
        if (wait.end()) resolve(value);
        else wait.tellLate('returned');
      },
      (thrown: unknown) => {
        if (wait.end()) reject(thrown);
        else wait.tellLate(`failed (${messageOf(thrown)})`);
      },
    );
    wait.begin();
  });
}

/** One wait under way: over when the promise settles, or left behind. */
class Wait {
  readonly #bounds: Bounds;
  readonly #reject: (error: CrewError) => void;
  #over = false;
  #unlisten: (() => void) | undefined;
  #cancelLimit: (() => void) | undefined;
  #cancelGrace: (() => void) | undefined;

  constructor(bounds: Bounds, reject: (error: CrewError) => void) {
    this.#bounds = bounds;
    this.#reject = reject;
  }

  begin(): void {
    const { ctx, limit } = this.#bounds;
    if (limit !== undefined) {
      this.#cancelLimit = ctx.runtime.timer(limit.ms, () => this.#leaveLate(limit.error()), 'bound');
    }
    this.#unlisten = ctx.onAbort((reason) => this.#abort(reason));
    if (this.#over) this.#stop();
  }

  /** The promise has settled. False when nobody waits for it any more. */
  end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stop();
    return true;
  }

  tellLate(how: string): void {
    const { ctx, what, taskName } = this.#bounds;
    ctx.events.emit('log', () => ({
      level: 'info',
      message: `${what} ${how} after it had been left behind; that is ignored.`,
      ...(taskName !== undefined && { taskName }),
    }));
  }

  #abort(reason: CrewError): void {
    const { ctx, graceMs } = this.#bounds;
    if (this.#over) return;
    if (reason.code !== 'CANCELLED') this.#leaveLate(reason);
    else this.#cancelGrace = ctx.runtime.timer(graceMs, () => this.#leave(this.#abandoned(reason)), 'bound');
  }

  #abandoned(reason: CrewError): CrewError {
    const { ctx, what, graceMs, taskName } = this.#bounds;
    const message = `${what} went on for more than ${graceMs} ms after its run was cancelled, and was left behind. Have it heed its signal.`;
    ctx.events.emit('log', () => ({
      level: 'warn',
      message: `TOOL_ABANDONED: ${message}`,
      ...(taskName !== undefined && { taskName }),
    }));
    const cause = new CrewError('TOOL_ABANDONED', message, { runId: reason.runId, taskName });
    return new CrewError('CANCELLED', reason.message, { runId: reason.runId, taskName, cause });
  }

  /** A time limit, a deadline, or a budget that is used up. */
  #leaveLate(error: CrewError): void {
    const { ctx, what, taskName } = this.#bounds;
    if (this.#over) return;
    ctx.events.emit('log', () => ({
      level: 'warn',
      message: `${what} is left behind: it had not ended when its time was over (${error.code}). Have it heed its signal.`,
      ...(taskName !== undefined && { taskName }),
    }));
    this.#leave(error);
  }

  #leave(error: CrewError): void {
    if (this.end()) this.#reject(error);
  }

  #stop(): void {
    this.#unlisten?.();
    this.#cancelLimit?.();
    this.#cancelGrace?.();
  }
}

/** Anything that can be waited for. */
export function isPromiseLike<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
