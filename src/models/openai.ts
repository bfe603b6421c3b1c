import { checkOptions, count, flag, placeOf, positive, type Rules, record, refuse, text } from '../internal/checks.ts';
import { once } from '../internal/once.ts';
import { Secret } from '../internal/secret.ts';
import { checkSettings, frozenSettings } from '../internal/settings.ts';
import type { ModelLimits } from '../spec/limits.ts';
import type { Model, ModelCallOptions, ModelPart, ModelRequest } from '../spec/model.ts';
import { DEFAULT_CONCURRENCY, type OpenAIOptions, type OpenAITimeouts, whatIsWrongWithURL } from './openai-options.ts';

export type { OpenAIOptions, OpenAITimeouts };

type Generate = (request: ModelRequest, call: ModelCallOptions) => AsyncIterable<ModelPart>;

const RULES = {
  model: text,
  // These two are checked below: an error must not repeat their values.
  baseURL: () => undefined,
  apiKey: () => undefined,
  settings: record,
  maxConcurrency: positive,
  requestsPerMinute: positive,
  tokensPerMinute: positive,
  contextWindow: positive,
  retries: count,
  timeouts: record,
  jsonSchema: flag,
};
const TIMEOUTS: Rules = { connectMs: positive, firstByteMs: positive, idleMs: positive, totalMs: positive };

/**
 * A model behind an OpenAI-compatible server (chat completions): OpenAI, Azure, OpenRouter, vLLM, Ollama, LM Studio, …
 *
 * Key and base URL are read from the environment at the first call, where the options leave them out. One object keeps
 * its own sockets and limits, shared by all who use it. What goes wrong is a `ModelError` whose `retryable` says whether
 * the same call may succeed later; a crew makes such a call again. The key never shows in errors, events or when the
 * object is printed.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function openai(options: OpenAIOptions): Model {
  const place = placeOf('openai model', options?.model);
  const problems = checkOptions(place, options, RULES, ['model']);
  problems.push(...checkSettings(place, options?.settings));
  if (record(options?.timeouts) === undefined) {
    problems.push(...checkOptions(`${place}, timeouts`, options.timeouts, TIMEOUTS, []));
  }
  const { apiKey } = Object(options);
  if (apiKey !== undefined && !(apiKey instanceof Secret) && text(apiKey) !== undefined) {
    problems.push({ code: 'OPTION_INVALID', place, message: 'apiKey must be a text that is not empty, or a Secret.' });
  }
  const wrongURL = options?.baseURL === undefined ? undefined : whatIsWrongWithURL(options.baseURL);
  if (wrongURL !== undefined) problems.push({ code: 'OPTION_INVALID', place, message: `baseURL ${wrongURL}.` });
  refuse(problems, place);
  const { settings, timeouts, retries, contextWindow } = options;
  const own: OpenAIOptions = Object.freeze({
    ...options,
    ...(typeof apiKey === 'string' && { apiKey: new Secret(apiKey.trim()) }),
    ...(settings && { settings: frozenSettings(settings) }),
  });
  const connected = once(async (): Promise<Generate> => (await import('./openai-client.ts')).connect(own));
  return Object.freeze({
    name: own.model,
    jsonSchema: own.jsonSchema ?? true,
    limits: limitsOf(own),
    ...(contextWindow !== undefined && { contextWindow }),
    ...(retries !== undefined && { retries }),
    ...(timeouts !== undefined && { timeouts: Object.freeze({ ...timeouts }) }),
    async *generate(request: ModelRequest, call: ModelCallOptions) {
      const generate = await connected();
      yield* generate(request, call);
    },
  });
}

function limitsOf({
  maxConcurrency = DEFAULT_CONCURRENCY,
  requestsPerMinute,
  tokensPerMinute,
}: OpenAIOptions): ModelLimits {
  return Object.freeze({
    maxConcurrency,
    ...(requestsPerMinute !== undefined && { requestsPerMinute }),
    ...(tokensPerMinute !== undefined && { tokensPerMinute }),
  });
}
