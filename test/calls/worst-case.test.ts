import { expect, test } from 'vitest';
import { worstCase } from '../../src/calls/worst-case.ts';
import type { ModelRequest } from '../../src/spec/model.ts';

const asking = (content: string, more: Partial<ModelRequest> = {}): ModelRequest => ({
  messages: [{ role: 'user', content }],
  stream: false,
  ...more,
});
const bound = { settings: { maxOutputTokens: 100 } };

test('input is estimated at two bytes of UTF-8 a token, and what frames a message', () => {
  expect(worstCase(asking('a'.repeat(200), bound), undefined).tokens).toBe(4 + 100 + 100);
  expect(worstCase(asking('é'.repeat(200), bound), undefined).tokens).toBe(4 + 200 + 100);
  expect(worstCase(asking('水'.repeat(200), bound), undefined).tokens).toBe(4 + 300 + 100);
  expect(worstCase(asking('😀'.repeat(200), bound), undefined).tokens).toBe(4 + 400 + 100);
});

test('an answer without a bound of its own counts 4,096 tokens', () => {
  expect(worstCase(asking(''), undefined).tokens).toBe(4 + 4096);
});

test('tool calls, tools and the schema of the answer are part of the input', () => {
  const plain = worstCase(asking('hi', bound), undefined).tokens;
  const tool = { name: 'look', description: 'Looks.', parameters: { type: 'object' } };
  const schema = { type: 'object', properties: { a: { type: 'string' } } };
  const half = (value: object) => Math.ceil(JSON.stringify(value).length / 2);
  expect(worstCase(asking('hi', { ...bound, tools: [tool] }), undefined).tokens).toBe(plain + half([tool]));
  expect(worstCase(asking('hi', { ...bound, output: { name: 'x', schema } }), undefined).tokens).toBe(
    plain + half(schema),
  );
  const called = { role: 'assistant', content: '', toolCalls: [{ id: '1', name: 'look', arguments: '{}' }] } as const;
  expect(worstCase({ messages: [called], stream: false, ...bound }, undefined).tokens).toBe(4 + 4 + 2 + 1 + 100);
});

test('money is estimated as if nothing were cached', () => {
  const price = { input: 10, cachedInput: 1, output: 100 };
  expect(worstCase(asking('a'.repeat(200), bound), price).costUsd).toBe((104 * 10 + 100 * 100) / 1_000_000);
  expect(worstCase(asking('hi'), undefined).costUsd).toBeNull();
});

test('a message is measured once, however often it is sent', () => {
  const request = asking('a'.repeat(10_000_000));
  const first = worstCase(request, undefined);
  for (let call = 0; call < 1_000; call += 1) expect(worstCase(request, undefined)).toEqual(first);
});
