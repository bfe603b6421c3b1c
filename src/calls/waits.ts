import { type CrewError, ModelError } from '../errors.ts';
import type { Lease, Limiter, LimitReason, LimitRequest } from '../spec/limits.ts';
import type { Model } from '../spec/model.ts';
import { copyOf } from './call-errors.ts';
import { type Call, placeOf, unwanted } from './call-site.ts';
import { expectedTokens } from './estimate.ts';
import { hopeless, noteWait, refusalOf, type Waiting } from './run-waits.ts';

/** One wait of a call: ends when the work is aborted, or when its run has no use for the model any more. */
export class Wait implements Waiting {
  readonly deadline: number;
  readonly #call: Call;
  readonly #controller = new AbortController();
  readonly #stops: (() => void)[];

  constructor(call: Call, model: Model) {
    this.#call = call;
    this.deadline = call.ctx.deadline;
    this.#stops = [noteWait(call.ctx.events, model, this)];
    this.#stops.push(call.ctx.onAbort((reason) => this.#controller.abort(reason)));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The reason may come from another call, so it is told where this one is made. */
  end(reason: CrewError): void {
    this.#controller.abort(copyOf(reason, { place: placeOf(this.#call) }));
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}

/** What a lane is asked. Most calls do not wait, so everything that only a wait needs is made when it is asked for. */
class LaneRequest implements LimitRequest {
  readonly #call: Call;
  readonly #model: Model;
  readonly #patienceMs: number;
  /** There only where a pause that is told later would end the wait. */
  readonly onPause?: (until: number) => void;
  /** Why it does not wait. */
  refusal: CrewError | undefined;
  #wait: Wait | undefined;

  constructor(call: Call, model: Model, patienceMs: number) {
    this.#call = call;
    this.#model = model;
    this.#patienceMs = patienceMs;
    if (patienceMs < Number.POSITIVE_INFINITY) {
      this.onPause = (until) => {
        const tooLong = this.#elsewhere(until);
        if (tooLong !== undefined) this.#open().end(tooLong);
      };
    }
  }

  get tokens(): number {
    const { inputTokens, outputTokens } = expectedTokens(this.#call.request);
    return inputTokens + outputTokens;
  }

  priority(): number {
    return this.#call.ctx.priority;
  }

  signal(): AbortSignal {
    return this.#open().signal;
  }

  onWait(reason: LimitReason, until?: number): void {
    const { ctx, taskName, agent, turn, callId } = this.#call;
    const wait = this.#open();
    this.refusal = this.#patienceMs <= 0 ? unwanted('it need not wait', placeOf(this.#call)) : this.#elsewhere(until);
    if (this.refusal === undefined) {
      ctx.events.emit('limit.wait', () => ({ taskName, agent, turn, callId, model: this.#model.name, reason }));
      if (reason === 'pause') this.refusal = hopeless(ctx.events, this.#model, wait) ?? this.#tooLong(wait, until);
    }
    if (this.refusal !== undefined) wait.end(this.refusal);
  }

  /** A pause for which the call would rather go to another model. The pace of its own limits is no pause. */
  #elsewhere(until = 0): CrewError | undefined {
    const { runtime } = this.#call.ctx;
    const ms = until - runtime.monotonic();
    if (ms < this.#patienceMs) return undefined;
    const message = `The provider of model "${this.#model.name}" asks to wait ${Math.ceil(ms / 1000)} s.`;
    return new ModelError('RATE_LIMITED', message, { ...placeOf(this.#call), retryAfterMs: ms, sent: false });
  }

  /** A pause that another run was asked for, and that lasts for longer than there is time. */
  #tooLong({ deadline }: Wait, until = 0): CrewError | undefined {
    if (until < deadline || deadline === Number.POSITIVE_INFINITY) return undefined;
    const { runtime } = this.#call.ctx;
    const ms = until - runtime.monotonic();
    const message = `The provider of model "${this.#model.name}" asks to wait ${Math.ceil(ms / 1000)} s, which is longer than the task has time.`;
    return new ModelError('PROVIDER_WAIT', message, {
      ...placeOf(this.#call),
      until: runtime.now() + ms,
      retryAfterMs: ms,
    });
  }

  close(): void {
    this.#wait?.close();
  }

  #open(): Wait {
    this.#wait ??= new Wait(this.#call, this.#model);
    return this.#wait;
  }
}

/**
 * A place in the model's lane; at once where there is one. A task that waits for it does not keep its place among those
 * at work. A pause of `patienceMs` or more is not waited for.
 * @throws {CrewError} why the call is not wanted any more, or does not wait.
 */
export function enterLane(call: Call, model: Model, patienceMs = Number.POSITIVE_INFINITY): Lease | Promise<Lease> {
  const request = new LaneRequest(call, model, patienceMs);
  const lease = laneOf(call, model).acquire(request);
  return lease instanceof Promise ? waitForLane(call, { model, coming: lease, request }) : lease;
}

/** A place in the lane where there is one at once; undefined where one would have to wait. */
export function enterFreeLane(call: Call, model: Model): Lease | undefined {
  const request = new LaneRequest(call, model, 0);
  const lease = laneOf(call, model).acquire(request);
  if (!(lease instanceof Promise)) return lease;
  lease.then((late) => late.release(NOT_MADE), ignore).finally(() => request.close());
  return undefined;
}

function laneOf(call: Call, model: Model): Limiter {
  const { name, limits = NO_LIMITS } = model;
  return call.ctx.limiter({ name, limits, owner: model });
}

function ignore(): void {}

const NO_LIMITS = Object.freeze({});

interface Coming {
  readonly model: Model;
  readonly coming: Promise<Lease>;
  readonly request: LaneRequest;
}

async function waitForLane(call: Call, { model, coming, request }: Coming): Promise<Lease> {
  // Who goes on at once, to another model as a rule, keeps its task's place.
  const waiting = request.refusal === undefined ? aside(call, coming) : coming;
  const lease = await waiting.finally(() => request.close());
  const refusal = refusalOf(call, model);
  if (refusal === undefined) return lease;
  lease.release(NOT_MADE);
  throw refusal;
}

/** Waits without keeping the task's place among those at work, and takes it back afterwards. */
export async function aside<T>(call: Call, coming: Promise<T>): Promise<T> {
  const takeBack = call.ctx.giveWay();
  try {
    return await coming;
  } finally {
    await takeBack();
  }
}

/** For a place that was not used after all. */
export const NOT_MADE = Object.freeze({ unused: true });

/** Lets time pass before the next attempt. @throws {CrewError} why there is no use in waiting any longer. */
export function backOff(call: Call, model: Model, ms: number): Promise<void> {
  const wait = new Wait(call, model);
  const passed = new Promise<void>((resolve, reject) => {
    const { signal } = wait;
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const cancel = call.ctx.runtime.timer(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      reject(signal.reason);
    });
  });
  return aside(call, passed).finally(() => wait.close());
}
