import { isJsonObject } from '../internal/json.ts';
import type { Json, JsonObject } from '../spec/json.ts';
import type { Message, ToolCall } from '../spec/message.ts';

/** A chat completion request as a model server's handler sees it. */
export interface ServerRequest {
  /** Counted from 0 in order of arrival. */
  readonly index: number;
  readonly model: string;
  readonly messages: readonly Message[];
  /** Content of the last user message; empty when there is none. */
  readonly lastUser: string;
  /** Names of the tools on offer. */
  readonly tools: readonly string[];
  readonly stream: boolean;
  /** All that was sent. */
  readonly body: JsonObject;
}

/** Reads a body; a text says what a real server would refuse about it. */
export function readRequest(body: Json, index: number): ServerRequest | string {
  if (!isJsonObject(body)) return 'the body is not a JSON object';
  const { model, messages: list, tools, stream } = body;
  if (typeof model !== 'string' || model === '') return 'you must provide a model parameter';
  if (!Array.isArray(list) || list.length === 0) return "'messages' must hold at least one message";
  const messages: Message[] = [];
  for (const entry of list) {
    const message = readMessage(entry, messages);
    if (typeof message === 'string') return message;
    messages.push(message);
  }
  const unanswered = findUnanswered(messages);
  if (unanswered !== undefined) return unanswered;
  return {
    index,
    model,
    messages,
    lastUser: messages.findLast((message) => message.role === 'user')?.content ?? '',
    tools: Array.isArray(tools) ? tools.map(toolName) : [],
    stream: stream === true,
    body,
  };
}

function readMessage(entry: Json, before: readonly Message[]): Message | string {
  if (!isJsonObject(entry)) return 'a message is not an object';
  const { role, content, tool_calls: calls, tool_call_id: callId } = entry;
  const text = typeof content === 'string' ? content : '';
  switch (role) {
    case 'system':
    case 'user':
      return typeof content === 'string' ? { role, content } : `a ${role} message needs a text as content`;
    case 'assistant':
      if (!Array.isArray(calls)) return { role, content: text };
      return { role, content: text, toolCalls: calls.map(readCall) };
    case 'tool': {
      const asked = before.findLast((message) => message.role === 'assistant');
      const call = asked?.toolCalls?.find((one) => one.id === callId);
      if (call === undefined)
        return "messages with role 'tool' must be a response to a preceding message with 'tool_calls'";
      return { role, callId: call.id, name: call.name, content: text };
    }
    default:
      return `there is no role ${JSON.stringify(role)}`;
  }
}

function readCall(entry: Json): ToolCall {
  const call = isJsonObject(entry) ? entry : {};
  const called = isJsonObject(call['function']) ? call['function'] : {};
  return { id: `${call['id']}`, name: `${called['name']}`, arguments: `${called['arguments']}` };
}

function toolName(entry: Json): string {
  const called = isJsonObject(entry) ? entry['function'] : undefined;
  return isJsonObject(called) ? `${called['name']}` : '';
}

/** The rule that real servers enforce: right after its message, each tool call is answered exactly once. */
function findUnanswered(messages: readonly Message[]): string | undefined {
  let open = new Set<string>();
  for (const message of messages) {
    if (message.role === 'tool') {
      if (!open.delete(message.callId)) return `tool_call_id ${message.callId} is answered twice`;
      continue;
    }
    if (open.size > 0) break;
    open = new Set(message.role === 'assistant' ? message.toolCalls?.map((call) => call.id) : []);
  }
  if (open.size === 0) return undefined;
  const ids = [...open].join(', ');
  return `an assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'; missing: ${ids}`;
}
