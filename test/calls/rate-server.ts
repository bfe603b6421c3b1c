import type { RateLimitNews } from '../../src/spec/limits.ts';

export type Counting = 'sliding' | 'fixed' | 'bucket';

export interface RateServerOptions {
  /** Requests that it takes in any 60 seconds (sliding), in each minute (fixed), or on average (bucket). */
  readonly perMinute: number;
  readonly counting?: Counting;
  /** Whether it says what is left. @default false */
  readonly headers?: boolean;
  /** Whether a 429 says when to come again. @default false */
  readonly retryAfter?: boolean;
  /** What others use of the same account: so many requests, spread evenly over each minute. @default 0 */
  readonly others?: number;
}

export interface Verdict {
  readonly ok: boolean;
  readonly news: RateLimitNews | undefined;
  readonly retryAfterMs: number | undefined;
}

const MINUTE = 60_000;

/** A provider's limit of requests a minute, as providers count them. Times in milliseconds. */
export class RateServer {
  readonly #options: RateServerOptions;
  readonly #counting: Counting;
  #taken: number[] = [];
  #level: number;
  #levelAt = 0;
  #others = 0;
  accepted = 0;
  refused = 0;
  readonly acceptedAt: number[] = [];

  constructor(options: RateServerOptions) {
    this.#options = options;
    this.#counting = options.counting ?? 'sliding';
    this.#level = options.perMinute;
  }

  /** A request arrives. */
  ask(now: number): Verdict {
    const { headers = false, retryAfter = false, others = 0, perMinute } = this.#options;
    for (; this.#others * MINUTE <= now * others && others > 0; this.#others += 1) {
      this.#take((this.#others * MINUTE) / others);
    }
    const ok = this.#take(now);
    if (ok) this.acceptedAt.push(now);
    this.accepted += ok ? 1 : 0;
    this.refused += ok ? 0 : 1;
    const remaining = Math.floor(this.#left(now));
    return {
      ok,
      news: headers
        ? { limitRequests: perMinute, remainingRequests: remaining, resetRequestsMs: this.#fullIn(now) }
        : undefined,
      retryAfterMs: !ok && retryAfter ? this.#nextIn(now) : undefined,
    };
  }

  #take(now: number): boolean {
    if (this.#left(now) < 1) return false;
    if (this.#counting === 'bucket') this.#level -= 1;
    else this.#taken.push(now);
    return true;
  }

  #left(now: number): number {
    const { perMinute } = this.#options;
    switch (this.#counting) {
      case 'bucket':
        this.#level = Math.min(perMinute, this.#level + ((now - this.#levelAt) * perMinute) / MINUTE);
        this.#levelAt = now;
        return this.#level;
      case 'sliding':
        this.#taken = this.#taken.filter((at) => at > now - MINUTE);
        break;
      case 'fixed':
        this.#taken = this.#taken.filter((at) => Math.floor(at / MINUTE) === Math.floor(now / MINUTE));
    }
    return perMinute - this.#taken.length;
  }

  /** Until all is left again. */
  #fullIn(now: number): number {
    switch (this.#counting) {
      case 'bucket':
        return ((this.#options.perMinute - this.#level) * MINUTE) / this.#options.perMinute;
      case 'sliding':
        return (this.#taken.at(-1) ?? now - MINUTE) + MINUTE - now;
      case 'fixed':
        return MINUTE - (now % MINUTE);
    }
  }

  /** Until one more is let in. */
  #nextIn(now: number): number {
    switch (this.#counting) {
      case 'bucket':
        return ((1 - this.#level) * MINUTE) / this.#options.perMinute;
      case 'sliding':
        return (this.#taken[0] ?? now - MINUTE) + MINUTE - now;
      case 'fixed':
        return MINUTE - (now % MINUTE);
    }
  }
}
