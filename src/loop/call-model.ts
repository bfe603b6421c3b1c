import type { EventBody } from '../events.ts';
import type { StepScope } from '../spec/engine.ts';
import type { Message, ToolCall } from '../spec/message.ts';
import type { FinishReason, ModelCallOptions, ModelPart, ModelRequest, TokenCount } from '../spec/model.ts';
import { type CallRecord, sumUsage } from '../usage.ts';
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
  text: string;
  readonly toolCalls: ToolCall[];
  end: Extract<ModelPart, { readonly type: 'end' }> | undefined;
}

type ModelEvent = Pick<EventBody<'model.end'>, 'taskName' | 'agent' | 'turn' | 'callId' | 'model'>;

/**
 * Asks the assignment's model, as one step, and records what that used.
 * @throws {ModelError} for an answer that is none: cut, empty, filtered, refused; and for what the model throws.
 */
export async function callModel(work: Work, call: ModelCall): Promise<ModelAnswer> {
  const answer = await work.ctx.step(call.step, (scope) => generate(work, call, scope));
  work.assignment.onCall(recordOf(work, answer.usage));
  return answer;
}

async function generate(work: Work, call: ModelCall, scope: StepScope): Promise<ModelAnswer> {
  const { assignment, ctx, turn } = work;
  const { taskName, agent, model } = assignment;
  const { events, runtime } = ctx;
  const callId = `${ctx.key}/${call.step}`;
  const at: ModelEvent = { taskName, agent, turn, callId, model: model.name };
  const request: ModelRequest = { messages: call.messages, stream: events.wants('model.delta'), ...call.offer };
  const heard: Heard = { text: '', toolCalls: [], end: undefined };
  const started = runtime.monotonic();
  events.emit('model.start', () => ({ ...at, attempt: 1 }));
  try {
    for await (const part of model.generate(request, new CallOptions(work, scope, callId))) {
      hear(work, heard, part);
      if (part.type === 'text' && request.stream) {
        events.emit('model.delta', () => ({ taskName, agent, turn, callId, text: part.text }));
      }
      if (heard.end !== undefined) break;
    }
    const answer = answerOf(work, heard);
    const durationMs = runtime.monotonic() - started;
    events.emit('model.end', () => ({ ...at, durationMs, usage: sumUsage([recordOf(work, answer.usage)]) }));
    return answer;
  } catch (thrown) {
    const error = scope.signal.aborted ? cancelled(work, scope.signal) : located(work, thrown);
    const used = heard.end?.usage && recordOf(work, heard.end.usage);
    if (used !== undefined) assignment.onCall(used);
    const durationMs = runtime.monotonic() - started;
    events.emit('model.end', () => ({
      ...at,
      durationMs,
      ...(used !== undefined && { usage: sumUsage([used]) }),
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

function hear(work: Work, heard: Heard, part: ModelPart): void {
  switch (part.type) {
    case 'text':
      heard.text += part.text;
      return;
    case 'toolCall':
      heard.toolCalls.push({ id: part.id, name: part.name, arguments: part.arguments });
      return;
    case 'end':
      heard.end = part;
      return;
    default:
      part satisfies never;
      throw wrong(work, 'gave a part that is neither text, toolCall nor end', {
        code: 'BAD_RESPONSE',
        text: heard.text,
      });
  }
}

/** The answer, when it is one. A cut or empty answer is never taken for a short one. */
function answerOf(work: Work, { text, toolCalls, end }: Heard): ModelAnswer {
  if (end === undefined) {
    throw wrong(work, 'stopped in the middle of its answer', { code: 'STREAM_TRUNCATED', text, retryable: true });
  }
  switch (end.finishReason) {
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
  const { finishReason, usage } = end;
  return usage === undefined ? { text, toolCalls, finishReason } : { text, toolCalls, finishReason, usage };
}

const NO_TOKENS: TokenCount = Object.freeze({ inputTokens: 0, outputTokens: 0 });

function recordOf({ assignment }: Work, usage: TokenCount = NO_TOKENS): CallRecord {
  return { agent: assignment.agent, model: assignment.model.name, ...usage };
}
