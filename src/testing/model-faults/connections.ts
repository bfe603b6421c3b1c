import { wholeBody } from '../server-answer.ts';
import type { ServerRequest } from '../server-request.ts';
import { ANSWERED, CUT, DOWN, FAULT_TEXT, fault, SLOW } from './fault.ts';

const EVERY_MS = 20;

/** An answer as it goes over the wire, `before` it what comes ahead of the real head. */
function wire(request: ServerRequest, before = ''): string {
  const body = wholeBody({ text: FAULT_TEXT }, request);
  const head = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close`;
  return `${before}HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`;
}

/** F06 and F07: what happens to a connection. */
export const CONNECTION_FAULTS = [
  fault('F06-reset-before-head', 'reset before the head of the answer', { cut: 'headers' }, DOWN),
  fault('F06-closed-before-head', 'closed before the head of the answer', { cut: 'headers', by: 'closed' }, DOWN),
  fault('F06-reset-in-head', 'reset inside the head', { cut: 'headers', afterBytes: 30 }, DOWN),
  fault('F06-closed-in-head', 'closed inside the head', { cut: 'headers', afterBytes: 30, by: 'closed' }, DOWN),
  fault('F06-reset-after-head', 'reset after the head', { cut: 'answer', afterBytes: 0 }, CUT),
  fault('F06-reset-in-answer', 'reset inside the answer', { cut: 'answer', afterBytes: 60 }, CUT),
  fault('F06-closed-in-answer', 'closed inside the answer', { cut: 'answer', afterBytes: 60, by: 'closed' }, CUT),
  fault('F07-silence', 'no answer, ever', { hang: true }, SLOW),
  fault('F07-silence-after-head', 'a head, and then nothing', { raw: '', ending: 'open', repeat: 0 }, SLOW),
  fault(
    'F07-head-for-ever',
    'a head that goes on and on, line by line',
    { wire: endless('HTTP/1.1 200 OK\r\n', 'x-more: and more\r\n'), delayBetweenMs: EVERY_MS, ending: 'open' },
    SLOW,
  ),
  fault(
    'F07-comments-for-ever',
    'a stream of comments',
    { raw: ': still working\n\n', repeat: Number.POSITIVE_INFINITY, delayBetweenMs: EVERY_MS },
    { ...SLOW, meets: 'streamed' },
  ),
  fault(
    'F07-white-space-for-ever',
    'an answer of white space',
    { raw: ' \n', repeat: Number.POSITIVE_INFINITY, delayBetweenMs: EVERY_MS },
    SLOW,
  ),
  fault(
    'F07-stalls',
    'an answer that stands still in the middle',
    (request) => ({ raw: halfOf(request), ending: 'open' }),
    SLOW,
  ),
  fault('F07-trickle', 'a byte every millisecond', { text: FAULT_TEXT, pieceBytes: 1, delayBetweenMs: 1 }, ANSWERED),
  fault(
    'F07-slow-head',
    'a head that arrives in pieces of eight bytes',
    (request) => {
      const all = wire(request);
      return { wire: all, pieceBytes: 8, delayBetweenMs: 1 };
    },
    { ...ANSWERED, meets: 'whole' },
  ),
  fault(
    'F09-news-before-head',
    '102 and 103 ahead of the answer',
    (request) => ({
      wire: wire(request, 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'),
    }),
    { ...ANSWERED, meets: 'whole' },
  ),
] as const;

function halfOf(request: ServerRequest): string {
  if (!request.stream) return wholeBody({ text: FAULT_TEXT }, request).slice(0, 60);
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: 'Half of ' } }] })}\n\n`;
}

/** Long enough for every limit; below the size at which clients refuse a head (16 KB). */
function endless(first: string, more: string): string[] {
  return [first, ...new Array<string>(500).fill(more)];
}
