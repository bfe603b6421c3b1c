import { checkOptions, flag, placeOf, positive, record, refuse, text } from '../internal/checks.ts';
import { once } from '../internal/once.ts';
import { checkSettings, frozenSettings } from '../internal/settings.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../spec/model.ts';
import { type OpenAIOptions, whatIsWrongWithURL } from './openai-options.ts';

export type { OpenAIOptions };

type Generate = (request: ModelRequest, call: ModelCallOptions) => AsyncIterable<ModelPart>;

const RULES = {
  model: text,
  // These two are checked below: an error must not repeat their values.
  baseURL: () => undefined,
  apiKey: () => undefined,
  settings: record,
  maxConcurrency: positive,
  jsonSchema: flag,
};

/**
 * A model behind an OpenAI-compatible server (chat completions): OpenAI, Azure, OpenRouter, vLLM, Ollama, LM Studio, …
 *
 * Key and base URL are read from the environment at the first call, where the options leave them out. One object keeps
 * its own sockets, shared by all who use it. A call is sent once; what goes wrong is a `ModelError` whose `retryable`
 * says whether the same call may succeed later. The key never shows in errors, events or when the object is printed.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function openai(options: OpenAIOptions): Model {
  const place = placeOf('openai model', options?.model);
  const problems = checkOptions(place, options, RULES, ['model']);
  problems.push(...checkSettings(place, options?.settings));
  if (options?.apiKey !== undefined && text(options.apiKey) !== undefined) {
    problems.push({ code: 'OPTION_INVALID', place, message: 'apiKey must be a text that is not empty.' });
  }
  const wrongURL = options?.baseURL === undefined ? undefined : whatIsWrongWithURL(options.baseURL);
  if (wrongURL !== undefined) problems.push({ code: 'OPTION_INVALID', place, message: `baseURL ${wrongURL}.` });
  refuse(problems, place);
  const { settings } = options;
  const own: OpenAIOptions = Object.freeze({ ...options, ...(settings && { settings: frozenSettings(settings) }) });
  const connected = once(async (): Promise<Generate> => (await import('./openai-client.ts')).connect(own));
  return Object.freeze({
    name: own.model,
    jsonSchema: own.jsonSchema ?? true,
    async *generate(request: ModelRequest, call: ModelCallOptions) {
      const generate = await connected();
      yield* generate(request, call);
    },
  });
}
