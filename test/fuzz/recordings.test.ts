import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseJson } from '../../src/internal/json.ts';
import { redact } from '../../src/internal/redact.ts';
import { readDocument } from '../../src/testing/recording/read-recording.ts';
import { damaged, evilJson, fuzz, textOf } from './fuzz.ts';

const either = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 12 }, { arbitrary: fc.jsonValue({ maxDepth: 1 }), weight: 1 });
const text = either(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 })));
const call = fc.record({ id: either(fc.string()), name: either(fc.string()), arguments: either(fc.string()) });
const message = fc.record(
  {
    role: either(fc.constantFrom('system', 'user', 'assistant', 'tool')),
    content: text,
    callId: fc.string(),
    name: fc.string(),
    toolCalls: either(fc.array(call, { maxLength: 2 })),
  },
  { requiredKeys: ['role', 'content'] },
);
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  call.map((made) => ({ type: 'toolCall', ...made })),
  fc.record({ type: fc.constant('end'), finishReason: either(fc.constantFrom('stop', 'toolCalls', 'length')) }),
);
const recorded = fc.record({
  key: either(fc.string()),
  agent: either(fc.string()),
  model: either(fc.string()),
  hash: either(fc.string()),
  request: either(fc.record({ messages: either(fc.array(message, { maxLength: 2 })) })),
  parts: either(fc.array(part, { maxLength: 2 })),
});
const documents = fc.record({
  crewline: either(fc.constant('recording')),
  version: either(fc.constant(1)),
  models: either(fc.dictionary(fc.string(), either(fc.record({ jsonSchema: fc.boolean() })))),
  calls: either(fc.array(recorded, { maxLength: 2 })),
});

test('any file is a recording, or it is said what is wrong with it and where', () => {
  const files = fc.oneof(
    { arbitrary: documents.map((value) => JSON.stringify(value)), weight: 8 },
    { arbitrary: evilJson, weight: 1 },
  );
  fuzz(damaged(files), (source) => {
    const parsed = parseJson(source);
    if (!parsed.ok) return;
    const read = readDocument(parsed.value);
    if (typeof read === 'string') expect(read).not.toBe('');
    else expect(read.calls.every(({ parts }) => parts.every(({ type }) => type !== undefined))).toBe(true);
  });
});

test('a text without its secrets has none left to lose, and keeps everything else', () => {
  fuzz(
    textOf([
      'sk-',
      'abcdefgh12345678',
      'Bearer ',
      'token',
      '?key=',
      '&',
      'https://a:b@c/',
      '[secret]',
      ' ',
      '\n',
      'otters',
    ]),
    (source) => {
      const clean = redact(source);
      expect(redact(clean)).toBe(clean);
      expect(redact('otters swim')).toBe('otters swim');
    },
  );
});
