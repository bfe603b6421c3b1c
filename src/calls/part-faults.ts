// Parts are checked once, here: anyone can write a model, and JavaScript lets it yield anything.
import { isObject } from '../internal/json.ts';
import type { FinishReason, ModelPart } from '../spec/model.ts';

const FINISH_REASONS: readonly FinishReason[] = ['stop', 'toolCalls', 'length', 'filter', 'refusal'];
const SHOWN_LENGTH = 60;
const NOT_PARTS =
  'where an async iterable of parts should be. Write it as async *generate(request, options) { … }, and yield the parts';

/** The iterator of what a model returned, or what is wrong with that. */
export function openParts(stream: AsyncIterable<ModelPart>): AsyncIterator<ModelPart> | string {
  const open: unknown = stream?.[Symbol.asyncIterator];
  if (typeof open === 'function') {
    const parts = stream[Symbol.asyncIterator]();
    if (typeof parts?.next === 'function') return parts;
  }
  // A promise is given up here, and must not end the process when it rejects.
  Promise.resolve(stream).catch(ignore);
  return `returned ${shown(stream)} ${NOT_PARTS}`;
}

/** Nobody reads on. The answer, or what is wrong with it, is known by now, so how the model tidies up changes nothing. */
export function letGo(parts: AsyncIterator<ModelPart>): void {
  try {
    Promise.resolve(parts.return?.()).catch(ignore);
  } catch {
    // The same as a promise that rejects.
  }
}

function ignore(): void {}

/** What is wrong with what an iterator gave, or nothing. */
export function resultFault(result: IteratorResult<ModelPart>): string | undefined {
  return isObject(result) ? undefined : `yielded ${shown(result)} where { value, done } should be`;
}

/** What is wrong with a part, or nothing. */
export function partFault(part: ModelPart): string | undefined {
  if (!isObject(part)) return `yielded ${shown(part)} where a part should be, such as { type: "text", text }`;
  switch (part.type) {
    case 'text':
      return typeof part.text === 'string' ? undefined : field(part.type, 'text', part.text);
    case 'toolCall':
      if (typeof part.id !== 'string') return field(part.type, 'id', part.id);
      if (typeof part.name !== 'string') return field(part.type, 'name', part.name);
      if (typeof part.arguments === 'string') return undefined;
      return `${field(part.type, 'arguments', part.arguments)} of JSON`;
    case 'end':
      if (FINISH_REASONS.includes(part.finishReason)) return usageFault(part.usage);
      return `yielded an end part with finishReason ${shown(part.finishReason)}. It should be one of ${FINISH_REASONS.join(', ')}`;
    default:
      part satisfies never;
      return `yielded a part of type ${shown(Object(part).type)}. It should be text, toolCall or end`;
  }
}

function field(type: string, name: string, value: unknown): string {
  return `yielded a ${type} part with ${name} ${shown(value)}. It should be a string`;
}

function usageFault(usage: Extract<ModelPart, { readonly type: 'end' }>['usage']): string | undefined {
  if (usage === undefined) return undefined;
  if (!isObject(usage)) {
    return `yielded an end part with usage ${shown(usage)}. It should be { inputTokens, outputTokens }, or be left out`;
  }
  const { inputTokens, outputTokens, cachedInputTokens = 0, reasoningTokens = 0 } = usage;
  if (isCount(inputTokens) && isCount(outputTokens) && isCount(cachedInputTokens) && isCount(reasoningTokens)) {
    return undefined;
  }
  const counts = { inputTokens, outputTokens, cachedInputTokens, reasoningTokens };
  const [name, count] = Object.entries(counts).find((entry) => !isCount(entry[1])) ?? [];
  return `yielded an end part with usage.${name} ${shown(count)}. It should be a number of tokens, at least 0`;
}

/** Not only whole numbers: where a provider counts nothing, an estimate serves. */
function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

/** A value as a message may hold it: short, whatever it is. */
function shown(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > SHOWN_LENGTH ? `${value.slice(0, SHOWN_LENGTH)}…` : value);
  }
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
