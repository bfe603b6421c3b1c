import type { TokenCount } from './spec/model.ts';

/** What one model call used. The only place where usage is recorded; everything else is a sum of these. */
export interface CallRecord extends TokenCount {
  readonly agent: string;
  readonly model: string;
  /** Which try of the call this was, from 1. @default 1 */
  readonly attempt?: number;
  /** True when the tokens are an estimate: the answer was lost, or the model does not count. @default false */
  readonly estimated?: boolean;
  /** What it cost in US dollars; null when the model has no price. @default null */
  readonly costUsd?: number | null;
}

/** Tokens, calls and money of one agent or one model. */
export interface UsageShare {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Every attempt counts, also one that failed. */
  readonly modelCalls: number;
  /** How many of these calls have tokens that are an estimate: the answer was lost, or the model does not count. */
  readonly estimatedCalls: number;
  /**
   * What the calls cost in US dollars, at list prices; null when a model among them has no price. Rounded to 10⁻¹² dollars,
   * so that sums look as written by hand (0.1 + 0.2 is 0.3) and shares add up to their total.
   */
  readonly costUsd: number | null;
}

/** What a task or a run used. Cached tokens are part of the input tokens, reasoning part of the output tokens. */
export interface Usage extends UsageShare {
  readonly byAgent: { readonly [agent: string]: UsageShare };
  readonly byModel: { readonly [model: string]: UsageShare };
}

type Tally = { -readonly [K in keyof UsageShare]: UsageShare[K] };

const zero = (): Tally => ({
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  modelCalls: 0,
  estimatedCalls: 0,
  costUsd: 0,
});

/** What something that called no model used. Shared, so that a code task costs nothing here. */
export const NO_USAGE: Usage = Object.freeze({ ...zero(), byAgent: Object.freeze({}), byModel: Object.freeze({}) });

function add(tally: Tally, call: CallRecord): void {
  tally.inputTokens += call.inputTokens;
  tally.cachedInputTokens += call.cachedInputTokens ?? 0;
  tally.outputTokens += call.outputTokens;
  tally.reasoningTokens += call.reasoningTokens ?? 0;
  tally.modelCalls += 1;
  if (call.estimated === true) tally.estimatedCalls += 1;
  if (tally.costUsd !== null) tally.costUsd = plus(tally.costUsd, call.costUsd);
}

function addShare(tally: Tally, part: UsageShare): void {
  tally.inputTokens += part.inputTokens;
  tally.cachedInputTokens += part.cachedInputTokens;
  tally.outputTokens += part.outputTokens;
  tally.reasoningTokens += part.reasoningTokens;
  tally.modelCalls += part.modelCalls;
  tally.estimatedCalls += part.estimatedCalls;
  if (tally.costUsd !== null) tally.costUsd = plus(tally.costUsd, part.costUsd);
}

/** Units in a dollar. Prices are given per million tokens with a few decimals, so each token costs a whole number of them. */
const UNITS = 1e12;

/** Money as it is told: without the dust that binary fractions leave. Sums beyond $ 4,000 have less exact digits anyway. */
export function roundUsd(dollars: number): number {
  return Math.round(dollars * UNITS) / UNITS;
}

/** What is not known makes the sum unknown. */
function plus(sum: number, cost: number | null | undefined): number | null {
  if (cost === null || cost === undefined) return null;
  return cost === 0 ? sum : roundUsd(sum + cost);
}

function share(shares: Map<string, Tally>, key: string): Tally {
  let tally = shares.get(key);
  if (tally === undefined) {
    tally = zero();
    shares.set(key, tally);
  }
  return tally;
}

/** Written out, since a spread costs as much as all the adding. */
function whole(total: Tally, byAgent: Usage['byAgent'], byModel: Usage['byModel']): Usage {
  return {
    inputTokens: total.inputTokens,
    cachedInputTokens: total.cachedInputTokens,
    outputTokens: total.outputTokens,
    reasoningTokens: total.reasoningTokens,
    modelCalls: total.modelCalls,
    estimatedCalls: total.estimatedCalls,
    costUsd: total.costUsd,
    byAgent,
    byModel,
  };
}

/** The usage of one call, which most tasks have. */
function usageOf(call: CallRecord): Usage {
  const total = zero();
  add(total, call);
  // Nobody changes a share once it is made, so one object serves all three.
  return whole(total, { [call.agent]: total }, { [call.model]: total });
}

/** Adds calls up: each exactly once, in total, by agent and by model. */
export function sumUsage(calls: readonly CallRecord[]): Usage {
  const [only] = calls;
  if (only !== undefined && calls.length === 1) return usageOf(only);
  const total = zero();
  const agents = new Map<string, Tally>();
  const models = new Map<string, Tally>();
  for (const call of calls) {
    add(total, call);
    add(share(agents, call.agent), call);
    add(share(models, call.model), call);
  }
  if (total.modelCalls === 0) return NO_USAGE;
  return whole(total, Object.fromEntries(agents), Object.fromEntries(models));
}

/** Adds usage up, shares included. What used nothing costs nothing here. */
export function mergeUsage(usages: Iterable<Usage>): Usage {
  const total = zero();
  const agents = new Map<string, Tally>();
  const models = new Map<string, Tally>();
  let first: Usage | undefined;
  let several = false;
  for (const usage of usages) {
    if (usage.modelCalls === 0) continue;
    if (first === undefined) first = usage;
    else several = true;
    addShare(total, usage);
    for (const [agent, part] of Object.entries(usage.byAgent)) addShare(share(agents, agent), part);
    for (const [model, part] of Object.entries(usage.byModel)) addShare(share(models, model), part);
  }
  if (!several) return first ?? NO_USAGE;
  return whole(total, Object.fromEntries(agents), Object.fromEntries(models));
}
