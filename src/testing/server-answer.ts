import type { ReplyUsage, TextReply, ToolCallsReply } from './server-reply.ts';
import type { ServerRequest } from './server-request.ts';

type Answer = TextReply | ToolCallsReply;

const CHARS_PER_TOKEN = 4;
const DEFAULT_CHUNKS = 4;

/** A whole answer as the JSON body of a chat completion. */
export function wholeBody(answer: Answer, request: ServerRequest): string {
  const message = {
    role: 'assistant',
    content: answer.text ?? null,
    refusal: 'refusal' in answer ? answer.refusal : null,
    ...('toolCalls' in answer && { tool_calls: toolCallsOf(answer, request) }),
  };
  return JSON.stringify({
    ...head(request, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finishReason(answer) }],
    ...usageOf(answer, request),
  });
}

/** The same answer as the events of a stream. */
export function streamEvents(answer: Answer, request: ServerRequest): string[] {
  const common = head(request, 'chat.completion.chunk');
  const delta = (fields: object, finish: string | null = null) =>
    event({ ...common, choices: [{ index: 0, delta: fields, finish_reason: finish }] });
  const events = [delta({ role: 'assistant', content: '' })];
  for (const piece of pieces(answer.text ?? '', answer.chunks)) events.push(delta({ content: piece }));
  if ('refusal' in answer) events.push(delta({ refusal: answer.refusal }));
  if ('toolCalls' in answer) {
    toolCallsOf(answer, request).forEach((call, position) => {
      const index = answer.toolCalls[position]?.index;
      const place = index === null ? {} : { index: index ?? position };
      const { name, arguments: args } = call.function;
      events.push(delta({ tool_calls: [{ ...place, ...call, function: { name, arguments: '' } }] }));
      for (const piece of pieces(args, answer.chunks)) {
        events.push(delta({ tool_calls: [{ ...place, function: { arguments: piece } }] }));
      }
    });
  }
  events.push(delta({}, finishReason(answer)));
  const usage = usageOf(answer, request);
  if (usage !== undefined) events.push(event({ ...common, choices: [], ...usage }));
  if (answer.done !== false) events.push('data: [DONE]\n\n');
  if (answer.bom === true) events[0] = `\ufeff${events[0]}`;
  const { lineEnd = '\n' } = answer;
  return lineEnd === '\n' ? events : events.map((one) => one.replaceAll('\n', lineEnd));
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function head(request: ServerRequest, object: string): object {
  return { id: `chatcmpl-${request.index}`, object, created: 0, model: request.model };
}

function finishReason(answer: Answer): string | null {
  if (answer.finishReason !== undefined) return answer.finishReason;
  return 'toolCalls' in answer ? 'tool_calls' : 'stop';
}

function toolCallsOf(answer: ToolCallsReply, request: ServerRequest) {
  return answer.toolCalls.map((call, index) => ({
    ...(call.id !== null && { id: call.id ?? `call_${request.index}_${index}` }),
    type: 'function',
    function: {
      name: call.name,
      arguments: typeof call.arguments === 'string' ? call.arguments : JSON.stringify(call.arguments),
    },
  }));
}

/** A text in pieces that differ by one character at most. Characters outside the basic plane may be split, as servers do. */
function pieces(text: string, count = DEFAULT_CHUNKS): string[] {
  const all: string[] = [];
  for (let at = 0; at < count; at += 1) {
    const piece = text.slice(Math.floor((at * text.length) / count), Math.floor(((at + 1) * text.length) / count));
    if (piece !== '') all.push(piece);
  }
  return all;
}

function usageOf(answer: Answer, request: ServerRequest): object | undefined {
  if (answer.usage === null) return undefined;
  const usage: ReplyUsage = answer.usage ?? countTokens(answer, request);
  return {
    usage: {
      prompt_tokens: usage.prompt,
      completion_tokens: usage.completion,
      total_tokens: usage.prompt + usage.completion,
      ...(usage.cached !== undefined && { prompt_tokens_details: { cached_tokens: usage.cached } }),
      ...(usage.reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: usage.reasoning } }),
    },
  };
}

function countTokens(answer: Answer, request: ServerRequest): ReplyUsage {
  const asked = request.messages.reduce((sum, message) => sum + message.content.length, 0);
  const calls = 'toolCalls' in answer ? JSON.stringify(answer.toolCalls).length : 0;
  return {
    prompt: Math.ceil(asked / CHARS_PER_TOKEN),
    completion: Math.ceil(((answer.text ?? '').length + calls) / CHARS_PER_TOKEN),
  };
}
