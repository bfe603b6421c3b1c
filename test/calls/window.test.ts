import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow, WINDOW_MS } from '../../src/calls/window.ts';
import { RUNS } from '../sizes.ts';

const SLOT_MS = 50;

/** The same by definition: a list of what was added where. */
class Reference {
  amounts = new Map<number, number>();

  forget(now: number): void {
    for (const slot of this.amounts.keys()) if (slot * SLOT_MS + WINDOW_MS <= now) this.amounts.delete(slot);
  }

  sum(): number {
    return [...this.amounts.values()].reduce((sum, amount) => sum + amount, 0);
  }

  since(slot: number, ms: number, now: number): number {
    const end = Math.min(slot + Math.ceil(ms / SLOT_MS), Math.floor(now / SLOT_MS));
    return [...this.amounts].reduce((sum, [at, amount]) => (at >= slot && at <= end ? sum + amount : sum), 0);
  }

  clearsTo(most: number, now: number): number {
    const ends = [...this.amounts.keys()].map((slot) => slot * SLOT_MS + WINDOW_MS).sort((a, b) => a - b);
    const left = (at: number) =>
      [...this.amounts].reduce((sum, [slot, n]) => (slot * SLOT_MS + WINDOW_MS > at ? sum + n : sum), 0);
    return [now, ...ends].find((at) => left(at) <= most) ?? Number.NaN;
  }
}

const step = fc.record({
  /** How much later: often at once, at times so much that all is forgotten. */
  later: fc.oneof(fc.nat(60), fc.nat(3_000), fc.constantFrom(WINDOW_MS - 1, WINDOW_MS, WINDOW_MS + 1, 200_000)),
  amount: fc.integer({ min: 1, max: 9 }),
  change: fc.option(fc.tuple(fc.nat(20), fc.integer({ min: -3, max: 5 }))),
  ms: fc.nat(70_000),
  most: fc.nat(12),
});

test('what a window holds is what was added in the last minute, whatever was added, changed and asked for', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const window = new SlidingWindow();
      const reference = new Reference();
      const slots: number[] = [];
      let now = 0;
      for (const { later, amount, change, ms, most } of steps) {
        now += later;
        reference.forget(now);
        const slot = window.add(amount, now);
        expect(slot).toBe(Math.floor(now / SLOT_MS));
        slots.push(slot);
        reference.amounts.set(slot, (reference.amounts.get(slot) ?? 0) + amount);
        const changed = slots[slots.length - 1 - ((change?.[0] ?? 0) % slots.length)] ?? 0;
        const held = reference.amounts.get(changed);
        if (change !== null) {
          // A slot that is emptied may be passed over for good; nothing here needs to know.
          const by = held === undefined ? change[1] : Math.max(change[1], 1 - held);
          window.change(changed, by, now);
          if (held !== undefined) reference.amounts.set(changed, held + by);
        }
        expect(window.sum(now)).toBe(reference.sum());
        expect(window.before(slot)).toBe(reference.sum() - (reference.amounts.get(slot) ?? 0));
        expect(window.since(changed, ms, now)).toBe(held === undefined ? undefined : reference.since(changed, ms, now));
        expect(window.clearsTo(most, now)).toBe(reference.clearsTo(most, now));
      }
      expect(window.sum(now + WINDOW_MS)).toBe(0);
    }),
    { numRuns: RUNS },
  );
});

test('a minute and a second after it was added an amount has left, and not before', () => {
  const window = new SlidingWindow();
  window.add(7, 0);
  expect(window.sum(WINDOW_MS - 1)).toBe(7);
  expect(window.clearsTo(6, 10)).toBe(WINDOW_MS);
  expect(window.clearsTo(7, 10)).toBe(10);
  expect(window.sum(WINDOW_MS)).toBe(0);
  expect(window.clearsTo(0, WINDOW_MS)).toBe(WINDOW_MS);
});

test('what is changed may empty a slot, and what comes after it still leaves in time', () => {
  const window = new SlidingWindow();
  const first = window.add(2, 0);
  window.add(3, 1_000);
  window.change(first, -2, 1_000);
  expect(window.sum(1_000)).toBe(3);
  expect(window.clearsTo(0, 1_000)).toBe(1_000 + WINDOW_MS);
  expect(window.sum(WINDOW_MS + 999)).toBe(3);
  expect(window.sum(WINDOW_MS + 1_000)).toBe(0);
});
