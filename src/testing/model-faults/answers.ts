import { streamEvents, wholeBody } from '../server-answer.ts';
import type { RawReply, ReplyToolCall, ToolCallsReply } from '../server-reply.ts';
import type { ServerRequest } from '../server-request.ts';
import { ANSWERED, BAD, CALLED, FAULT_TEXT, fault } from './fault.ts';

const WHOLE = { meets: 'whole' } as const;
/** Deeper than any answer; `JSON.parse` takes it, `JSON.stringify` does not. */
const DEEP = 10_000;

/** A JSON body as the answer, or as the first event of a stream. */
function json(body: object): (request: ServerRequest) => RawReply {
  const source = JSON.stringify(body);
  return ({ stream }) => ({ raw: stream ? `data: ${source}\n\ndata: [DONE]\n\n` : source });
}

/** Two calls of the first tool on offer, `change`d into what odd servers send. */
function calls(change: (call: ReplyToolCall, position: number) => ReplyToolCall, rest: Partial<ToolCallsReply> = {}) {
  return ({ tools: [name = 'tool'] }: ServerRequest): ToolCallsReply => ({
    toolCalls: [0, 1].map((position) => change({ name, arguments: {} }, position)),
    ...rest,
  });
}

/** The answer with its usage written as `usage`. */
function counted(usage: unknown) {
  return (request: ServerRequest): RawReply => {
    const odd = (source: string) => source.replace(/"usage":\{[^}]*\}/, `"usage":${JSON.stringify(usage)}`);
    const answer = { text: FAULT_TEXT };
    return { raw: request.stream ? streamEvents(answer, request).map(odd).join('') : odd(wholeBody(answer, request)) };
  };
}

/** F10 to F12, F16: what an answer may hold although its status is 200. */
export const ANSWER_FAULTS = [
  fault(
    'F10-page',
    '200 with a web page',
    { raw: '<!doctype html><title>Sign in</title>', contentType: 'text/html' },
    BAD,
  ),
  fault('F10-empty', '200 with nothing', { raw: '' }, BAD),
  fault(
    'F10-broken-json',
    '200 with JSON that is cut',
    (request) => ({
      raw: wholeBody({ text: FAULT_TEXT }, request).slice(0, -9),
    }),
    { ...BAD, ...WHOLE },
  ),
  fault(
    'F10-deep-json',
    '200 with JSON that is nested ten thousand levels deep',
    ({ stream }) => {
      const source = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
      return { raw: stream ? `data: ${source}\n\n` : source };
    },
    BAD,
  ),
  fault('F10-not-an-object', '200 with a list', { raw: '[1,2,3]', contentType: 'application/json' }, BAD),
  fault('F10-error', '200 with an error', json({ error: { message: 'something broke' } }), BAD),
  fault('F10-no-choices', '200 with no choice', json({ choices: [] }), { ...BAD, ...WHOLE }),
  fault('F10-no-content', '200 with neither text nor tool calls', { text: '' }, BAD),
  fault(
    'F10-no-finish-reason',
    '200 without a finish_reason',
    { text: FAULT_TEXT, finishReason: null },
    {
      ...BAD,
      ...WHOLE,
    },
  ),
  fault(
    'F10-zipped',
    '200 with bytes that only claim to be gzip',
    {
      raw: new Uint8Array([0x1f, 0x8b, 8, 0, 0xff, 0xfe, 0, 1, 2, 3, 0xc3, 0x28]),
      headers: { 'content-encoding': 'gzip' },
      contentType: 'application/json',
    },
    BAD,
  ),
  fault(
    'F10-wrong-type',
    'the answer as text/plain',
    (request) => {
      const answer = { text: FAULT_TEXT };
      const raw = request.stream ? streamEvents(answer, request).join('') : wholeBody(answer, request);
      return { raw, contentType: 'text/plain' };
    },
    ANSWERED,
  ),
  fault(
    'F10-not-streamed',
    'a whole answer where a stream was asked for',
    (request) => ({
      raw: wholeBody({ text: FAULT_TEXT }, request),
      contentType: 'application/json',
    }),
    ANSWERED,
  ),
  fault('F10-no-usage', 'an answer that does not count', { text: FAULT_TEXT, usage: null }, ANSWERED),
  fault('F10-usage-negative', 'counts below nothing', counted({ prompt_tokens: -1, completion_tokens: -5 }), ANSWERED),
  fault('F10-usage-words', 'counts in words', counted({ prompt_tokens: 'ten', completion_tokens: null }), ANSWERED),
  fault('F10-usage-list', 'a list where counts should be', counted([1, 2]), ANSWERED),
  fault(
    'F11-length',
    'an answer cut at its limit',
    { text: FAULT_TEXT, finishReason: 'length' },
    {
      endsAs: 'OUTPUT_TRUNCATED',
    },
  ),
  fault(
    'F11-length-in-arguments',
    'tool calls cut at the limit of the answer',
    calls((call, position) => (position === 0 ? call : { ...call, arguments: '{"path": "/et' }), {
      finishReason: 'length',
    }),
    { endsAs: 'OUTPUT_TRUNCATED' },
  ),
  fault(
    'F12-filtered',
    'withheld by a content filter',
    { text: 'Grü', finishReason: 'content_filter' },
    {
      endsAs: 'CONTENT_FILTERED',
    },
  ),
  fault('F12-refusal', 'a refusal', { text: '', refusal: 'I cannot help with that.' }, { endsAs: 'REFUSED' }),
  fault(
    'F16-index-0',
    'all tool calls at index 0',
    calls((call) => ({ ...call, index: 0 })),
    CALLED,
  ),
  fault(
    'F16-no-index',
    'tool calls without an index',
    calls((call) => ({ ...call, index: null })),
    CALLED,
  ),
  fault(
    'F16-same-id',
    'two tool calls with one id',
    calls((call) => ({ ...call, id: 'call_1' })),
    CALLED,
  ),
  fault(
    'F16-empty-id',
    'tool calls with empty ids',
    calls((call) => ({ ...call, id: '' })),
    CALLED,
  ),
  fault(
    'F16-no-id',
    'tool calls without ids',
    calls((call) => ({ ...call, id: null })),
    CALLED,
  ),
  fault(
    'F16-stop',
    'tool calls that end with "stop"',
    calls((call) => call, { finishReason: 'stop' }),
    CALLED,
  ),
] as const;
