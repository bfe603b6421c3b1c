import { isJsonObject, parseJson } from '../internal/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { RateLimitNews } from '../spec/limits.ts';
import type { FinishReason, ModelPart, TokenCount } from '../spec/model.ts';
import { AnswerProblem, ProviderFailure } from './openai-failure.ts';
import { ToolCallAssembly } from './openai-tool-calls.ts';

/** What has been read of an answer, from one JSON body or from the events of a stream. */
export class Answer {
  #text = '';
  #refusal = '';
  #finish = '';
  #usage: TokenCount | undefined;
  /** What the server says of its limits, for the end part. */
  limits: RateLimitNews | undefined;
  /** Pieces so far that are no text and yet get the answer on: of tool calls, and of thoughts. */
  silent = 0;
  readonly #calls = new ToolCallAssembly();
  readonly #takenIds: () => Iterable<string>;

  /** `takenIds`: ids of tool calls that the conversation already has. */
  constructor(takenIds: () => Iterable<string>) {
    this.#takenIds = takenIds;
  }

  get text(): string {
    return this.#text;
  }

  /** Reads a whole body and gives all parts.
   *  @throws {AnswerProblem | ProviderFailure} when it is not an answer. */
  whole(source: string): ModelPart[] {
    if (source.trim() === '') throw new AnswerProblem('BAD_RESPONSE', 'its body is empty');
    const body = readObject(source);
    const choice = firstChoice(body);
    if (choice === undefined) throw new AnswerProblem('BAD_RESPONSE', 'it has no choices', source);
    const { message } = choice;
    if (!isJsonObject(message)) throw new AnswerProblem('BAD_RESPONSE', 'its choice has no message', source);
    const text = this.#take(message, choice, body);
    this.#calls.addWhole(toolCallsOf(message));
    if (this.#finish === '') throw new AnswerProblem('BAD_RESPONSE', 'it has no finish_reason', source);
    const rest = this.finish();
    return text === '' ? rest : [{ type: 'text', text }, ...rest];
  }

  /** Reads one event of a stream and gives its text, often none.
   *  @throws {AnswerProblem | ProviderFailure} when it is not a piece of an answer. */
  piece(source: string): string {
    const body = readObject(source);
    const choice = firstChoice(body);
    if (choice === undefined) {
      this.#usage = readUsage(body['usage']) ?? this.#usage;
      return '';
    }
    const { index, delta } = choice;
    if (typeof index === 'number' && index !== 0) return '';
    if (delta !== undefined && delta !== null && !isJsonObject(delta)) {
      throw new AnswerProblem('BAD_RESPONSE', 'a delta is not an object', source);
    }
    const piece = delta ?? {};
    const calls = toolCallsOf(piece);
    this.#calls.addPieces(calls);
    if (hasUsefulCall(calls) || THOUGHTS.some((field) => isUseful(piece[field]))) this.silent += 1;
    return this.#take(piece, choice, body);
  }

  /** The parts after the text: tool calls, then the end.
   *  @throws {AnswerProblem} when the answer is cut or empty. */
  finish(): ModelPart[] {
    if (this.#finish === '') throw this.cut();
    const finishReason = this.#finishReason();
    const calls = finishReason === 'toolCalls' ? this.#calls.parts(this.#takenIds()) : [];
    if (finishReason === 'stop' && this.#text.trim() === '') {
      throw new AnswerProblem('BAD_RESPONSE', 'it holds neither text nor tool calls');
    }
    const usage = this.#usage;
    const limits = this.limits;
    return [
      ...calls,
      { type: 'end', finishReason, ...(usage !== undefined && { usage }), ...(limits !== undefined && { limits }) },
    ];
  }

  /** A stream ended before its end. */
  cut(): AnswerProblem {
    const missing = this.#finish === '' ? 'a finish_reason' : 'its last event, [DONE]';
    return new AnswerProblem('STREAM_TRUNCATED', `the stream ended without ${missing}`);
  }

  /** Takes what a message or a delta holds; returns its text. */
  #take(message: JsonObject, choice: JsonObject, body: JsonObject): string {
    const content = readText(message, 'content');
    const refusal = readText(message, 'refusal');
    this.#text += content + refusal;
    this.#refusal += refusal;
    this.#finish = readText(choice, 'finish_reason') || this.#finish;
    this.#usage = readUsage(body['usage']) ?? this.#usage;
    return content + refusal;
  }

  #finishReason(): FinishReason {
    if (this.#refusal !== '') return 'refusal';
    switch (this.#finish) {
      case 'length':
        return 'length';
      case 'content_filter':
        return 'filter';
      case 'error':
        throw new AnswerProblem('BAD_RESPONSE', 'it ends with finish_reason "error"');
      default:
        // Servers say `stop` after tool calls too, and have words of their own for an ordinary end.
        return this.#calls.size > 0 ? 'toolCalls' : 'stop';
    }
  }
}

/** Where servers put what a model thinks before it answers. */
const THOUGHTS = ['reasoning_content', 'reasoning'] as const;

/** A name or arguments in it that are more than white space. */
function hasUsefulCall(calls: Json): boolean {
  return (Array.isArray(calls) ? calls : []).some((call) => {
    const called = isJsonObject(call) ? call['function'] : undefined;
    return isJsonObject(called) && (isUseful(called['name']) || isUseful(called['arguments']));
  });
}

function isUseful(value: Json | undefined): boolean {
  return typeof value === 'string' ? /\S/.test(value) : isJsonObject(value);
}

function readObject(source: string): JsonObject {
  const parsed = parseJson(source);
  if (!parsed.ok) throw new AnswerProblem('BAD_RESPONSE', 'it is not JSON', source);
  const body = parsed.value;
  if (!isJsonObject(body)) throw new AnswerProblem('BAD_RESPONSE', 'it is not a JSON object', source);
  const { error } = body;
  if (error !== undefined && error !== null) throw new ProviderFailure(source);
  return body;
}

function firstChoice(body: JsonObject): JsonObject | undefined {
  const { choices } = body;
  const [first]: readonly Json[] = Array.isArray(choices) ? choices : [];
  if (first === undefined || isJsonObject(first)) return first;
  throw new AnswerProblem('BAD_RESPONSE', 'its choice is not an object', JSON.stringify(body));
}

function toolCallsOf(message: JsonObject): Json {
  const { tool_calls: calls, function_call: legacy } = message;
  // The older form, with one call at most; some servers still answer with it.
  return calls ?? (isJsonObject(legacy) ? [{ index: 0, function: legacy }] : []);
}

function readText(from: JsonObject, field: string): string {
  const value = from[field] ?? '';
  if (typeof value === 'string') return value;
  throw new AnswerProblem('BAD_RESPONSE', `its ${field} is not a text`, JSON.stringify(from));
}

function readUsage(usage: Json | undefined): TokenCount | undefined {
  if (!isJsonObject(usage)) return undefined;
  const inputTokens = readCount(usage, 'prompt_tokens');
  const outputTokens = readCount(usage, 'completion_tokens');
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cachedInputTokens = readCount(usage['prompt_tokens_details'], 'cached_tokens');
  const reasoningTokens = readCount(usage['completion_tokens_details'], 'reasoning_tokens');
  return {
    inputTokens,
    outputTokens,
    ...(cachedInputTokens !== undefined && { cachedInputTokens }),
    ...(reasoningTokens !== undefined && { reasoningTokens }),
  };
}

function readCount(from: Json | undefined, field: string): number | undefined {
  const value = isJsonObject(from) ? from[field] : undefined;
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
