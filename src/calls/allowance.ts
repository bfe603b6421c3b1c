import { MARGIN_MS, MINUTE_MS, SlidingWindow, WINDOW_MS } from './window.ts';

/** What a provider says of one of its limits. */
export interface AllowanceNews {
  readonly limit: number | undefined;
  readonly remaining: number | undefined;
  readonly resetMs: number | undefined;
}

/** Where a call was counted. */
export interface CountedIn {
  readonly place: number;
  /** What had gone out in the minute before. */
  readonly before: number;
}

/** How far behind an even pace may fall and still catch up: timers are late by a millisecond or two. */
const CATCH_UP_MS = 250;
/**
 * How long a minute's allowance takes to go out, in minutes: no time at first; once it has been used up, an eighth, so
 * that what the provider still counts shows in the first of them; evenly after a refusal.
 */
const AT_ONCE = 0;
const QUICKLY = 1 / 8;
const EVENLY = 1;
/** How much less is tried after a 429 that nothing explains, and how much more after a minute's worth of successes. */
const LESS = 0.9;
const MORE = 0.05;

/**
 * How many requests, or tokens, may go out in any minute: what was declared, or less when the provider says so or
 * answers 429 all the same.
 */
export class Allowance {
  readonly #declared: number;
  readonly #window = new SlidingWindow();
  /** What may be reached again: the lower of what was declared and what the provider says. */
  #most: number;
  #limit: number;
  #successes = 0;
  /** What others have used of the same account, as far as the provider's counts tell, and until when that counts. */
  #others = 0;
  #othersUntil = 0;
  #spread = AT_ONCE;
  /** When the next may go out, spread like that. */
  #next = 0;
  #last = 0;
  /** What was let go and has not gone out: it belongs to every minute until then. */
  #held = 0;

  /** @param declared Infinity when only what the provider does tells the limit. */
  constructor(declared: number, limit = declared) {
    this.#declared = declared;
    this.#most = declared;
    this.#limit = limit;
  }

  /** When so much may go out: at `now`, or later. More than a whole minute's goes when nothing else does. */
  opensAt(amount: number, now: number): number {
    const left = Math.max(0, this.#limit - amount) - this.#held;
    let at = this.#clearsTo(left, now);
    if (now < this.#othersUntil) {
      const beside = this.#others > left ? Number.POSITIVE_INFINITY : this.#window.clearsTo(left - this.#others, now);
      at = Math.min(beside, Math.max(at, this.#othersUntil));
    }
    if (at > now) this.#spread = Math.max(this.#spread, QUICKLY);
    return Math.max(at, this.#next);
  }

  /** What is held goes out now at the earliest, and leaves the window a minute later. */
  #clearsTo(left: number, now: number): number {
    return left < 0 ? now + WINDOW_MS : this.#window.clearsTo(left, now);
  }

  /** Counts what goes out now; what is returned names its place in the window. */
  take(amount: number, now: number): number {
    this.hold(amount, now);
    return this.goesOut(amount, now);
  }

  /** Lets so much go, to go out soon. */
  hold(amount: number, now: number): void {
    // After so long a silence the provider has forgotten everything as well.
    if (now - this.#last > 2 * WINDOW_MS) this.#spread = AT_ONCE;
    this.#last = now;
    const share = Math.min(1, amount / this.#limit);
    this.#next = Math.max(this.#next, now - CATCH_UP_MS) + share * WINDOW_MS * this.#spread;
    this.#held += amount;
  }

  /** What was held goes out; what is returned names its place in the window. */
  goesOut(amount: number, now: number): number {
    this.#held -= amount;
    return this.#window.add(amount, now);
  }

  /** What had gone out in the minute before that place. To be asked in the moment in which it is taken. */
  before(place: number): number {
    return this.#window.before(place);
  }

  /** What went out came to more or less than was counted. */
  correct(place: number, by: number, now: number): void {
    this.#window.change(place, by, now);
  }

  /** A call went through: a lowered limit grows back, slowly. */
  succeeded(): void {
    this.#successes += 1;
    if (this.#successes < this.#limit) return;
    this.#successes = 0;
    this.#limit = Math.min(this.#most, this.#limit + Math.max(1, Math.floor(this.#limit * MORE)));
  }

  /** The provider refused a call: from now on evenly. `explained` when it says itself what is left. */
  refused(explained: boolean): void {
    this.#spread = EVENLY;
    this.#successes = 0;
    if (!explained) this.#limit = Math.max(1, Math.floor(this.#limit * LESS));
  }

  /**
   * The provider's own counts, as of one call: `counted` is that call's place and what had gone out before it. What the
   * provider counts beyond what can have arrived by then, others have used. Undefined when that is not known.
   */
  hear(news: AllowanceNews, counted: CountedIn | undefined, now: number): void {
    if (isLimit(news.limit)) this.#told(news.limit);
    const { remaining = Number.NaN } = news;
    if (counted === undefined || !(remaining >= 0)) return;
    const since = this.#window.since(counted.place, MARGIN_MS, now);
    if (since === undefined) return;
    const others = this.#limit - remaining - counted.before - since;
    if (others <= (now < this.#othersUntil ? this.#others : 0)) return;
    this.#others = others;
    this.#othersUntil = now + waitFor(news.resetMs);
  }

  #told(limit: number): void {
    const before = this.#most;
    this.#most = Math.min(this.#declared, limit);
    if (this.#limit > this.#most || this.#limit === before) this.#limit = this.#most;
  }
}

/** A limit that something can be done with. */
export function isLimit(limit = 0): limit is number {
  return limit >= 1 && limit < Number.POSITIVE_INFINITY;
}

/** How long a provider's count is believed to stay as it is: until it is reset, but no longer than a minute unasked. */
export function waitFor(resetMs = MINUTE_MS): number {
  return (resetMs >= 0 ? Math.min(resetMs, MINUTE_MS) : MINUTE_MS) + MARGIN_MS;
}
