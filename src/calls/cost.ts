import type { CallCost, ModelPrice } from '../spec/limits.ts';
import type { TokenCount } from '../spec/model.ts';
import { type CallRecord, roundUsd } from '../usage.ts';

const PER = 1_000_000;

/** What a call's tokens cost in US dollars, cached input at its own price; null without a price. */
export function costOf(tokens: TokenCount, price: ModelPrice | undefined): number | null {
  if (price === undefined) return null;
  const { inputTokens, outputTokens, cachedInputTokens = 0 } = tokens;
  const {
    input,
    cachedInput = input,
    output,
  } = price.long !== undefined && inputTokens > price.long.above ? price.long : price;
  // A provider that counts cached tokens beside the input, not in it, must not make the rest negative.
  const fresh = Math.max(0, inputTokens - cachedInputTokens);
  return roundUsd((fresh * input + cachedInputTokens * cachedInput + outputTokens * output) / PER);
}

/** What a call that was made has spent, for its reservations to be settled with. */
export function spentBy({ inputTokens, outputTokens, costUsd = null }: CallRecord): CallCost {
  return { tokens: inputTokens + outputTokens, costUsd };
}
