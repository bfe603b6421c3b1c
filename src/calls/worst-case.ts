import type { CallCost, ModelPrice } from '../spec/limits.ts';
import type { Message } from '../spec/message.ts';
import type { ModelRequest, ToolDescription } from '../spec/model.ts';
import { costOf } from './cost.ts';

/**
 * A token is about four bytes of UTF-8 on average (https://github.com/openai/tiktoken, README, read 2026-11-25). Two a token
 * is twice as many tokens: enough for dense code, for JSON, and for scripts that take three bytes a character.
 */
const BYTES_A_TOKEN = 2;
/** What frames a message: OpenAI's cookbook counts three tokens for each, and one for a name. */
const FRAME_TOKENS = 4;
/** For an answer without `maxOutputTokens`: what DeepSeek allows one that sets none (api-docs.deepseek.com, 2025-02-09). */
const OUTPUT_TOKENS = 4096;

/**
 * What a call may cost, estimated from above: half its UTF-8 bytes as input tokens, nothing cached, and as many output
 * tokens as `maxOutputTokens` allows, or 4,096. Text that is denser still, and longer answers, cost more than is put aside.
 */
export function worstCase(request: ModelRequest, price: ModelPrice | undefined): CallCost {
  let inputTokens = 0;
  for (const message of request.messages) inputTokens += tokensOfMessage(message);
  if (request.tools !== undefined) inputTokens += tokensOfTools(request.tools);
  if (request.output !== undefined) inputTokens += tokensOf(JSON.stringify(request.output.schema));
  const outputTokens = request.settings?.maxOutputTokens ?? OUTPUT_TOKENS;
  return { tokens: inputTokens + outputTokens, costUsd: costOf({ inputTokens, outputTokens }, price) };
}

// A conversation grows by a few messages a turn, and sends all of them each time: each is measured once.
const measured = new WeakMap<object, number>();

function tokensOfMessage(message: Message): number {
  const known = measured.get(message);
  if (known !== undefined) return known;
  let tokens = FRAME_TOKENS + tokensOf(message.content);
  if (message.role === 'assistant') {
    for (const call of message.toolCalls ?? []) tokens += FRAME_TOKENS + tokensOf(call.name) + tokensOf(call.arguments);
  }
  measured.set(message, tokens);
  return tokens;
}

function tokensOfTools(tools: readonly ToolDescription[]): number {
  const known = measured.get(tools);
  if (known !== undefined) return known;
  const tokens = tokensOf(JSON.stringify(tools));
  measured.set(tools, tokens);
  return tokens;
}

function tokensOf(text: string): number {
  return Math.ceil(utf8Length(text) / BYTES_A_TOKEN);
}

function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // A pair of surrogates is two units of UTF-16 and four bytes.
    if (code >= 0x80) bytes += code < 0x800 || (code >= 0xd800 && code <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
