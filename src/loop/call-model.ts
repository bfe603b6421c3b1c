import { costOf } from '../calls/cost.ts';
import type { EventBody } from '../events.ts';
import type { StepScope } from '../spec/engine.ts';
import type { Message, ToolCall } from '../spec/message.ts';
import type { FinishReason, ModelCallOptions, ModelPart, ModelRequest, TokenCount } from '../spec/model.ts';
import { type CallRecord, sumUsage } from '../usage.ts';
import { hearParts } from './hear-parts.ts';
import { excerpt, located, wrong } from './model-faults.ts';
import { cancelled, type Offer, type Work } from './work.ts';

/** What a model said, as its step records it: plain JSON. */
export interface ModelAnswer {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: FinishReason;
  readonly usage?: TokenCount;
}

/** One call to make. */
export interface ModelCall {
  /** Name of its step. */
  readonly step: string;
  readonly messages: readonly Message[];
  readonly offer: Offer;
}

/** What has been heard of an answer so far. */
interface Heard {
  /** Whether the model was asked at all: a recorded answer is not asked for again. */
  asked: boolean;
  text: string;
  readonly toolCalls: ToolCall[];
  finishReason: FinishReason | undefined;
  usage: TokenCount | undefined;
}

type ModelEvent = Pick<EventBody<'model.end'>, 'taskName' | 'agent' | 'turn' | 'callId' | 'model' | 'attempt'>;

/**
 * Asks the assignment's model, as one step, and records what that used: once, however it ends. A call that failed counts
 * too, with no tokens when it did not come to tell them.
 * @throws {ModelError} for an answer that is none: cut, empty, filtered, refused; and for what the model throws.
 */
export async function callModel(work: Work, call: ModelCall): Promise<ModelAnswer> {
  const { ctx, assignment } = work;
  const heard: Heard = { asked: false, text: '', toolCalls: [], finishReason: undefined, usage: undefined };
  let answer: ModelAnswer;
  try {
    answer = await ctx.step(call.step, (scope) => generate(work, heard, { call, scope }));
  } catch (error) {
    // Here, not where the call fails: an engine may lose an answer after it was given.
    if (heard.asked) assignment.onCall(recordOf(work, heard.usage));
    throw error;
  }
  assignment.onCall(recordOf(work, answer.usage));
  return answer;
}

interface Asking {
  readonly call: ModelCall;
  readonly scope: StepScope;
}

async function generate(work: Work, heard: Heard, { call, scope }: Asking): Promise<ModelAnswer> {
  const { assignment, ctx, turn } = work;
  const { taskName, agent, model } = assignment;
  const { events, runtime } = ctx;
  const callId = `${ctx.key}/${call.step}`;
  const at: ModelEvent = { taskName, agent, turn, callId, model: model.name, attempt: 1 };
  const request: ModelRequest = { messages: call.messages, stream: events.wants('model.delta'), ...call.offer };
  const started = runtime.monotonic();
  events.emit('model.start', () => at);
  try {
    heard.asked = true;
    const parts = model.generate(request, new CallOptions(work, scope, callId));
    const take = (part: ModelPart) => {
      hear(heard, part);
      if (part.type === 'text' && request.stream) {
        events.emit('model.delta', () => ({ taskName, agent, turn, callId, attempt: 1, text: part.text }));
      }
      return part.type !== 'end';
    };
    await hearParts(work, parts, { heard, take });
    const answer = answerOf(work, heard);
    const durationMs = runtime.monotonic() - started;
    events.emit('model.end', () => ({ ...at, durationMs, usage: sumUsage([recordOf(work, answer.usage)]) }));
    return answer;
  } catch (thrown) {
    const error = scope.signal.aborted ? cancelled(work, scope.signal) : located(work, thrown);
    const durationMs = runtime.monotonic() - started;
    events.emit('model.end', () => ({
      ...at,
      durationMs,
      usage: sumUsage([recordOf(work, heard.usage)]),
      error: { code: error.code, message: error.message },
    }));
    throw error;
  }
}

/** What a model is told of a call. The signal is read through: making one costs more than the rest of a small call. */
class CallOptions implements ModelCallOptions {
  readonly runId: string;
  readonly taskName: string;
  readonly agent: string;
  readonly key: string;
  readonly #scope: StepScope;

  constructor({ assignment, ctx }: Work, scope: StepScope, key: string) {
    this.runId = ctx.runId;
    this.taskName = assignment.taskName;
    this.agent = assignment.agent;
    this.key = key;
    this.#scope = scope;
  }

  get signal(): AbortSignal {
    return this.#scope.signal;
  }
}

function hear(heard: Heard, part: ModelPart): void {
  switch (part.type) {
    case 'text':
      heard.text += part.text;
      return;
    case 'toolCall':
      heard.toolCalls.push({ id: part.id, name: part.name, arguments: part.arguments });
      return;
    case 'end':
      heard.finishReason = part.finishReason;
      heard.usage = part.usage && tokensOf(part.usage);
  }
}

/** Only what is counted: a model may add things of its own, and an answer is recorded as JSON. */
function tokensOf({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: TokenCount): TokenCount {
  if (cachedInputTokens === undefined && reasoningTokens === undefined) return { inputTokens, outputTokens };
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
  };
}

/** The answer, when it is one. A cut or empty answer is never taken for a short one. */
function answerOf(work: Work, { text, toolCalls, finishReason, usage }: Heard): ModelAnswer {
  switch (finishReason) {
    case undefined:
      throw wrong(work, 'stopped in the middle of its answer', { code: 'STREAM_TRUNCATED', text, retryable: true });
    case 'length':
      throw wrong(
        work,
        'reached its limit of tokens before it had finished its answer. Raise settings.maxOutputTokens, or ask for less',
        { code: 'OUTPUT_TRUNCATED', text },
      );
    case 'filter':
      throw wrong(work, "had its answer withheld by the provider's content filter. Reword the task", {
        code: 'CONTENT_FILTERED',
        text,
      });
    case 'refusal':
      throw wrong(work, `refused to answer${text === '' ? '' : ` ("${excerpt(text)}")`}. Reword the task`, {
        code: 'REFUSED',
        text,
      });
    case 'stop':
    case 'toolCalls':
      break;
  }
  if (toolCalls.length === 0 && text.trim() === '') {
    throw wrong(work, 'gave an empty answer', { code: 'BAD_RESPONSE', text, retryable: true });
  }
  return usage === undefined ? { text, toolCalls, finishReason } : { text, toolCalls, finishReason, usage };
}

const NO_TOKENS: TokenCount = Object.freeze({ inputTokens: 0, outputTokens: 0 });

function recordOf({ assignment }: Work, usage: TokenCount = NO_TOKENS): CallRecord {
  const { agent, model, spending } = assignment;
  const costUsd = costOf(usage, spending.priceOf(model.name));
  const record = { agent, model: model.name, ...usage };
  return costUsd === null ? record : { ...record, costUsd };
}
