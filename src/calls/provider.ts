import type { LimitOutcome, LimitReason, ModelLimits } from '../spec/limits.ts';
import { Allowance, type AllowanceNews, type CountedIn, isLimit, waitFor } from './allowance.ts';
import { MINUTE_MS, MOST_AMOUNT, WINDOW_MS } from './window.ts';

/** A call in the provider's books: begun when it is let go, filled in when it goes out, read when it has ended. */
export interface Counted {
  readonly tokens: number;
  /** What is held for it until it goes out. */
  holdsRequest: boolean;
  holdsTokens: boolean;
  place: number;
  /** What had gone out in the minute before its place; undefined where that was not counted. */
  requestsBefore: number | undefined;
  tokensBefore: number | undefined;
}

/** A call that has ended, for the books. */
export interface Ended {
  readonly outcome: LimitOutcome;
  readonly counted: Counted | undefined;
  /** Calls under way, this one included. */
  readonly underWay: number;
  /** The flight it went out in, and whether that is still the present one: no 429 was heard of since. */
  readonly flight: number;
  readonly isFirst: boolean;
  readonly now: number;
}

/** Nothing explains a 429 that came to one call alone: so long is waited, and twice as long after each that follows. */
const ALONE_MS = 1_000;
const LONGEST_ALONE_MS = 32_000;
/** After so many of them it is a minute's limit; it is what went through before, when that is enough to go by. */
const ALONE_TO_LEARN = 3;
const FEWEST_TO_LEARN = 4;
/** When that many are refused for so long, a fifth of them all, what goes through meanwhile is what is allowed. */
const REFUSED_TO_LEARN = 10;
const REFUSED_MS = 10_000;
const REFUSED_PER_ACCEPTED = 0.25;

/** What is known of a provider's patience: what may be sent in a minute, and until when it wants to hear nothing. */
export class Provider {
  #requests: Allowance | undefined;
  #tokens: Allowance | undefined;
  #pausedUntil = 0;
  /** Calls that went through since then, while nothing counted them by the minute. */
  #accepted = 0;
  #since: number;
  /** 429s in a row that nothing explains, each to the only call under way; and when the first of them came. */
  #alone = 0;
  #aloneSince = 0;
  /** All 429s that nothing explains, since the first within a minute; and the calls sent after it that went through. */
  #refused = 0;
  #refusedSince = 0;
  #refusedFlight = 0;
  #acceptedSince = 0;

  constructor({ requestsPerMinute, tokensPerMinute }: ModelLimits, now: number) {
    if (requestsPerMinute !== undefined) this.#requests = new Allowance(requestsPerMinute);
    if (tokensPerMinute !== undefined) this.#tokens = new Allowance(tokensPerMinute);
    this.#since = now;
  }

  /** True while nothing is counted and no pause is on: then nothing else needs to be asked. */
  get isOpen(): boolean {
    return this.#requests === undefined && this.#tokens === undefined && this.#pausedUntil === 0;
  }

  /** Until when the last pause that was heard of lasts. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** When a call of so many tokens may go out: at `now`, or later. */
  opensAt(tokens: number, now: number): number {
    if (this.#pausedUntil > now) return this.#pausedUntil;
    this.#pausedUntil = 0;
    return Math.max(this.#requests?.opensAt(1, now) ?? now, this.#tokens?.opensAt(tokens, now) ?? now);
  }

  /** What such a call would have to wait for; undefined when it need not. */
  reason(tokens: number, now: number): LimitReason | undefined {
    if (this.#pausedUntil > now) return 'pause';
    if (this.#requests !== undefined && this.#requests.opensAt(1, now) > now) return 'requests';
    if (this.#tokens !== undefined && this.#tokens.opensAt(tokens, now) > now) return 'tokens';
    return undefined;
  }

  /** A call is let go. It may be a while until it goes out: what it needs is held until then. */
  hold(call: Counted, now: number): void {
    this.#requests?.hold(1, now);
    this.#tokens?.hold(call.tokens, now);
    call.holdsRequest = this.#requests !== undefined;
    call.holdsTokens = this.#tokens !== undefined;
  }

  /** A call goes out: the provider counts it from now, and so do we. */
  goesOut(call: Counted, now: number): void {
    if (this.#requests !== undefined && call.holdsRequest) {
      call.place = this.#requests.goesOut(1, now);
      call.requestsBefore = this.#requests.before(call.place);
    }
    if (this.#tokens !== undefined && call.holdsTokens) {
      call.place = this.#tokens.goesOut(call.tokens, now);
      call.tokensBefore = this.#tokens.before(call.place);
    }
    call.holdsRequest = false;
    call.holdsTokens = false;
  }

  /** A call that is said to have gone out was not made. */
  drop(call: Counted, now: number): void {
    if (call.requestsBefore !== undefined) this.#requests?.correct(call.place, -1, now);
    if (call.tokensBefore !== undefined) this.#tokens?.correct(call.place, -call.tokens, now);
  }

  /** A call of that flight went through. */
  succeeded(flight: number): void {
    this.#accepted += 1;
    if (flight > this.#refusedFlight) this.#acceptedSince += 1;
    this.#alone = 0;
    this.#requests?.succeeded();
    this.#tokens?.succeeded();
  }

  /** What a call that has ended tells: what it used, what the provider says, how long it wants to be left alone. */
  hear(ended: Ended): void {
    const { outcome, counted, now } = ended;
    if (counted?.tokensBefore !== undefined && outcome.tokens !== undefined) {
      this.#tokens?.correct(counted.place, wholeTokens(outcome.tokens) - counted.tokens, now);
    }
    if (outcome.retryAfterMs !== undefined) this.#pause(now + outcome.retryAfterMs);
    if (outcome.news === undefined) return;
    const { limitRequests, remainingRequests, resetRequestsMs, limitTokens, remainingTokens, resetTokensMs } =
      outcome.news;
    const requests = { limit: limitRequests, remaining: remainingRequests, resetMs: resetRequestsMs };
    if (this.#requests !== undefined) this.#requests.hear(requests, countedIn(counted, counted?.requestsBefore), now);
    else this.#requests = this.#begin(requests, this.#uncounted(ended, requests), now);
    const tokens = { limit: limitTokens, remaining: remainingTokens, resetMs: resetTokensMs };
    if (this.#tokens !== undefined) this.#tokens.hear(tokens, countedIn(counted, counted?.tokensBefore), now);
    else this.#tokens = this.#begin(tokens, usedOf(tokens), now);
  }

  /** A call was answered 429. True when the provider says itself that a minute's requests or tokens are used up. */
  refused(ended: Ended): boolean {
    const { outcome, isFirst, underWay, now } = ended;
    const outOfRequests = outcome.news?.remainingRequests === 0;
    const outOfTokens = outcome.news?.remainingTokens === 0;
    if (outOfRequests) this.#requests?.refused(true);
    if (outOfTokens) this.#tokens?.refused(true);
    if (outOfRequests || outOfTokens) return true;
    if (isFirst) {
      this.#requests?.refused(false);
      this.#tokens?.refused(false);
    }
    if (now - this.#since > WINDOW_MS) {
      this.#since = now;
      this.#accepted = 0;
    }
    if (outcome.retryAfterMs === undefined && underWay === 1) this.#refusedAlone(now);
    if (this.#requests === undefined) this.#learn(ended);
    return false;
  }

  /** It was not for too many calls at once, and nobody says for how long: ever longer pauses find out. */
  #refusedAlone(now: number): void {
    if (this.#alone === 0) this.#aloneSince = now;
    this.#alone += 1;
    this.#pause(now + Math.min(LONGEST_ALONE_MS, ALONE_MS * 2 ** (this.#alone - 1)));
    const isEnough = this.#alone >= ALONE_TO_LEARN && this.#accepted >= FEWEST_TO_LEARN;
    if (this.#requests === undefined && isEnough) this.#learned(this.#accepted).take(this.#accepted, this.#aloneSince);
  }

  /** Many are refused, and many are not: that is a rate, whatever the provider means by it. */
  #learn({ flight, now }: Ended): void {
    if (this.#refused === 0 || now - this.#refusedSince > WINDOW_MS) {
      this.#refused = 0;
      this.#refusedSince = now;
      this.#refusedFlight = flight;
      this.#acceptedSince = 0;
    }
    this.#refused += 1;
    const [ms, accepted] = [now - this.#refusedSince, this.#acceptedSince];
    if (ms < REFUSED_MS || this.#refused < REFUSED_TO_LEARN || accepted < FEWEST_TO_LEARN) return;
    if (this.#refused > accepted * REFUSED_PER_ACCEPTED) this.#learned(Math.floor((accepted * MINUTE_MS) / ms));
  }

  #learned(limit: number): Allowance {
    const requests = new Allowance(Number.POSITIVE_INFINITY, Math.max(1, limit));
    requests.refused(true);
    this.#requests = requests;
    return requests;
  }

  #pause(until: number): void {
    if (until < Number.POSITIVE_INFINITY) this.#pausedUntil = Math.max(this.#pausedUntil, until);
  }

  /** Begins to count what a provider says it counts, with what must have gone out already. */
  #begin(news: AllowanceNews, sent: number, now: number): Allowance | undefined {
    if (!isLimit(news.limit)) {
      if (news.remaining === 0 && news.resetMs !== undefined) this.#pause(now + waitFor(news.resetMs));
      return undefined;
    }
    const allowance = new Allowance(Number.POSITIVE_INFINITY);
    allowance.hear(news, undefined, now);
    allowance.take(sent, now);
    return allowance;
  }

  /** Requests of the last minute that nobody has counted: in its first minute, a lane knows them all. */
  #uncounted({ underWay, now }: Ended, news: AllowanceNews): number {
    const used = usedOf(news);
    return now - this.#since <= WINDOW_MS ? Math.max(used, this.#accepted + underWay) : used + underWay - 1;
  }
}

function countedIn(counted: Counted | undefined, before: number | undefined): CountedIn | undefined {
  return counted === undefined || before === undefined ? undefined : { place: counted.place, before };
}

/** Of a limit that something can be done with. */
function usedOf({ limit = 0, remaining = limit }: AllowanceNews): number {
  return remaining >= 0 ? Math.min(MOST_AMOUNT, Math.max(0, Math.ceil(limit - remaining))) : 0;
}

/** Estimates and counts as the books keep them. */
export function wholeTokens(tokens: number): number {
  return tokens < Number.POSITIVE_INFINITY ? Math.min(MOST_AMOUNT, Math.max(1, Math.ceil(tokens))) : 1;
}
