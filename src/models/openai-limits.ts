import type { RateLimitNews } from '../spec/limits.ts';
import type { HttpHeaders } from './openai-failure.ts';

/** No provider means a longer wait than this. Milliseconds. */
const LONGEST_WAIT_MS = 366 * 24 * 60 * 60 * 1000;
/** A plain number, and no more: not `-5`, not `1e99`, not `0x10`. */
const NUMBER = /^\d{1,15}(?:\.\d{1,9})?$/;
const COUNT = /^\d{1,15}$/;
/** As HTTP writes dates: https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats */
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
/** As OpenAI writes durations: `20ms`, `1s`, `6m0s`, `1h30m0.5s`. */
const DURATION = /^(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9}(?:\.\d{1,9})?)ms)?$/;

/**
 * How long a server asks to wait, in milliseconds: `retry-after-ms`, else `retry-after` as seconds or as a date, which
 * counts from the server's own `date`, for the clocks of two machines seldom agree. What is none of these is ignored.
 */
export function retryAfterOf(headers: HttpHeaders, now: number): number | undefined {
  const ms = numberIn(headers, 'retry-after-ms');
  if (ms !== undefined) return sensible(ms);
  const seconds = numberIn(headers, 'retry-after');
  if (seconds !== undefined) return sensible(seconds * 1000);
  const date = dateIn(headers, 'retry-after');
  return date === undefined ? undefined : sensible(Math.max(0, date - (dateIn(headers, 'date') ?? now)));
}

/** What a server says of its limits; undefined when it says nothing. */
export function limitNewsOf(headers: HttpHeaders): RateLimitNews | undefined {
  const news: RateLimitNews = {
    ...entry('limitRequests', countIn(headers, 'x-ratelimit-limit-requests')),
    ...entry('remainingRequests', countIn(headers, 'x-ratelimit-remaining-requests')),
    ...entry('resetRequestsMs', durationIn(headers, 'x-ratelimit-reset-requests')),
    ...entry('limitTokens', countIn(headers, 'x-ratelimit-limit-tokens')),
    ...entry('remainingTokens', countIn(headers, 'x-ratelimit-remaining-tokens')),
    ...entry('resetTokensMs', durationIn(headers, 'x-ratelimit-reset-tokens')),
  };
  return Object.keys(news).length === 0 ? undefined : news;
}

/** Reads `6m0s` as milliseconds; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  const [whole, hours, minutes, seconds, ms] = DURATION.exec(text) ?? [];
  if (whole === undefined || whole === '') return undefined;
  const number = (part: string | undefined) => Number(part ?? 0);
  return sensible(((number(hours) * 60 + number(minutes)) * 60 + number(seconds)) * 1000 + number(ms));
}

function entry<Key extends keyof RateLimitNews>(key: Key, value: number | undefined) {
  return value === undefined ? undefined : { [key]: value };
}

function sensible(ms: number): number | undefined {
  return ms <= LONGEST_WAIT_MS ? ms : undefined;
}

function textIn(headers: HttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
}

function numberIn(headers: HttpHeaders, name: string): number | undefined {
  const text = textIn(headers, name);
  return NUMBER.test(text) ? Number(text) : undefined;
}

function countIn(headers: HttpHeaders, name: string): number | undefined {
  const text = textIn(headers, name);
  return COUNT.test(text) ? Number(text) : undefined;
}

function durationIn(headers: HttpHeaders, name: string): number | undefined {
  return durationMs(textIn(headers, name));
}

function dateIn(headers: HttpHeaders, name: string): number | undefined {
  const text = textIn(headers, name);
  const ms = HTTP_DATE.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(ms) ? ms : undefined;
}
