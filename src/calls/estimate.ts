import type { Message } from '../spec/message.ts';
import type { ModelRequest, TokenCount } from '../spec/model.ts';

/** Of English text, as OpenAI counts it. https://help.openai.com/en/articles/4936856 */
const CHARS_PER_TOKEN = 4;
/** Tokens of an answer whose length nothing bounds: most are shorter. */
const ANSWER_TOKENS = 1_000;

/** Tokens of so many characters, roughly. */
export function tokensOf(characters: number): number {
  return Math.ceil(characters / CHARS_PER_TOKEN);
}

/** Tokens of a request, roughly. */
export function inputTokens({ messages, tools, output }: ModelRequest): number {
  let characters = 0;
  for (const message of messages) characters += lengthOf(message);
  if (tools !== undefined) characters += sizeOf(tools);
  if (output !== undefined) characters += sizeOf(output.schema);
  return tokensOf(characters);
}

/** What a call may use in all, before it is made. */
export function expectedTokens(request: ModelRequest): TokenCount {
  return { inputTokens: inputTokens(request), outputTokens: request.settings?.maxOutputTokens ?? ANSWER_TOKENS };
}

function lengthOf(message: Message): number {
  let characters = message.content.length;
  if (message.role === 'assistant')
    for (const call of message.toolCalls ?? []) characters += call.name.length + call.arguments.length;
  return characters;
}

const sizes = new WeakMap<object, number>();

/** Length of a value's JSON. The tools of an agent are the same object in all its calls. */
function sizeOf(value: object): number {
  let size = sizes.get(value);
  if (size === undefined) {
    size = JSON.stringify(value).length;
    sizes.set(value, size);
  }
  return size;
}
