import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lane } from '../../src/calls/lane.ts';
import type { Lease, LimitOutcome, LimitReason, ModelLimits } from '../../src/spec/limits.ts';
import { RUNS } from '../sizes.ts';
import { QuickClock } from './quick-clock.ts';

const TIMEOUT_MS = 60_000;
const MINUTE = 60_000;
/** What the lane adds to a minute for safety, and one slot of its window. */
const SAFE = MINUTE + 1_000 + 50;

/** Somebody who will call, as drawn. Times in milliseconds. */
interface Plan {
  readonly arrives: number;
  readonly lasts: number;
  readonly priority: number;
  readonly tokens: number;
  /** What it really uses; null when it does not come to tell. */
  readonly used: number | null;
  /** Gives up so long after it arrived, wherever it is then. */
  readonly patience: number | null;
  readonly outcome: LimitOutcome;
}

interface Caller {
  readonly plan: Plan;
  readonly order: number;
  state: 'away' | 'waiting' | 'under way' | 'done' | 'gone';
  wentAt: number;
  /** What counts against the minute's tokens. */
  amount: number;
  lease: Lease | undefined;
  error: unknown;
  readonly told: LimitReason[];
  readonly controller: AbortController;
}

const limits: fc.Arbitrary<ModelLimits> = fc.record(
  {
    maxConcurrency: fc.integer({ min: 1, max: 5 }),
    requestsPerMinute: fc.integer({ min: 1, max: 8 }),
    tokensPerMinute: fc.integer({ min: 1, max: 2_000 }),
  },
  { requiredKeys: [] },
);

const plain = fc.constant<LimitOutcome>({});
const paused = fc.record({ retryAfterMs: fc.integer({ min: -5, max: 90_000 }) });
const refused = fc.record(
  { limited: fc.constant(true), retryAfterMs: fc.integer({ min: 0, max: 90_000 }) },
  { requiredKeys: ['limited'] },
);
const count = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0.5));
const news = fc.record(
  {
    limited: fc.boolean(),
    news: fc.record(
      {
        limitRequests: count,
        remainingRequests: count,
        resetRequestsMs: fc.integer({ min: -1, max: 200_000 }),
        limitTokens: fc.integer({ min: 0, max: 3_000 }),
        remainingTokens: fc.integer({ min: 0, max: 3_000 }),
        resetTokensMs: fc.integer({ min: -1, max: 200_000 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ['news'] },
);

function plans(outcome: fc.Arbitrary<LimitOutcome>): fc.Arbitrary<Plan[]> {
  const plan = fc.record({
    arrives: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 150_000 })),
    lasts: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 100_000 })),
    priority: fc.integer({ min: 0, max: 2 }),
    tokens: fc.integer({ min: 0, max: 1_500 }),
    used: fc.option(fc.integer({ min: 0, max: 2_000 })),
    patience: fc.option(fc.integer({ min: 0, max: 200_000 }), { freq: 4 }),
    outcome,
  });
  return fc.array(plan, { maxLength: 20 });
}

/** Plays the plans against a lane; `look` is called after all that happens, `onGo` when a call is let go. */
class Play {
  readonly clock = new QuickClock();
  readonly lane: Lane;
  readonly callers: Caller[];
  readonly went: Caller[] = [];
  pausedUntil = 0;
  hasWaited = false;

  constructor(declared: ModelLimits, list: readonly Plan[]) {
    this.lane = new Lane(this.clock, declared);
    this.callers = list.map((plan, order) => ({
      plan,
      order,
      state: 'away',
      wentAt: 0,
      amount: 0,
      lease: undefined,
      error: undefined,
      told: [],
      controller: new AbortController(),
    }));
  }

  get waiting(): Caller[] {
    return this.callers.filter(({ state }) => state === 'waiting');
  }

  get underWay(): number {
    return this.callers.filter(({ state }) => state === 'under way').length;
  }

  async run(look: () => void = () => {}): Promise<void> {
    for (const caller of this.callers) {
      this.clock.timer(caller.plan.arrives, () => this.#arrive(caller));
    }
    await this.clock.run(() => {
      const { underWay, waiting } = this.lane.state;
      this.hasWaited ||= this.callers.some(({ told }) => told.length > 0);
      must(underWay === this.underWay && waiting === this.waiting.length, 'the lane counts otherwise');
      look();
    });
  }

  /** Before those who wait go: who of them is first. */
  first(): Caller | undefined {
    const before = (a: Caller, b: Caller) =>
      b.plan.priority - a.plan.priority || a.plan.arrives - b.plan.arrives || a.order - b.order;
    return this.waiting.sort(before)[0];
  }

  #arrive(caller: Caller): void {
    const { plan, controller } = caller;
    caller.state = 'waiting';
    const answer = this.lane.acquire({
      tokens: plan.tokens,
      priority: () => plan.priority,
      signal: () => controller.signal,
      onWait: (reason) => caller.told.push(reason),
    });
    if (plan.patience !== null) this.clock.timer(plan.patience, () => this.#giveUp(caller));
    if (answer instanceof Promise) {
      answer.then(
        (lease) => this.#go(caller, lease),
        (error: unknown) => {
          caller.error = error;
        },
      );
    } else {
      expect(caller.told).toEqual([]);
      this.#go(caller, answer);
    }
  }

  #giveUp(caller: Caller): void {
    const { controller } = caller;
    const before = this.lane.state.waiting;
    controller.abort(new Error(`${caller.order}`));
    if (caller.state !== 'waiting') return;
    caller.state = 'gone';
    // Those whom it had been in the way of may have gone in the same moment.
    expect(this.lane.state.waiting).toBeLessThan(before);
  }

  #go(caller: Caller, lease: Lease): void {
    // Of all who wait it is the first to go.
    must(caller.state === 'waiting' && this.first() === caller, 'another was first');
    caller.state = 'under way';
    lease.goesOut?.();
    caller.wentAt = this.clock.monotonic();
    caller.amount = Math.max(1, caller.plan.tokens);
    caller.lease = lease;
    this.went.push(caller);
    this.clock.timer(caller.plan.lasts, () => this.#end(caller));
  }

  #end(caller: Caller): void {
    const { used, outcome } = caller.plan;
    caller.state = 'done';
    if (used !== null) caller.amount = Math.max(1, used);
    const ms = outcome.retryAfterMs ?? 0;
    if (ms > 0) this.pausedUntil = Math.max(this.pausedUntil, this.clock.monotonic() + ms);
    caller.lease?.release({ ...outcome, ...(used !== null && { tokens: used }) });
  }
}

/** Asked so often that a whole "expect" would take most of the time. */
function must(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}

const sum = (callers: readonly Caller[]) => callers.reduce((total, { amount }) => total + amount, 0);

test(
  'never more than allowed under way, in any minute, or during a pause',
  async () => {
    const check = async (declared: ModelLimits, list: Plan[]) => {
      const play = new Play(declared, list);
      const { maxConcurrency = Infinity, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = declared;
      let seen = 0;
      await play.run(() => {
        must(play.underWay <= maxConcurrency, 'too many are under way');
        for (; seen < play.went.length; seen += 1) {
          const caller = play.went[seen];
          const now = caller?.wentAt ?? 0;
          const minute = play.went.slice(0, seen + 1).filter(({ wentAt }) => wentAt > now - MINUTE);
          must(minute.length <= requestsPerMinute, 'too many went in a minute');
          const others = sum(minute) - (caller?.amount ?? 0);
          // One that is larger than all that a minute allows goes when nothing else has gone.
          must(others === 0 || sum(minute) <= tokensPerMinute, 'too many tokens went in a minute');
          must(play.pausedUntil <= now, 'one went during a pause');
        }
      });
    };
    await fc.assert(fc.asyncProperty(limits, plans(fc.oneof(plain, paused)), check), { numRuns: RUNS });
  },
  TIMEOUT_MS,
);

test(
  'nobody waits while a place and what they need of the minute are free',
  async () => {
    const check = async (declared: ModelLimits, list: Plan[]) => {
      const play = new Play(declared, list);
      const { maxConcurrency = Infinity, requestsPerMinute = Infinity, tokensPerMinute = Infinity } = declared;
      const isCounted = requestsPerMinute < Infinity || tokensPerMinute < Infinity;
      await play.run(() => {
        const first = play.first();
        if (first === undefined || play.clock.hasMoreNow) return;
        const now = play.clock.monotonic();
        const minute = play.went.filter(({ wentAt }) => wentAt > now - SAFE);
        const need = Math.min(tokensPerMinute, Math.max(1, first.plan.tokens));
        const reasons = [
          now < play.pausedUntil,
          play.underWay >= maxConcurrency,
          minute.length >= requestsPerMinute,
          sum(minute) + need > tokensPerMinute,
          // Once a minute's allowance was used up, the next takes an eighth of a minute to go out.
          play.hasWaited && isCounted && now < (play.went.at(-1)?.wentAt ?? 0) + SAFE / 8,
        ];
        must(reasons.includes(true), 'the first waits for nothing');
      });
    };
    await fc.assert(fc.asyncProperty(limits, plans(fc.oneof(plain, paused)), check), { numRuns: RUNS });
  },
  TIMEOUT_MS,
);

test(
  'whatever providers say, all who do not give up go, those who do leave at once, and nothing is left behind',
  async () => {
    const check = async (declared: ModelLimits, list: Plan[]) => {
      const play = new Play(declared, list);
      await play.run(() => {
        const { allowed } = play.lane.state;
        must(allowed >= 1 && allowed <= (declared.maxConcurrency ?? Infinity), `${allowed} are allowed`);
      });
      for (const { state, plan, error, order, told } of play.callers) {
        expect(state).toBe(error === undefined ? 'done' : 'gone');
        if (error !== undefined) expect(error).toEqual(new Error(`${order}`));
        if (plan.patience === null) expect(state).toBe('done');
        expect(told.length).toBeLessThanOrEqual(1);
      }
      expect(play.lane.state).toMatchObject({ underWay: 0, waiting: 0 });
      expect(play.clock.scheduled).toBe(0);
      expect(new Set(play.went).size).toBe(play.went.length);
    };
    await fc.assert(fc.asyncProperty(limits, plans(fc.oneof(plain, paused, refused, news)), check), { numRuns: RUNS });
  },
  TIMEOUT_MS,
);
