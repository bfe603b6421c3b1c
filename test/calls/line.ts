import { Lane } from '../../src/calls/lane.ts';
import type { Lease, LimitOutcome, LimitReason, ModelLimits } from '../../src/spec/limits.ts';
import { type FakeClock, fakeClock } from '../../src/testing/fake-clock.ts';

export interface CallerOptions {
  readonly tokens?: number;
  readonly priority?: number;
  /** Ends the moment it goes, with this. */
  readonly ends?: LimitOutcome;
}

/** Somebody who wants to call a model: when they were let go, and what they were told meanwhile. */
export class Caller {
  readonly name: string;
  readonly told: LimitReason[] = [];
  readonly #controller = new AbortController();
  lease: Lease | undefined;
  /** On the lane's clock; undefined while waiting. */
  at: number | undefined;
  error: unknown;

  constructor(name: string) {
    this.name = name;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: Error): void {
    this.#controller.abort(reason);
  }
}

/** A lane on a fake clock, and all who have called. */
export function lineFor(limits: ModelLimits = {}): Line {
  return new Line(limits, fakeClock());
}

export class Line {
  readonly clock: FakeClock;
  readonly lane: Lane;
  readonly callers: Caller[] = [];

  constructor(limits: ModelLimits, clock: FakeClock) {
    this.clock = clock;
    this.lane = new Lane(clock, limits);
  }

  /** Names of those who were let go, in that order. */
  readonly went: string[] = [];

  call(name: string, { tokens = 1, priority = 0, ends }: CallerOptions = {}): Caller {
    const caller = new Caller(name);
    this.callers.push(caller);
    const go = (lease: Lease) => {
      caller.lease = lease;
      caller.at = this.clock.monotonic();
      this.went.push(name);
      lease.goesOut?.();
      if (ends !== undefined) lease.release(ends);
    };
    const answer = this.lane.acquire({
      tokens,
      priority: () => priority,
      signal: () => caller.signal,
      onWait: (reason) => caller.told.push(reason),
    });
    if (!(answer instanceof Promise)) go(answer);
    else {
      answer.then(go, (error: unknown) => {
        caller.error = error;
      });
    }
    return caller;
  }

  /** So many callers, one after the other, named by their numbers. */
  calls(count: number, options: CallerOptions = {}): Caller[] {
    return Array.from({ length: count }, (_, at) => this.call(`${at}`, options));
  }

  /** One call that ends the moment it goes, with this. */
  ended(outcome: LimitOutcome, options: CallerOptions = {}): void {
    this.call('ended', { ...options, ends: outcome });
  }

  /** When each of so many calls that come now, and go well, goes: in seconds. */
  async times(count: number, options: CallerOptions = {}): Promise<number[]> {
    const callers = this.calls(count, { ...options, ends: {} });
    await this.clock.untilIdle();
    return callers.map(({ at = Number.NaN }) => Math.round(at / 100) / 10);
  }
}
