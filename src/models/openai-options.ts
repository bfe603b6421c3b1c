import type { Secret } from '../internal/secret.ts';
import type { ModelSettings, ModelTimeouts } from '../spec/model.ts';

/** More sockets than this to one server seldom help. */
export const DEFAULT_CONCURRENCY = 64;

/** What `openai()` needs. */
export interface OpenAIOptions {
  /** The model's name as the server knows it, such as `gpt-5-mini`. */
  readonly model: string;
  /** Where the server is, usually ending in `/v1`. @default `OPENAI_BASE_URL`, then OpenAI's own */
  readonly baseURL?: string;
  /** @default `OPENAI_API_KEY`; a server of your own (with a base URL) needs none */
  readonly apiKey?: string | Secret;
  /** Used for every call; the agent's own settings win. */
  readonly settings?: ModelSettings;
  /** Calls, and sockets, at the same time; more wait for a free one. Goes down when the server says 429, and grows back. At least 1. @default 64 */
  readonly maxConcurrency?: number;
  /** Calls in any 60 seconds; more wait. @default no limit but what the server says of its own */
  readonly requestsPerMinute?: number;
  /** Tokens, in and out together, in any 60 seconds; more wait. @default no limit but what the server says of its own */
  readonly tokensPerMinute?: number;
  /** Tokens that a request and its answer may have together. @default unknown: what is too long is shortened when the server says so */
  readonly contextWindow?: number;
  /** How often a call is made again that failed of something that may pass. 0: never. @default 6 */
  readonly retries?: number;
  /** How long an attempt may take. */
  readonly timeouts?: OpenAITimeouts;
  /** False for a server without JSON schema mode: then schemas go into the prompt. @default true */
  readonly jsonSchema?: boolean;
}

/**
 * Bounds of one attempt, in milliseconds. `firstByteMs` and `idleMs` hold for streamed answers: an answer is streamed when
 * somebody listens to `model.delta`, or when one of the two is set. A whole answer has `totalMs`.
 */
export interface OpenAITimeouts extends ModelTimeouts {
  /** Until the connection stands. @default 10,000 */
  readonly connectMs?: number;
}

/** Why a text cannot be a base URL, without repeating it; nothing when it can. */
export function whatIsWrongWithURL(value: unknown): string | undefined {
  const parsed = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    return 'must be a URL that starts with http:// or https://, such as http://localhost:11434/v1';
  }
  if (parsed.username !== '' || parsed.password !== '') return 'must not hold a user name or password; pass apiKey';
  if (parsed.search !== '' || parsed.hash !== '') return 'must end with its path; nothing may follow a ? or #';
  return undefined;
}
