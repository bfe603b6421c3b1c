import type { StatusReply } from '../server-reply.ts';
import { DOWN, fault, LIMITED, SLOW } from './fault.ts';

const PAGE = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>';

function limited(headers: { readonly [name: string]: string }): StatusReply {
  return { status: 429, error: { message: 'Rate limit reached.', code: 'rate_limit_exceeded' }, headers };
}

/** F01 to F04: what a provider says with a status. */
export const STATUS_FAULTS = [
  fault(
    'F01-retry-after-ms',
    '429, to be tried again in 20 milliseconds',
    limited({ 'retry-after-ms': '20' }),
    LIMITED,
  ),
  fault('F01-retry-after-seconds', '429, to be tried again in a second', limited({ 'retry-after': '1' }), LIMITED),
  fault(
    'F01-retry-after-date',
    "429, to be tried again at a time that is two seconds off by the server's own clock, which is years wrong",
    limited({ date: 'Wed, 21 Oct 2015 07:28:00 GMT', 'retry-after': 'Wed, 21 Oct 2015 07:28:02 GMT' }),
    LIMITED,
  ),
  fault('F01-retry-after-zero', '429, to be tried again at once', limited({ 'retry-after': '0' }), LIMITED),
  fault(
    'F01-retry-after-past',
    '429, to be tried again at a time long past',
    () => {
      const date = 'Wed, 21 Oct 2015 07:28:00 GMT';
      return limited({ date, 'retry-after': 'Mon, 01 Jan 2001 00:00:00 GMT' });
    },
    LIMITED,
  ),
  fault(
    'F01-rate-limit-headers',
    '429 with headers that tell the limits, what is left and when it is full again',
    limited({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '20ms',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-tokens': '6m0s',
    }),
    LIMITED,
  ),
  fault('F02-no-retry-after', '429 without a word about when', limited({}), LIMITED),
  fault('F02-retry-after-negative', '429 with Retry-After: -5', limited({ 'retry-after': '-5' }), LIMITED),
  fault('F02-retry-after-words', '429 with Retry-After: soon', limited({ 'retry-after': 'soon' }), LIMITED),
  fault('F02-retry-after-huge', '429 with Retry-After: 1e99', limited({ 'retry-after': '1e99' }), LIMITED),
  fault(
    'F03-insufficient-quota',
    '429 because the account is empty',
    { status: 429, error: { message: 'You exceeded your current quota.', code: 'insufficient_quota' } },
    { endsAs: 'QUOTA_EXHAUSTED' },
  ),
  fault('F03-payment-required', '402', { status: 402 }, { endsAs: 'QUOTA_EXHAUSTED' }),
  fault(
    'F03-wrong-key',
    '401',
    { status: 401, error: { message: 'Incorrect API key provided.', code: 'invalid_api_key' } },
    { endsAs: 'AUTH' },
  ),
  fault('F03-forbidden', '403', { status: 403 }, { endsAs: 'AUTH' }),
  ...[500, 502, 503, 504, 529].map((status) => fault(`F04-${status}`, `${status}`, { status }, DOWN)),
  fault('F04-page', '502 with a web page', { status: 502, body: PAGE, headers: { 'content-type': 'text/html' } }, DOWN),
  fault('F04-408', '408: the server gave up waiting', { status: 408 }, SLOW),
  ...[409, 425].map((status) => fault(`F04-${status}`, `${status}`, { status }, DOWN)),
  fault('F04-not-implemented', '501', { status: 501 }, { endsAs: 'PROVIDER_DOWN' }),
  fault(
    'F04-should-not-retry',
    '500 with x-should-retry: false',
    { status: 500, headers: { 'x-should-retry': 'false' } },
    { endsAs: 'PROVIDER_DOWN' },
  ),
  fault(
    'F04-redirect',
    '307 to another origin',
    { status: 307, headers: { location: 'http://127.0.0.1:9/v1/chat/completions' } },
    { endsAs: 'REQUEST_REFUSED' },
  ),
  fault(
    'F20-context-overflow',
    '400: the conversation is too long for the model',
    {
      status: 400,
      error: { message: "This model's maximum context length is 8192 tokens.", code: 'context_length_exceeded' },
    },
    { endsAs: 'CONTEXT_OVERFLOW' },
  ),
] as const;
