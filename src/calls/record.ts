import { type CrewError, ModelError } from '../errors.ts';
import type { LimitOutcome, RateLimitNews } from '../spec/limits.ts';
import type { ToolCall } from '../spec/message.ts';
import type { Model, TokenCount } from '../spec/model.ts';
import type { CallRecord } from '../usage.ts';
import type { Call } from './call-site.ts';
import { costOf } from './cost.ts';
import { inputTokens, tokensOf } from './estimate.ts';
import { wishOf } from './retry.ts';

/** An attempt that is over, as it is counted. */
interface Counted {
  readonly call: Call;
  readonly model: Model;
  readonly number: number;
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: TokenCount | undefined;
}

const NO_TOKENS: TokenCount = Object.freeze({ inputTokens: 0, outputTokens: 0 });

/** What an attempt used. What was lost, and what a model does not count, is estimated and says so. */
export function recordOf(attempt: Counted, error: CrewError | undefined): CallRecord {
  const { call, model, number, usage } = attempt;
  const tokens = usage ?? estimated(attempt, error);
  const costUsd = costOf(tokens, call.spending.priceOf(model.name));
  const { inputTokens, outputTokens } = tokens;
  const isPlain = tokens.cachedInputTokens === undefined && tokens.reasoningTokens === undefined && tokens === usage;
  const record = isPlain
    ? { agent: call.agent, model: model.name, inputTokens, outputTokens }
    : { agent: call.agent, model: model.name, ...tokens };
  if (number === 1) return costUsd === null ? record : { ...record, costUsd };
  return { ...record, attempt: number, ...(costUsd !== null && { costUsd }) };
}

function estimated({ call, text, toolCalls }: Counted, error: CrewError | undefined): TokenCount {
  if (error !== undefined && didNoWork(error)) return NO_TOKENS;
  let characters = text.length;
  for (const { name, arguments: args } of toolCalls) characters += name.length + args.length;
  const tokens = { inputTokens: inputTokens(call.request), outputTokens: tokensOf(characters), estimated: true };
  return tokens;
}

/** True where the provider did no work: it answered with an error, or was not asked at all. */
function didNoWork(error: CrewError): boolean {
  if (error.code === 'AUTH' || wasNobodyAsked(error)) return true;
  if (!(error instanceof ModelError)) return false;
  return !error.sent || (error.status !== undefined && error.status >= 400);
}

/** Without an answer in the recording, and without a model behind it, there is no call that could be counted. */
export function wasNobodyAsked({ code }: CrewError): boolean {
  return code === 'RECORDING_MISS' || code === 'MODEL_MISSING';
}

/** What else is known of an attempt that is over. */
interface Told {
  readonly error: CrewError | undefined;
  /** True once its answer had come to its end, of use or not. */
  readonly answered: boolean;
  readonly news: RateLimitNews | undefined;
}

/** How an attempt went, for its model's lane. */
export function outcomeOf(record: CallRecord, { error, answered, news }: Told): LimitOutcome {
  const tokens = record.inputTokens + record.outputTokens;
  if (error === undefined) return news === undefined ? { tokens } : { tokens, news };
  const failed = !answered;
  if (!(error instanceof ModelError)) return { tokens, failed, ...(news !== undefined && { news }) };
  const { code, limits = news } = error;
  const retryAfterMs = wishOf(error);
  return {
    tokens,
    failed,
    limited: code === 'RATE_LIMITED',
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(limits !== undefined && { news: limits }),
  };
}

/** Only what is counted: a model may add things of its own, and an answer is recorded as JSON. */
export function countsOf({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: TokenCount): TokenCount {
  if (cachedInputTokens === undefined && reasoningTokens === undefined) return { inputTokens, outputTokens };
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
  };
}
