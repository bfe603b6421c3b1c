import { expect, test, vi } from 'vitest';
import { onAbort } from '../../src/internal/on-abort.ts';

test('everyone who waits for a signal is told once, but for those who took it back', () => {
  const controller = new AbortController();
  const told = Array.from({ length: 20 }, () => vi.fn());
  const forget = told.map((fn) => onAbort(controller.signal, fn));
  forget[3]?.();
  controller.abort();
  controller.abort();
  expect(told.map((fn) => fn.mock.calls.length)).toEqual(told.map((_, at) => (at === 3 ? 0 : 1)));
});

test('a signal gets one listener, however many wait for it', () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  for (let at = 0; at < 100; at += 1) onAbort(signal, () => {});
  expect(added).toHaveBeenCalledTimes(1);
});
