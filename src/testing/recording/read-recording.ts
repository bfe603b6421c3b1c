import type { ErrorCode } from '../../error-codes.ts';
import { isJsonObject } from '../../internal/json.ts';
import type { Json, JsonObject } from '../../spec/json.ts';
import type { Message, ToolCall } from '../../spec/message.ts';
import type { FinishReason, ModelPart, TokenCount } from '../../spec/model.ts';
import type { RecordedCall, RecordedError, RecordedTraits, RecordingData } from './recorded-call.ts';

/** What is wrong with a document, with its place; thrown and caught inside this file only. */
class Misfit extends Error {}

/** Reads a parsed file; a text says what is wrong with it, and where. */
export function readDocument(document: Json): RecordingData | string {
  try {
    const root = objectAt(document, 'the file');
    if (root['crewline'] !== 'recording') throw new Misfit('it does not begin with "crewline": "recording"');
    if (root['version'] !== 1) throw new Misfit(`version is ${JSON.stringify(root['version'])}, and 1 is known here`);
    const models = Object.entries(objectAt(root['models'], 'models')).map(
      ([name, about]) => [name, readTraits(about, `models.${name}`)] as const,
    );
    return { models: new Map(models), calls: listAt(root['calls'], 'calls').map(readCall) };
  } catch (thrown) {
    if (thrown instanceof Misfit) return thrown.message;
    throw thrown;
  }
}

/** A file written before windows were kept has none, and its calls were made without one. */
function readTraits(entry: Json, at: string): RecordedTraits {
  const { jsonSchema, contextWindow } = objectAt(entry, at);
  return {
    jsonSchema: jsonSchema === true,
    ...(contextWindow !== undefined && { contextWindow: countAt(contextWindow, `${at}.contextWindow`) }),
  };
}

function readCall(entry: Json, index: number): RecordedCall {
  const at = `calls[${index}]`;
  const call = objectAt(entry, at);
  const request = objectAt(call['request'], `${at}.request`);
  const messages = listAt(request['messages'], `${at}.request.messages`);
  const error = call['error'];
  return {
    key: textAt(call['key'], `${at}.key`),
    agent: textAt(call['agent'], `${at}.agent`),
    model: textAt(call['model'], `${at}.model`),
    hash: textAt(call['hash'], `${at}.hash`),
    request: {
      ...request,
      messages: messages.map((message, n) => readMessage(message, `${at}.request.messages[${n}]`)),
    },
    parts: listAt(call['parts'], `${at}.parts`).map((part, n) => readPart(part, `${at}.parts[${n}]`)),
    ...(error !== undefined && { error: readError(error, `${at}.error`) }),
  };
}

function readMessage(entry: Json, at: string): Message {
  const message = objectAt(entry, at);
  const content = linesAt(message['content'], `${at}.content`);
  switch (message['role']) {
    case 'system':
    case 'user':
      return { role: message['role'], content };
    case 'assistant': {
      const calls = message['toolCalls'];
      if (calls === undefined) return { role: 'assistant', content };
      const toolCalls = listAt(calls, `${at}.toolCalls`).map((call, n) => readToolCall(call, `${at}.toolCalls[${n}]`));
      return { role: 'assistant', content, toolCalls };
    }
    case 'tool': {
      const name = textAt(message['name'], `${at}.name`);
      return { role: 'tool', callId: textAt(message['callId'], `${at}.callId`), name, content };
    }
    default:
      throw new Misfit(`${at}.role is ${JSON.stringify(message['role'])}`);
  }
}

function readToolCall(entry: Json, at: string): ToolCall {
  const call = objectAt(entry, at);
  return {
    id: textAt(call['id'], `${at}.id`),
    name: textAt(call['name'], `${at}.name`),
    arguments: textAt(call['arguments'], `${at}.arguments`),
  };
}

const FINISH_REASONS: readonly FinishReason[] = ['stop', 'toolCalls', 'length', 'filter', 'refusal'];

function readPart(entry: Json, at: string): ModelPart {
  const part = objectAt(entry, at);
  switch (part['type']) {
    case 'text':
      return { type: 'text', text: linesAt(part['text'], `${at}.text`) };
    case 'toolCall':
      return { type: 'toolCall', ...readToolCall(part, at) };
    case 'end': {
      const finishReason = FINISH_REASONS.find((reason) => reason === part['finishReason']);
      if (finishReason === undefined)
        throw new Misfit(`${at}.finishReason should be one of ${FINISH_REASONS.join(', ')}`);
      const usage = part['usage'];
      return { type: 'end', finishReason, ...(usage !== undefined && { usage: readUsage(usage, `${at}.usage`) }) };
    }
    default:
      throw new Misfit(`${at}.type is ${JSON.stringify(part['type'])}, and should be text, toolCall or end`);
  }
}

function readUsage(entry: Json, at: string): TokenCount {
  const usage = objectAt(entry, at);
  const { cachedInputTokens: cached, reasoningTokens: reasoning } = usage;
  return {
    inputTokens: countAt(usage['inputTokens'], `${at}.inputTokens`),
    outputTokens: countAt(usage['outputTokens'], `${at}.outputTokens`),
    ...(cached !== undefined && { cachedInputTokens: countAt(cached, `${at}.cachedInputTokens`) }),
    ...(reasoning !== undefined && { reasoningTokens: countAt(reasoning, `${at}.reasoningTokens`) }),
  };
}

function readError(entry: Json, at: string): RecordedError {
  const error = objectAt(entry, at);
  const { code, status, requestId, retryAfterMs, text } = error;
  if (code !== undefined && !isErrorCode(code)) throw new Misfit(`${at}.code is ${JSON.stringify(code)}`);
  return {
    ...(code !== undefined && { code }),
    message: linesAt(error['message'], `${at}.message`),
    ...(status !== undefined && { status: countAt(status, `${at}.status`) }),
    ...(requestId !== undefined && { requestId: textAt(requestId, `${at}.requestId`) }),
    ...(error['retryable'] === true && { retryable: true }),
    ...(retryAfterMs !== undefined && { retryAfterMs: countAt(retryAfterMs, `${at}.retryAfterMs`) }),
    ...(text !== undefined && { text: linesAt(text, `${at}.text`) }),
    ...(error['sent'] === false && { sent: false }),
  };
}

/** Any code that looks like one: a recording may come from a newer crewline. */
function isErrorCode(value: Json): value is ErrorCode {
  return typeof value === 'string' && /^[A-Z][A-Z_]*$/.test(value);
}

function objectAt(value: Json | undefined, at: string): JsonObject {
  if (isJsonObject(value)) return value;
  throw new Misfit(`${at} should be an object`);
}

function listAt(value: Json | undefined, at: string): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new Misfit(`${at} should be a list`);
}

function textAt(value: Json | undefined, at: string): string {
  if (typeof value === 'string') return value;
  throw new Misfit(`${at} should be a text`);
}

/** A text, or the list of its lines. */
function linesAt(value: Json | undefined, at: string): string {
  return Array.isArray(value) ? value.map((line, n) => textAt(line, `${at}[${n}]`)).join('\n') : textAt(value, at);
}

function countAt(value: Json | undefined, at: string): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new Misfit(`${at} should be a number, at least 0`);
}
