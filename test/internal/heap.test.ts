import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Heap, type HeapEntry } from '../../src/internal/heap.ts';
import { RUNS } from '../sizes.ts';

interface Numbered extends HeapEntry {
  readonly value: number;
}

test('whatever is added and taken out, the first on top is the first of those that are in', () => {
  const operations = fc.array(fc.record({ value: fc.nat(20), take: fc.nat(3), which: fc.nat() }), { maxLength: 80 });
  fc.assert(
    fc.property(operations, (list) => {
      const heap = new Heap<Numbered>((a, b) => a.value < b.value);
      const inside: Numbered[] = [];
      const all: Numbered[] = [];
      for (const { value, take, which } of list) {
        const entry = { value, at: -1 };
        heap.add(entry);
        inside.push(entry);
        all.push(entry);
        // Also one that is out already: then nothing happens.
        const out = take === 0 ? all[which % all.length] : take === 1 ? heap.next : undefined;
        if (out !== undefined) {
          heap.remove(out);
          expect(out.at).toBe(-1);
          if (inside.includes(out)) inside.splice(inside.indexOf(out), 1);
        }
        expect(heap.size).toBe(inside.length);
        expect(heap.next?.value).toBe(inside.length === 0 ? undefined : Math.min(...inside.map((each) => each.value)));
      }
    }),
    { numRuns: RUNS },
  );
});
