import { type CrewError, ModelError } from '../errors.ts';
import { LONGEST_TIMER_MS } from '../internal/runtime.ts';

/** Tries after the first, where a model says nothing else. */
export const DEFAULT_RETRIES = 6;
/** Tries after an answer that cannot be used: a model that gives two of those in a row seldom mends. */
const MALFORMED_RETRIES = 2;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A wish is exceeded by up to this share, so that those who were told the same time do not all come back at once. */
const WISH_JITTER = 0.1;
const CENTURY_MS = 100 * 365 * 86_400_000;

/** How often a call has failed, and what is left for it. */
export interface Tries {
  /** Failed attempts so far, this one included; those among them that gave an answer that cannot be used. */
  readonly failed: number;
  readonly malformed: number;
  /** Most attempts after the first. */
  readonly retries: number;
  /** Until the work that the call is part of must be over. Infinity when there is no end to it. */
  readonly leftMs: number;
  /** At least 0, below 1. */
  readonly random: number;
}

/** What to do about a failed attempt: try again, give up, or stop because the provider wants a wait that does not fit. */
export type NextStep =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'giveUp' }
  | { readonly kind: 'tooLong'; readonly waitMs: number };

const GIVE_UP: NextStep = Object.freeze({ kind: 'giveUp' });

/** How long the provider asks to wait. What no provider can mean is ignored: less than nothing, more than a century. */
export function wishOf({ retryAfterMs = Number.NaN }: ModelError): number | undefined {
  return retryAfterMs >= 0 && retryAfterMs <= CENTURY_MS ? retryAfterMs : undefined;
}

/** True for an answer that came and cannot be used. */
export function isMalformed(error: CrewError): boolean {
  return error.code === 'BAD_RESPONSE';
}

/**
 * Whether a failed attempt is made again, and after how long: a random part of 0.5 s · 2ⁿ, at most 30 s ("full jitter",
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/); not before the provider's wish is over.
 */
export function nextStep(error: CrewError, { failed, malformed, retries, leftMs, random }: Tries): NextStep {
  if (!(error instanceof ModelError) || !error.retryable || failed > retries) return GIVE_UP;
  if (isMalformed(error) && malformed > MALFORMED_RETRIES) return GIVE_UP;
  const backoffMs = random * Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failed - 1));
  const wishMs = wishOf(error) ?? 0;
  if (wishMs > 0 && wishMs >= Math.min(leftMs, LONGEST_TIMER_MS)) return { kind: 'tooLong', waitMs: wishMs };
  const delayMs = Math.max(backoffMs, wishMs * (1 + WISH_JITTER * random));
  if (delayMs < leftMs) return { kind: 'again', delayMs: Math.min(delayMs, LONGEST_TIMER_MS) };
  return wishMs > 0 ? { kind: 'again', delayMs: wishMs } : GIVE_UP;
}
