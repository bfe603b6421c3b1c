import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ToolCallAssembly } from '../../src/models/openai-tool-calls.ts';
import type { Json } from '../../src/spec/json.ts';
import { RUNS } from '../sizes.ts';
import { ask, setUp } from './ask-model.ts';

function assemble(deltas: readonly Json[], taken: readonly string[] = []) {
  const assembly = new ToolCallAssembly();
  for (const delta of deltas) assembly.addPieces([delta]);
  return assembly.parts(taken).map((part) => (part.type === 'toolCall' ? [part.id, part.name, part.arguments] : part));
}

const piece = (index: number | null, id: string | null, name: string | null, args: Json = ''): Json => ({
  ...(index !== null && { index }),
  ...(id !== null && { id }),
  function: { ...(name !== null && { name }), arguments: args },
});

test('fragments of several calls are joined by their index', () => {
  expect(
    assemble([
      piece(0, 'a', 'search', ''),
      piece(1, 'b', 'read', '{"p'),
      piece(0, null, null, '{"q":'),
      piece(1, null, null, '":1}'),
      piece(0, null, null, '"x"}'),
    ]),
  ).toEqual([
    ['a', 'search', '{"q":"x"}'],
    ['b', 'read', '{"p":1}'],
  ]);
});

test.each([
  ['with new ids', [piece(0, 'a', 'search', '{"q":1}'), piece(0, 'b', 'search', '{"q":2}')], ['a', 'b']],
  ['without ids', [piece(0, null, 'search', '{"q":1}'), piece(0, null, 'search', '{"q":2}')], ['call_1', 'call_2']],
  ['with empty ids', [piece(0, '', 'search', '{"q":1}'), piece(0, '', 'search', '{"q":2}')], ['call_1', 'call_2']],
  ['with one id for both', [piece(0, 'a', 'search', '{"q":1}'), piece(0, 'a', 'search', '{"q":2}')], ['a', 'call_1']],
  [
    'without index or ids',
    [piece(null, null, 'search', '{"q":1}'), piece(null, null, 'search', '{"q":2}')],
    ['call_1', 'call_2'],
  ],
])('two whole calls on one index stay two %s', (_, deltas, ids) => {
  expect(assemble(deltas)).toEqual([
    [ids[0], 'search', '{"q":1}'],
    [ids[1], 'search', '{"q":2}'],
  ]);
});

test('another name on the same index is another call, even without arguments', () => {
  expect(assemble([piece(0, null, 'now'), piece(0, null, 'today')])).toEqual([
    ['call_1', 'now', '{}'],
    ['call_2', 'today', '{}'],
  ]);
});

test('a server that repeats id and name on every fragment still means one call', () => {
  const text = '{"q":"a } and a \\" and a {"}';
  const deltas = [...text].map((char) => piece(0, 'a', 'search', char));
  expect(assemble([...deltas, piece(0, 'a', 'search', '')])).toEqual([['a', 'search', text]]);
});

test('an id that comes late belongs to the call', () => {
  expect(assemble([piece(0, null, 'search', ''), piece(0, 'late', null, '{}')])).toEqual([['late', 'search', '{}']]);
});

test('new ids avoid those that the answer or the conversation has', () => {
  expect(
    assemble([piece(0, 'call_1', 'a', '{}'), piece(1, '', 'b', '{}'), piece(2, 'old', 'c', '{}')], ['call_2', 'old']),
  ).toEqual([
    ['call_1', 'a', '{}'],
    ['call_3', 'b', '{}'],
    ['call_4', 'c', '{}'],
  ]);
});

test('arguments that come as an object are written as JSON, and a missing name stays empty', () => {
  expect(assemble([piece(0, 'a', 'search', { q: 'x' }), piece(1, 'b', null, '{}')])).toEqual([
    ['a', 'search', '{"q":"x"}'],
    ['b', '', '{}'],
  ]);
});

test('each entry of a whole message is a call, even where two look the same', () => {
  const assembly = new ToolCallAssembly();
  assembly.addWhole([{ function: { name: 'now', arguments: '' } }, { function: { name: 'now', arguments: '' } }]);
  expect(assembly.parts([])).toMatchObject([{ id: 'call_1' }, { id: 'call_2' }]);
});

test('whole calls on any indices, with any ids, give each call once, with an id of its own', () => {
  const id = fc.constantFrom('', 'a', 'b', null);
  const args = fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 5 }), { maxKeys: 2 });
  const call = fc.record({ id, name: fc.constantFrom('search', 'read'), args });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 5 }), fc.boolean(), (calls, oneIndex) => {
      const found = assemble(
        calls.map((one, at) => piece(oneIndex ? 0 : at, one.id, one.name, JSON.stringify(one.args))),
      );
      expect(found.map((entry) => (Array.isArray(entry) ? entry.slice(1) : entry))).toEqual(
        calls.map((one) => [one.name, JSON.stringify(one.args)]),
      );
      expect(new Set(found.map((entry) => (Array.isArray(entry) ? entry[0] : ''))).size).toBe(calls.length);
    }),
    { numRuns: RUNS },
  );
});

test('ids that a conversation has used already are replaced, over HTTP', async () => {
  const { model } = await setUp({ toolCalls: [{ id: 'same', name: 'search', arguments: {} }] });
  const parts = await ask(model, {
    messages: [
      { role: 'user', content: 'Go on.' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'same', name: 'search', arguments: '{}' }] },
      { role: 'tool', callId: 'same', name: 'search', content: 'nothing' },
    ],
  });
  expect(parts[0]).toEqual({ type: 'toolCall', id: 'call_1', name: 'search', arguments: '{}' });
});

test('the older function_call is understood', async () => {
  const message = { content: null, function_call: { name: 'search', arguments: '{}' } };
  const { model } = await setUp({
    raw: JSON.stringify({ choices: [{ message, finish_reason: 'function_call' }] }),
  });
  expect(await ask(model)).toMatchObject([
    { type: 'toolCall', id: 'call_1', name: 'search', arguments: '{}' },
    { type: 'end', finishReason: 'toolCalls' },
  ]);
});
