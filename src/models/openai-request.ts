import type OpenAI from 'openai';
import type { Message } from '../spec/message.ts';
import type { ModelRequest, ModelSettings, ToolDescription } from '../spec/model.ts';
import { strictSchema } from './openai-schema.ts';

type Body = OpenAI.ChatCompletionCreateParams;

/** What all calls of one model object have in common. */
export interface RequestDefaults {
  readonly model: string;
  readonly settings: ModelSettings | undefined;
  /** True for OpenAI's own server, which wants `max_completion_tokens`; others know `max_tokens`. */
  readonly isOpenAI: boolean;
}

/** A request as chat completions spells it. */
export function toBody(request: ModelRequest, defaults: RequestDefaults): Body {
  const { tools, output } = request;
  const settings: ModelSettings = { ...defaults.settings, ...request.settings };
  return {
    model: defaults.model,
    messages: request.messages.map(toMessage),
    ...(tools !== undefined && tools.length > 0 && { tools: tools.map(toTool) }),
    ...(output !== undefined && { response_format: toFormat(output) }),
    ...fromSettings(settings, defaults.isOpenAI),
    ...(request.stream ? { stream: true, stream_options: { include_usage: true } } : { stream: false }),
    ...defaults.settings?.providerOptions,
    ...request.settings?.providerOptions,
  };
}

function toMessage(message: Message): OpenAI.ChatCompletionMessageParam {
  switch (message.role) {
    case 'system':
    case 'user':
      return { role: message.role, content: message.content };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.content };
    case 'assistant': {
      const { content, toolCalls = [] } = message;
      if (toolCalls.length === 0) return { role: 'assistant', content };
      return {
        role: 'assistant',
        content: content === '' ? null : content,
        tool_calls: toolCalls.map((call) => ({
          id: call.id,
          type: 'function',
          function: { name: call.name, arguments: call.arguments },
        })),
      };
    }
  }
}

function toTool({ name, description, parameters }: ToolDescription): OpenAI.ChatCompletionTool {
  return { type: 'function', function: { name, description, parameters } };
}

function toFormat(output: NonNullable<ModelRequest['output']>): OpenAI.ResponseFormatJSONSchema {
  const strict = strictSchema(output.schema);
  // OpenAI takes these characters only, 64 at most.
  const name = output.name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64);
  return {
    type: 'json_schema',
    json_schema: { name, schema: strict ?? output.schema, strict: strict !== undefined },
  };
}

function fromSettings(settings: ModelSettings, isOpenAI: boolean): Partial<Body> {
  const { temperature, maxOutputTokens, topP, stop, seed, reasoningEffort } = settings;
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined &&
      (isOpenAI ? { max_completion_tokens: maxOutputTokens } : { max_tokens: maxOutputTokens })),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop: [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
  };
}
