import type { ErrorCode } from '../errors.ts';
import { isJsonObject, isObject, parseJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';

/** What a failure means. */
export interface Verdict {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  /** What to do about it. A sentence, or nothing. */
  readonly advice: string;
}

const KEY_ADVICE = 'Set OPENAI_API_KEY to a valid key, or pass apiKey to openai({ … }).';

/** What a provider's error says, in whichever of the common forms. */
export interface Said {
  readonly words: string;
  readonly code: string;
  readonly type: string;
}

/** True for HTML, which no API answers with: something else listens there. */
export function isWebPage(body: string): boolean {
  return /^\s*<(!doctype|html)/i.test(body);
}

/** Reads the body of an error. */
export function readProvider(body: string): Said {
  if (isWebPage(body)) return { words: 'a web page', code: '', type: '' };
  const parsed = parseJson(body);
  const whole: Json = parsed.ok ? parsed.value : body.trim();
  const error = isJsonObject(whole) ? (whole['error'] ?? whole) : whole;
  if (!isJsonObject(error)) return { words: asText(error), code: '', type: '' };
  // `detail` is FastAPI's word, and so of many small servers.
  const words = asText(error['message'] ?? error['detail'] ?? error);
  return { words, code: asText(error['code'] ?? ''), type: asText(error['type'] ?? '') };
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What a status means. */
export function judgeStatus(
  status: number,
  said: Said,
  place: { readonly model: string; readonly baseURL: string },
): Verdict {
  const byWords = status < 500 ? judgeWords(said) : undefined;
  if (byWords !== undefined) return byWords;
  const baseURL = place.baseURL;
  switch (status) {
    case 401:
    case 403:
      return { code: 'AUTH', retryable: false, advice: KEY_ADVICE };
    case 402:
      return { code: 'QUOTA_EXHAUSTED', retryable: false, advice: 'The account has no credit left.' };
    case 404: {
      const advice = `There is no model "${place.model}" at ${baseURL}, or the base URL is wrong; most end in /v1.`;
      return { code: 'REQUEST_REFUSED', retryable: false, advice };
    }
    case 408:
      return { code: 'TIMEOUT', retryable: true, advice: '' };
    case 409:
    case 425:
      return { code: 'PROVIDER_DOWN', retryable: true, advice: '' };
    case 429:
      return { code: 'RATE_LIMITED', retryable: true, advice: '' };
    default:
      if (status >= 500) {
        // Not implemented, and HTTP version not supported: the same again gets the same.
        return { code: 'PROVIDER_DOWN', retryable: status !== 501 && status !== 505, advice: '' };
      }
      if (status >= 400) return { code: 'REQUEST_REFUSED', retryable: false, advice: '' };
      return {
        code: 'REQUEST_REFUSED',
        retryable: false,
        advice: `Redirects are not followed; correct the base URL, ${baseURL}.`,
      };
  }
}

/** What the provider's own code or words say, where they say more than the status. */
export function judgeWords({ code, type, words }: Said): Verdict | undefined {
  const mark = `${code} ${type}`;
  if (/insufficient_quota|billing_hard_limit|insufficient_balance/.test(mark)) {
    return { code: 'QUOTA_EXHAUSTED', retryable: false, advice: 'The account has no credit left.' };
  }
  if (
    /context_length_exceeded|exceed_context_size/.test(mark) ||
    /maximum context length|context window/i.test(words)
  ) {
    return {
      code: 'CONTEXT_OVERFLOW',
      retryable: false,
      advice: 'Shorten the context, or use a model that takes more.',
    };
  }
  if (/content_filter|content_policy/.test(mark)) return { code: 'CONTENT_FILTERED', retryable: false, advice: '' };
  if (/invalid_api_key|authentication_error/.test(mark)) return { code: 'AUTH', retryable: false, advice: KEY_ADVICE };
  if (/rate_limit/.test(mark)) return { code: 'RATE_LIMITED', retryable: true, advice: '' };
  if (/server_error|overloaded/.test(mark)) return { code: 'PROVIDER_DOWN', retryable: true, advice: '' };
  return undefined;
}

/** What happened to the connection, and whether it may pass by itself on a server never reached before. */
export function judgeConnection(code: string, host: string, words: string): [string, boolean] {
  switch (code) {
    case 'ECONNREFUSED':
      return [`nothing listens at ${host}`, true];
    case 'ENOTFOUND':
      return [`there is no host ${host}`, false];
    case 'EAI_AGAIN':
      return [`the name ${host} could not be looked up`, true];
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return [`${host} does not answer`, true];
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return [`${host} closed the connection`, true];
    default: {
      const isTls = /CERT|SSL|TLS|EPROTO|SELF_SIGNED/.test(code);
      return isTls ? [`the secure connection to ${host} failed (${words})`, false] : [`${words} (${host})`, true];
    }
  }
}

/** True where no connection stood, so that nothing was sent. One that breaks may have carried the call already. */
export function isUnopened(code: string): boolean {
  return UNOPENED.has(code);
}

const UNOPENED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The system's code of a failed connection, from the error or from what caused it. */
export function systemCode(error: unknown): string {
  for (let at = error, depth = 0; isObject(at) && depth < 4; at = at['cause'], depth += 1) {
    if (typeof at['code'] === 'string') return at['code'];
  }
  return '';
}
