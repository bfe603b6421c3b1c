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
  /** Told once, when the call has to wait. */
  onWait(reason: LimitReason): void;
}

/** How a call ended, as its model's limiter sees it. */
export interface LimitOutcome {
  /** Tokens that it used; undefined when that is not known, and the estimate stands. */
  readonly tokens?: number;
  /** The provider said that there were too many calls (429). */
  readonly limited?: boolean;
  /** How long the provider asks everybody to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly news?: RateLimitNews;
}

/** A call's place in its model's lane. */
export interface Lease {
  /** To be called exactly once, when the call has ended. */
  release(outcome: LimitOutcome): void;
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
  /** Milliseconds from the start. */
  readonly wallMs?: number;
}

/** What one call may spend, estimated from above before it is made; afterwards, what it did spend. */
export interface CallCost {
  readonly tokens: number;
  readonly costUsd: number;
}

/** Money and tokens put aside for a call. */
export interface Reservation {
  /** To be called exactly once, with what was spent. */
  settle(spent: CallCost): void;
}

/** What is left of a budget, shared by all who spend it. */
export interface Budget {
  /** @throws {CrewError} `BUDGET_EXCEEDED` when what is left does not allow the call; nothing is reserved then. */
  reserve(cost: CallCost): Reservation | Promise<Reservation>;
}
