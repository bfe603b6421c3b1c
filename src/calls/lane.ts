import { Heap, type HeapEntry } from '../internal/heap.ts';
import { onAbort } from '../internal/on-abort.ts';
import { LONGEST_TIMER_MS, type Runtime } from '../internal/runtime.ts';
import type { Lease, Limiter, LimitOutcome, LimitRequest, ModelLimits } from '../spec/limits.ts';
import { Places } from './places.ts';
import { type Counted, Provider, wholeTokens } from './provider.ts';

/**
 * What paces the calls of one model in this process: places, requests and tokens a minute, and the pauses that its
 * provider asks for. Of those who wait the most urgent goes first, then who came first; nobody goes before that one, so
 * that a large call is not passed by small ones for ever. Where nothing is limited a lane only counts; where calls wait,
 * one more costs the logarithm of how many do.
 */
export class Lane implements Limiter {
  readonly #runtime: Runtime;
  readonly #places: Places;
  readonly #provider: Provider;
  readonly #line = new Heap<Waiter>(goesBefore);
  /** Those in the line who want to know of pauses. */
  readonly #listening = new Set<(until: number) => void>();
  #arrived = 0;
  /** The place of all calls of one flight, where nothing is counted by the minute. */
  #shared: Place;
  #wakeUp: { readonly at: number; readonly cancel: () => void } | undefined;
  readonly #onTime = () => {
    this.#wakeUp = undefined;
    this.#serve();
  };

  constructor(runtime: Runtime, limits: ModelLimits) {
    this.#runtime = runtime;
    this.#places = new Places(limits.maxConcurrency ?? Number.POSITIVE_INFINITY);
    this.#provider = new Provider(limits, runtime.monotonic());
    this.#shared = new Place(this, 0);
  }

  /** How many calls are under way, how many may be at present, and how many wait. */
  get state(): { readonly underWay: number; readonly allowed: number; readonly waiting: number } {
    return { underWay: this.#places.underWay, allowed: this.#places.allowed, waiting: this.#line.size };
  }

  acquire(request: LimitRequest): Lease | Promise<Lease> {
    if (this.#line.size === 0 && !this.#places.isFull) {
      if (this.#provider.isOpen) return this.#admitUncounted();
      const now = this.#runtime.monotonic();
      const tokens = wholeTokens(request.tokens);
      if (this.#provider.opensAt(tokens, now) <= now) return this.#admit(tokens, now);
    }
    return this.#queue(request);
  }

  /** A call has ended. For its lease. */
  ended(place: Place, counted: Counted | undefined, outcome: LimitOutcome): void {
    const { limited = false, failed = false, unused = false, retryAfterMs, news } = outcome;
    const before = this.#provider.pausedUntil;
    if (unused) {
      if (counted !== undefined) this.#provider.drop(counted, this.#runtime.monotonic());
    } else {
      if (counted !== undefined || limited || retryAfterMs !== undefined || news !== undefined) {
        this.#hear(place, counted, outcome);
      }
      // Only an answer shows that one more call can be taken.
      if (!limited && !failed) {
        this.#places.succeeded(place.flight);
        this.#provider.succeeded(place.flight);
      }
    }
    this.#places.give();
    if (this.#line.size > 0) this.#serve();
    const until = this.#provider.pausedUntil;
    if (until > before) for (const listener of [...this.#listening]) listener(until);
  }

  /** A call that was let go goes out. For its lease. */
  goesOut(counted: Counted): void {
    this.#provider.goesOut(counted, this.#runtime.monotonic());
  }

  #hear(place: Place, counted: Counted | undefined, outcome: LimitOutcome): void {
    const { flight, underWay } = this.#places;
    const isFirst = place.flight === flight;
    const ended = { outcome, counted, underWay, flight: place.flight, isFirst, now: this.#runtime.monotonic() };
    this.#provider.hear(ended);
    // Fewer calls at once would not help where a minute's allowance is used up.
    if (outcome.limited === true && !this.#provider.refused(ended)) this.#places.refused(place.flight);
  }

  #admitUncounted(): Lease {
    this.#places.take();
    const { flight } = this.#places;
    if (this.#shared.flight !== flight) this.#shared = new Place(this, flight);
    return this.#shared;
  }

  #admit(tokens: number, now: number): Lease {
    if (this.#provider.isOpen) return this.#admitUncounted();
    this.#places.take();
    const place = new CountedPlace(this, this.#places.flight, tokens);
    this.#provider.hold(place, now);
    return place;
  }

  #queue(request: LimitRequest): Lease | Promise<Lease> {
    const waiter = new Waiter(request.priority(), this.#arrived, wholeTokens(request.tokens));
    this.#arrived += 1;
    this.#line.add(waiter);
    if (this.#line.next === waiter) this.#serve();
    // What those before it waited for is over in this very moment, and it is more urgent than they are.
    if (waiter.lease !== undefined) return waiter.lease;
    const signal = request.signal();
    if (signal.aborted) {
      this.#leave(waiter);
      return Promise.reject(signal.reason);
    }
    const { onPause } = request;
    const lease = new Promise<Lease>((resolve, reject) => {
      const forget = onAbort(signal, () => {
        if (onPause !== undefined) this.#listening.delete(onPause);
        this.#leave(waiter);
        reject(signal.reason);
      });
      waiter.admit = (admitted) => {
        if (onPause !== undefined) this.#listening.delete(onPause);
        forget();
        resolve(admitted);
      };
    });
    if (onPause !== undefined) this.#listening.add(onPause);
    // Last, for whoever is told may come back here at once.
    this.#tell(request);
    return lease;
  }

  /** Whoever waits, waits for what the first of them does. */
  #tell(request: LimitRequest): void {
    const tokens = this.#line.next?.tokens ?? 0;
    const now = this.#runtime.monotonic();
    const reason = this.#provider.reason(tokens, now) ?? 'concurrency';
    if (reason === 'pause') request.onWait(reason, this.#provider.opensAt(tokens, now));
    else request.onWait(reason);
  }

  #leave(waiter: Waiter): void {
    const wasNext = this.#line.next === waiter;
    this.#line.remove(waiter);
    if (wasNext) this.#serve();
  }

  /** Lets go whoever may, and sets a timer for the next when only time is missing. */
  #serve(): void {
    const now = this.#runtime.monotonic();
    for (let next = this.#line.next; next !== undefined && !this.#places.isFull; next = this.#line.next) {
      const at = this.#provider.opensAt(next.tokens, now);
      if (at > now) {
        this.#wakeAt(at, now);
        return;
      }
      this.#line.remove(next);
      next.admit(this.#admit(next.tokens, now));
    }
    // Nobody waits, or the next call that ends serves.
    this.#wakeUp?.cancel();
    this.#wakeUp = undefined;
  }

  #wakeAt(at: number, now: number): void {
    if (this.#wakeUp?.at === at) return;
    this.#wakeUp?.cancel();
    const ms = Math.min(Math.ceil(at - now), LONGEST_TIMER_MS);
    this.#wakeUp = { at, cancel: this.#runtime.timer(ms, this.#onTime) };
  }
}

/** Somebody in the line. */
class Waiter implements HeapEntry {
  at = -1;
  readonly priority: number;
  readonly order: number;
  readonly tokens: number;
  /** Set when it need not wait after all. */
  lease: Lease | undefined;
  admit: (lease: Lease) => void = (lease) => {
    this.lease = lease;
  };

  constructor(priority: number, order: number, tokens: number) {
    this.priority = priority;
    this.order = order;
    this.tokens = tokens;
  }
}

function goesBefore(a: Waiter, b: Waiter): boolean {
  return a.priority > b.priority || (a.priority === b.priority && a.order < b.order);
}

/** A call under way. */
class Place implements Lease {
  readonly flight: number;
  protected readonly lane: Lane;

  constructor(lane: Lane, flight: number) {
    this.lane = lane;
    this.flight = flight;
  }

  release(outcome: LimitOutcome): void {
    this.lane.ended(this, undefined, outcome);
  }
}

/** A call under way that is counted by the minute. */
class CountedPlace extends Place implements Counted {
  readonly tokens: number;
  holdsRequest = false;
  holdsTokens = false;
  place = 0;
  requestsBefore: number | undefined;
  tokensBefore: number | undefined;
  #released = false;

  constructor(lane: Lane, flight: number, tokens: number) {
    super(lane, flight);
    this.tokens = tokens;
  }

  goesOut(): void {
    if (this.holdsRequest || this.holdsTokens) this.lane.goesOut(this);
  }

  override release(outcome: LimitOutcome): void {
    if (this.#released) return;
    this.#released = true;
    // Also one that was not made: what went out can be taken back.
    this.goesOut();
    this.lane.ended(this, this, outcome);
  }
}
