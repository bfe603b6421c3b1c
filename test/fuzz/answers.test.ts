import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { isJsonObject, parseJson } from '../../src/internal/json.ts';
import { Answer } from '../../src/models/openai-answer.ts';
import { toModelError } from '../../src/models/openai-errors.ts';
import { AnswerProblem, ProviderFailure } from '../../src/models/openai-failure.ts';
import { ToolCallAssembly } from '../../src/models/openai-tool-calls.ts';
import type { ModelPart } from '../../src/spec/model.ts';
import { damaged, evilJson, fuzz, typed } from './fuzz.ts';

const place = {
  model: 'm',
  baseURL: 'http://localhost/v1',
  key: '',
  reached: true,
  requestId: undefined,
  status: 200,
  text: '',
  details: {},
};

/** An answer's problem becomes the one error that users see. */
function isAnswerError(error: unknown): boolean {
  if (!(error instanceof AnswerProblem || error instanceof ProviderFailure)) return false;
  const seen = toModelError(error, place);
  expect(seen).toBeInstanceOf(ModelError);
  expect(seen.message.length).toBeLessThan(2_000);
  return true;
}

const noIds = () => [];
const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
/** A field that is mostly what it should be. */
const mostly = <T>(right: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: right, weight: 8 }, { arbitrary: fc.jsonValue({ maxDepth: 1 }), weight: 1 });

const calls = fc.array(
  fc.record(
    {
      index: mostly(fc.nat(3)),
      id: mostly(oneOf('', 'call_1', 'call_2', 'x')),
      type: oneOf('function'),
      function: mostly(
        fc.record(
          {
            name: mostly(oneOf('', 'search', 'Search', '__proto__')),
            arguments: mostly(oneOf('', '{', '{}', '"a":1', '}', '{"a":1}')),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: ['function'] },
  ),
  { maxLength: 4 },
);
const message = fc.record(
  {
    role: oneOf('assistant'),
    content: mostly(oneOf('', 'Yes.', ' ', null)),
    refusal: mostly(oneOf('', 'No.', null)),
    tool_calls: mostly(calls),
    function_call: mostly(fc.record({ name: oneOf('old'), arguments: oneOf('{}') })),
  },
  { requiredKeys: [] },
);
const finish = mostly(oneOf('stop', 'length', 'tool_calls', 'content_filter', 'error', '', null));
const usage = mostly(fc.record({ prompt_tokens: mostly(fc.nat()), completion_tokens: mostly(fc.nat()) }));

function bodies(field: 'message' | 'delta'): fc.Arbitrary<string> {
  const choice = fc.record(
    { index: mostly(oneOf(0, 1)), [field]: mostly(message), finish_reason: finish },
    { requiredKeys: [field] },
  );
  const body = fc.record(
    {
      choices: mostly(fc.array(mostly(choice), { maxLength: 2 })),
      usage,
      error: fc.constantFrom<unknown>(null, { message: 'busy', code: 503 }, 'no'),
    },
    { requiredKeys: ['choices'] },
  );
  return fc.oneof(
    { arbitrary: body.map((value) => JSON.stringify(value)), weight: 6 },
    { arbitrary: evilJson, weight: 1 },
  );
}

function expectWhole(parts: readonly ModelPart[]): void {
  expect(parts.map(({ type }) => type).join(' ')).toMatch(/^(text )?(toolCall )*end$/);
  const ids = parts.flatMap((part) => (part.type === 'toolCall' ? [part.id] : []));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).not.toContain('');
}

test('a chat completion is an answer or one error of ours, whatever its fields are', () => {
  fuzz(damaged(bodies('message')), (source) => {
    const parts = typed(() => new Answer(noIds).whole(source), isAnswerError);
    if (parts !== undefined) expectWhole(parts);
  });
});

test('the deltas of a stream make an answer or one error of ours, whatever they hold', () => {
  fuzz(fc.array(damaged(bodies('delta')), { maxLength: 5 }), (sources) => {
    const answer = new Answer(noIds);
    const read = () => {
      const text = sources.map((source) => answer.piece(source)).join('');
      return { text, parts: answer.finish() };
    };
    const whole = typed(read, isAnswerError);
    if (whole === undefined) return;
    expect(answer.text).toBe(whole.text);
    expectWhole(whole.parts);
  });
});

test('tool calls keep every piece of their arguments, in order, however the pieces are cut', () => {
  const call = fc.record({ name: oneOf('search', 'read'), args: fc.dictionary(fc.string(), fc.string()) });
  fuzz(
    fc.tuple(fc.array(call, { minLength: 1, maxLength: 4 }), fc.array(fc.nat(9), { minLength: 1, maxLength: 8 })),
    ([made, cuts]) => {
      const assembly = new ToolCallAssembly();
      for (const [index, { name, args }] of made.entries()) {
        assembly.addPieces([{ index, id: `c${index}`, function: { name, arguments: '' } }]);
        const text = JSON.stringify(args);
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = 1 + (cuts[turn % cuts.length] ?? 0);
          assembly.addPieces([{ index, function: { arguments: text.slice(at, at + size) } }]);
          at += size;
        }
      }
      const parts = assembly.parts([]);
      expect(
        parts.map((part) => part.type === 'toolCall' && { name: part.name, args: JSON.parse(part.arguments) }),
      ).toEqual(made.map(({ name, args }) => ({ name, args: { ...args } })));
    },
  );
});

test('what a tool is called with holds no key that reaches a prototype', () => {
  fuzz(damaged(evilJson), (source) => {
    const parsed = parseJson(source);
    if (!parsed.ok) return;
    const visit = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(value));
      for (const name of ['__proto__', 'constructor', 'prototype']) expect(Object.hasOwn(value, name)).toBe(false);
      for (const entry of Object.values(value)) visit(entry);
    };
    visit(parsed.value);
    if (isJsonObject(parsed.value))
      expect(Reflect.get(parsed.value, 'polluted')).toBe(
        Object.getOwnPropertyDescriptor(parsed.value, 'polluted')?.value,
      );
  });
});
