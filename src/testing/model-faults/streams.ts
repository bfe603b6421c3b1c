import { streamEvents } from '../server-answer.ts';
import type { RawReply } from '../server-reply.ts';
import type { ServerRequest } from '../server-request.ts';
import { ANSWERED, BAD, CUT, FAULT_TEXT, fault, LIMITED } from './fault.ts';

const MEGABYTE = 1024 * 1024;

const STREAMED = { meets: 'streamed' } as const;

/** The events of the answer as they should be, for a fault to change. */
function eventsOf(request: ServerRequest): string[] {
  return streamEvents({ text: FAULT_TEXT }, request);
}

/** Puts something after the first event. */
function spliced(request: ServerRequest, more: string): RawReply {
  const [first = '', ...rest] = eventsOf(request);
  return { raw: [first, more, ...rest].join('') };
}

/** F08 and F09: what a stream of events can be like. */
export const STREAM_FAULTS = [
  fault('F08-no-done', 'a stream without [DONE]', { text: FAULT_TEXT, done: false }, { ...CUT, ...STREAMED }),
  fault(
    'F08-cut',
    'a stream that ends properly in the middle of its events',
    (request) => ({ raw: eventsOf(request).slice(0, 3).join('') }),
    { ...CUT, ...STREAMED },
  ),
  fault(
    'F08-cut-in-event',
    'a stream that ends inside an event',
    (request) => ({ raw: eventsOf(request).join('').slice(0, 300) }),
    { ...CUT, ...STREAMED },
  ),
  fault(
    'F08-no-finish-reason',
    'a stream with [DONE] but no finish_reason',
    { text: FAULT_TEXT, finishReason: null },
    {
      ...CUT,
      ...STREAMED,
    },
  ),
  fault('F09-crlf', 'lines that end in CR and LF', { text: FAULT_TEXT, lineEnd: '\r\n' }, ANSWERED),
  fault('F09-cr', 'lines that end in CR', { text: FAULT_TEXT, lineEnd: '\r' }, ANSWERED),
  fault('F09-bom', 'a byte order mark at the beginning', { text: FAULT_TEXT, bom: true }, ANSWERED),
  fault('F09-byte-by-byte', 'every byte in a packet of its own', { text: FAULT_TEXT, pieceBytes: 1 }, ANSWERED),
  fault(
    'F09-crlf-byte-by-byte',
    'every byte in a packet of its own, between CR and LF, too',
    {
      text: FAULT_TEXT,
      lineEnd: '\r\n',
      bom: true,
      pieceBytes: 1,
    },
    ANSWERED,
  ),
  fault('F09-odd-pieces', 'packets that cut events and characters', { text: FAULT_TEXT, pieceBytes: 7 }, ANSWERED),
  fault(
    'F09-comments',
    'comments and empty lines between the events',
    (request) => ({
      raw: eventsOf(request).map((event) => `: keep-alive\n\n\n${event}`),
    }),
    { ...ANSWERED, ...STREAMED },
  ),
  fault(
    'F09-fields',
    'events with a type, an id and a retry time',
    (request) => ({
      raw: eventsOf(request).map((event) => `event: message\nid: 7\nretry: 10\n${event}`),
    }),
    { ...ANSWERED, ...STREAMED },
  ),
  fault('F09-broken-event', 'an event that is not JSON', (request) => spliced(request, 'data: {"choices":[{"del\n\n'), {
    ...BAD,
    ...STREAMED,
  }),
  fault(
    'F09-huge-line',
    'one line of 50 MB',
    { raw: `data: ${'x'.repeat(MEGABYTE)}`, repeat: 50, contentType: 'text/event-stream' },
    { ...BAD, ...STREAMED },
  ),
  fault(
    'F09-huge-answer',
    '50 MB of answer, in good events',
    (request) => {
      const text = 'x'.repeat(MEGABYTE / 4);
      return { raw: `data: ${JSON.stringify(chunk(request, text))}\n\n`, repeat: 200 };
    },
    { ...BAD, ...STREAMED },
  ),
  fault(
    'F10-error-event',
    'an error in the middle of a stream',
    (request) =>
      spliced(request, `data: ${JSON.stringify({ error: { message: 'something broke', code: 'server_error' } })}\n\n`),
    { endsAs: 'PROVIDER_DOWN', retryable: true, ...STREAMED },
  ),
  fault(
    'F10-limit-event',
    'a rate limit in the middle of a stream',
    (request) =>
      spliced(request, `data: ${JSON.stringify({ error: { message: 'slow down', code: 'rate_limit_exceeded' } })}\n\n`),
    { ...LIMITED, ...STREAMED },
  ),
] as const;

function chunk(request: ServerRequest, content: string): object {
  return { id: 'chunk', model: request.model, choices: [{ index: 0, delta: { content }, finish_reason: null }] };
}
