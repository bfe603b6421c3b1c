import { expect, test } from 'vitest';
import { costOf } from '../../src/calls/cost.ts';
import { priceIn } from '../../src/models/prices.ts';

const shipped = priceIn(undefined);

test('models are found by their exact name, and dated snapshots by the name without the date', () => {
  expect(shipped('gpt-5-mini')).toEqual({ input: 0.25, cachedInput: 0.025, output: 2 });
  expect(shipped('gpt-5-mini-2025-08-07')).toBe(shipped('gpt-5-mini'));
  expect(shipped('claude-opus-4-5-20251101')).toBe(shipped('claude-opus-4-5'));
});

test('a snapshot with a price of its own has that', () => {
  expect(shipped('gpt-4o-2024-05-13')).toMatchObject({ input: 5, output: 15 });
  expect(shipped('gpt-4o-2024-08-06')).toBe(shipped('gpt-4o'));
});

test.each(['gpt-5-min', 'gpt-5-mini-preview', 'GPT-5-MINI', 'gpt-5-mini-2025-08', 'openai/gpt-5-mini', '', 'toString'])(
  '%j has no price: nothing is guessed',
  (name) => {
    expect(shipped(name)).toBeUndefined();
  },
);

test('offline costs nothing', () => {
  expect(costOf({ inputTokens: 1_000, outputTokens: 1_000 }, shipped('offline'))).toBe(0);
});

test("a crew's own prices win, for dated snapshots too, and add models", () => {
  const own = priceIn({
    'gpt-5-mini': { input: 1, output: 1 },
    'gpt-5-nano-2025-08-07': { input: 2, output: 2 },
    mine: { input: 3, output: 3 },
  });
  expect(own('gpt-5-mini')).toEqual({ input: 1, output: 1 });
  expect(own('gpt-5-mini-2025-08-07')).toEqual({ input: 1, output: 1 });
  expect(own('gpt-5-nano-2025-08-07')).toEqual({ input: 2, output: 2 });
  expect(own('gpt-5-nano')).toBe(shipped('gpt-5-nano'));
  expect(own('mine')).toEqual({ input: 3, output: 3 });
  expect(own('gpt-4.1')).toBe(shipped('gpt-4.1'));
});

test('cached input has its own price, and is part of the input', () => {
  const price = { input: 10, cachedInput: 1, output: 100 };
  const tokens = { inputTokens: 1_000_000, cachedInputTokens: 400_000, outputTokens: 10_000 };
  expect(costOf(tokens, price)).toBe(6 + 0.4 + 1);
  expect(costOf(tokens, { input: 10, output: 100 })).toBe(11);
});

test('a long input has another price for all of its tokens', () => {
  const sol = shipped('gpt-6-sol');
  expect(costOf({ inputTokens: 272_000, outputTokens: 1_000 }, sol)).toBe(0.554);
  expect(costOf({ inputTokens: 272_001, cachedInputTokens: 272_001, outputTokens: 1_000 }, sol)).toBe(0.1238004);
});

test('what has no price has no cost', () => {
  expect(costOf({ inputTokens: 1, outputTokens: 1 }, undefined)).toBeNull();
});

test('more cached tokens than input, as some servers count, never make a call cheaper than that', () => {
  const price = { input: 10, cachedInput: 1, output: 0 };
  expect(costOf({ inputTokens: 0, cachedInputTokens: 1_000_000, outputTokens: 0 }, price)).toBe(1);
});
