import fc from 'fast-check';
import { _iterSSEMessages } from 'openai/core/streaming';
import { expect, test } from 'vitest';
import { AnswerProblem } from '../../src/models/openai-failure.ts';
import { type SseEvent, SseParser } from '../../src/models/openai-sse.ts';
import { INPUTS } from '../sizes.ts';
import { fuzz, textOf, typed } from './fuzz.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function parse(chunks: Iterable<Uint8Array>): SseEvent[] {
  const parser = new SseParser();
  return [...[...chunks].flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

const WORDS = ['data:', 'data', ' ', 'event:', 'error', ':', '\n', '\r', '\r\n', '\n\n', '[DONE]', '{"a":1}', '\ufeff'];
const streams = textOf(WORDS, 40);

test('whatever a stream holds, it gives events or one error of ours', () => {
  fuzz(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (chunks) => {
    typed(
      () => parse(chunks),
      (error) => error instanceof AnswerProblem,
    );
  });
});

test('a stream cut at every single byte gives the same events', () => {
  fuzz(streams, (text) => {
    const bytes = encode(text);
    const whole = parse([bytes]);
    expect(parse(Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      if (JSON.stringify(parse([bytes.subarray(0, cut), bytes.subarray(cut)])) !== JSON.stringify(whole)) {
        expect.fail(`cut at ${cut} of ${JSON.stringify(text)}`);
      }
    }
  });
});

/** What openai's own parser reads of the same bytes. */
async function peer(bytes: Uint8Array<ArrayBuffer>): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const { event, data } of _iterSSEMessages(new Response(bytes), new AbortController())) {
    if (data !== '') events.push({ event: event ?? 'message', data });
  }
  return events;
}

/** As chat completion servers write them: whole events, one kind of line end, comments between them. */
const validStreams = fc
  .tuple(
    fc.constantFrom('\n', '\r\n', '\r'),
    fc.array(
      fc.oneof(
        fc.jsonValue().map((value) => [`data: ${JSON.stringify(value)}`]),
        fc.jsonValue().map((value) => ['event: message', `data:${JSON.stringify(value)}`]),
        fc.string({ unit: 'grapheme' }).map((text) => [`: ${text.replace(/[\r\n]/g, '')}`]),
        fc.constantFrom(['data: [DONE]'], ['data: first', 'data: second'], ['id: 7', 'data: x'], ['retry: 10']),
      ),
      { maxLength: 8 },
    ),
  )
  .map(([end, events]) => events.map((lines) => lines.map((line) => line + end).join('') + end).join(''));

test('on valid streams it reads what the parser of the openai package reads', async () => {
  await fc.assert(
    fc.asyncProperty(validStreams, async (text) => {
      expect(parse([encode(text)]).filter(({ data }) => data !== '')).toEqual(await peer(encode(text)));
    }),
    { numRuns: INPUTS },
  );
});
