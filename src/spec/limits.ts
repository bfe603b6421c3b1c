/** How many calls a model takes. */
export interface ModelLimits {
  /** Calls under way at the same time. Adapts down when the provider says 429, and grows back. @default no limit */
  readonly maxConcurrency?: number;
  /** Calls in any 60 seconds. @default no limit */
  readonly requestsPerMinute?: number;
  /** Tokens, in and out together, in any 60 seconds: reserved by an estimate, settled by what was used. @default no limit */
  readonly tokensPerMinute?: number;
}

/** What a provider's answer says of its limits: its rate-limit headers, as milliseconds and counts. */
export interface RateLimitNews {
  readonly limitRequests?: number;
  readonly remainingRequests?: number;
  /** Until the count of requests is full again. */
  readonly resetRequestsMs?: number;
  readonly limitTokens?: number;
  readonly remainingTokens?: number;
  readonly resetTokensMs?: number;
}

/** Why a call waits: for a free place, for the minute's requests or tokens, or because the provider asked for a pause. */
export type LimitReason = 'concurrency' | 'requests' | 'tokens' | 'pause';

/** What a call asks its model's limiter for. */
export interface LimitRequest {
  /** The call's tokens, in and out together, as estimated. */
  readonly tokens: number;
  /** The highest goes first, then first come, first served. Asked for only when the call has to wait. */
  priority(): number;
  /** Ends the wait: the call is not wanted any more. Asked for only when the call has to wait. */
  signal(): AbortSignal;
  /** Told once, when the call has to wait; of a pause also until when, on the monotonic clock. */
  onWait(reason: LimitReason, until?: number): void;
  /** Told whenever a pause begins, or grows, while the call waits: until when, on the monotonic clock. @default not told */
  readonly onPause?: (until: number) => void;
}

/** How a call ended, as its model's limiter sees it. */
export interface LimitOutcome {
  /** The call was not made after all: it counts for nothing. @default false */
  readonly unused?: boolean;
  /** Tokens that it used; undefined when that is not known, and the estimate stands. */
  readonly tokens?: number;
  /** The provider said that there were too many calls (429). */
  readonly limited?: boolean;
  /** It ended without an answer: a fault of the server, a timeout, a broken connection, a cancellation. @default false */
  readonly failed?: boolean;
  /** How long the provider asks everybody to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly news?: RateLimitNews;
}

/** A call's place in its model's lane. */
export interface Lease {
  /** To be called exactly once, when the call has ended. */
  release(outcome: LimitOutcome): void;
  /**
   * To be called when the call goes out. Between its lane and its way out it may wait for its task's place among those at
   * work, or for money; so what it needs of a minute's allowance is held for it until now, and counted from now. Absent
   * where nothing is counted.
   */
  goesOut?(): void;
}

/** What paces the calls of one model: one lane, shared by all who call it. */
export interface Limiter {
  /** Answers at once where nothing has to be waited for. @throws the reason of the signal, when it aborts first. */
  acquire(request: LimitRequest): Lease | Promise<Lease>;
}

/** A model's lane, as an engine is asked for its limiter. `owner` is the model: one object, one lane. */
export interface Lane {
  readonly name: string;
  readonly limits: ModelLimits;
  readonly owner: object;
}

/**
 * How long a run waits for what its user wrote, in milliseconds, at least 1. What belongs to a task is waited for no longer
 * than the task has time, either.
 */
export interface CrewTimeouts {
  /** One answer of `approve`; none in time is a refusal. @default 600,000 */
  readonly approvalMs?: number;
  /** One guardrail that is a function; no verdict in time is a rejection. @default 60,000 */
  readonly guardrailMs?: number;
  /** `beforeKickoff`, `afterKickoff` and the schema of the inputs, each; then the run fails. @default 1,800,000 */
  readonly callbackMs?: number;
}

/** What a budget counts. */
export type BudgetKind = 'tokens' | 'modelCalls' | 'costUsd' | 'wallMs';

/** What a run, or one of its tasks, may spend. All bounds that are given hold. */
export interface BudgetLimits {
  /** Input and output tokens together. */
  readonly tokens?: number;
  /** Every attempt counts, also one that failed. */
  readonly modelCalls?: number;
  /** US dollars. Every model needs a price. */
  readonly costUsd?: number;
  /** Milliseconds from the start of the task; of the run, with its `beforeKickoff` and without its `afterKickoff`. */
  readonly wallMs?: number;
}

/** What one call may spend, estimated from above before it is made; afterwards, what it did spend. */
export interface CallCost {
  readonly tokens: number;
  /** Null when its model has no price. */
  readonly costUsd: number | null;
}

/** Money and tokens put aside for a call. */
export interface Reservation {
  /** To be called exactly once, with what was spent; undefined when the call was not made after all. Later calls change nothing. */
  settle(spent: CallCost | undefined): void;
}

/** Who wants to make a call. */
export interface Spender {
  readonly taskName: string;
  readonly agent: string;
  /** Ends the wait for a reservation: the call is not wanted any more. Asked for only when there is a wait. */
  signal(): AbortSignal;
}

/** What is left of a budget, shared by all who spend it. */
export interface Budget {
  /**
   * Puts aside what one attempt may cost. What does not fit beside the calls under way waits until they have settled, for
   * they may cost less than was put aside; alone, a call is made as long as anything is left, however much it may cost.
   * So nothing is refused that could still be paid, and what is spent exceeds the budget by one call at most (where
   * calls cost more than was estimated: by one for each call under way).
   *
   * Where several budgets apply, reserve the narrower first (a task's, then its run's), always in this order.
   * @throws {CrewError} `BUDGET_EXCEEDED` when nothing is left, `PRICE_UNKNOWN` when it bounds money and the cost is not
   * known, and the reason of the signal when it aborts first; nothing is reserved then.
   */
  reserve(cost: CallCost, spender: Spender): Reservation | Promise<Reservation>;
  /** Warns when most of the wall time is over, also while no call is made; what is returned ends that. */
  warnInTime(): () => void;
}

/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number;
  /** Input that the provider had in its cache. @default the price of input */
  readonly cachedInput?: number;
  /** Output, reasoning included. */
  readonly output: number;
  /** What all tokens of a call cost whose input is longer than `above` tokens. @default the same */
  readonly long?: {
    readonly above: number;
    readonly input: number;
    readonly cachedInput?: number;
    readonly output: number;
  };
}

/** Prices by model name. A name without a date also serves its dated snapshots, such as `gpt-5-mini-2025-08-07`. */
export interface ModelPrices {
  readonly [model: string]: ModelPrice;
}

/** What pays for the calls of one piece of work. */
export interface Spending {
  /** The budgets that apply, the narrower first: a task's, then its run's. Empty where nothing is bounded. */
  readonly budgets: readonly Budget[];
  /** What a model costs, by the name that its usage is counted under; undefined where nobody knows. */
  priceOf(model: string): ModelPrice | undefined;
}
