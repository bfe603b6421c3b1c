import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MAX_EVENT_BYTES, type SseEvent, SseParser } from '../../src/models/openai-sse.ts';
import { RUNS } from '../sizes.ts';

const encode = (text: string) => new TextEncoder().encode(text);

function parse(chunks: readonly Uint8Array[]): SseEvent[] {
  const parser = new SseParser();
  return [...chunks.flatMap((chunk) => parser.push(chunk)), ...parser.end()];
}

const message = (data: string): SseEvent => ({ event: 'message', data });

const RICH = [
  '\uFEFFdata: first\r\n\r\n',
  ': a comment\r\n',
  'event: note\rdata: zwei äöü €\r\r',
  'data:no space\ndata: \ndata:  two spaces 👩‍🚀\n\n',
  'id: 7\nretry: 100\nunknown: x\ndata\n\n',
  '\n\n\r\n\revent: without data\n\ndata: last\r\n\r\n',
].join('');
const RICH_EVENTS = [
  message('first'),
  { event: 'note', data: 'zwei äöü €' },
  message('no space\n\n two spaces 👩‍🚀'),
  message(''),
  message('last'),
];

test('events are read with every line end, comments, types, several data lines and a byte order mark', () => {
  expect(parse([encode(RICH)])).toEqual(RICH_EVENTS);
});

test('a stream cut in two at any byte gives the same events', () => {
  const bytes = encode(RICH);
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    expect(parse([bytes.subarray(0, cut), bytes.subarray(cut)]), `cut at ${cut}`).toEqual(RICH_EVENTS);
  }
});

test('a stream that arrives byte by byte gives the same events', () => {
  expect(parse([...encode(RICH)].map((byte) => Uint8Array.of(byte)))).toEqual(RICH_EVENTS);
});

test('any events survive any line ends and any chunks', () => {
  const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, '·'));
  const lineEnd = fc.constantFrom('\n', '\r\n', '\r');
  fc.assert(
    fc.property(
      fc.array(fc.array(line, { minLength: 1, maxLength: 3 }), { maxLength: 5 }),
      lineEnd,
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }),
      (events, end, sizes) => {
        const text = events.map((lines) => `${lines.map((one) => `data: ${one}${end}`).join('')}${end}`).join('');
        const bytes = encode(text);
        const chunks: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          chunks.push(bytes.slice(at, at + size));
          at += size;
        }
        expect(parse(chunks)).toEqual(events.map((lines) => message(lines.join('\n'))));
      },
    ),
    { numRuns: RUNS },
  );
});

test('any bytes are read without an error', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      expect(Array.isArray(parse(chunks))).toBe(true);
    }),
    { numRuns: RUNS },
  );
});

test('an event whose last empty line is missing is given at the end', () => {
  const parser = new SseParser();
  expect(parser.push(encode('data: [DONE]'))).toEqual([]);
  expect(parser.end()).toEqual([message('[DONE]')]);
  expect(parser.end()).toEqual([]);
});

test('an event of more than 4 MB is refused, as one line, as many lines, and as a comment', () => {
  const push = (chunk: Uint8Array, times: number) => () => {
    const parser = new SseParser();
    for (let at = 0; at < times; at += 1) parser.push(chunk);
  };
  expect(push(encode('x'.repeat(1024)), MAX_EVENT_BYTES / 1024)).not.toThrow();
  expect(push(encode('x'.repeat(1024)), MAX_EVENT_BYTES / 1024 + 1)).toThrow('larger than 4 MB');
  expect(push(encode(`data: ${'x'.repeat(1024)}\n`), MAX_EVENT_BYTES / 1024)).toThrow('larger than 4 MB');
  expect(push(encode(`:${'x'.repeat(1024)}`), MAX_EVENT_BYTES / 1024)).toThrow('larger than 4 MB');
});

test('a long line in tiny pieces is read', () => {
  const parser = new SseParser();
  const piece = encode('0123456789abcdef');
  parser.push(encode('data: '));
  for (let at = 0; at < 200_000; at += 1) parser.push(piece);
  const [event] = parser.push(encode('\n\n'));
  expect(event?.data.length).toBe(3_200_000);
});
