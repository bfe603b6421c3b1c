import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ReadySet, readySet } from '../../src/plan/ready-set.ts';
import { RUNS } from '../sizes.ts';

function drain(set: ReadySet): number[] {
  const ids: number[] = [];
  while (set.size > 0) ids.push(set.pop());
  return ids;
}

test('without priorities what came first goes first', () => {
  const set = readySet();
  for (const id of [3, 1, 2]) set.push(id);
  expect(set.size).toBe(3);
  expect(set.pop()).toBe(3);
  set.push(0);
  expect(drain(set)).toEqual([1, 2, 0]);
});

test('with priorities the highest goes first, of equals the one declared first', () => {
  const set = readySet(Float64Array.of(1, 5, 5, 2));
  for (const id of [3, 2, 0, 1]) set.push(id);
  expect(drain(set)).toEqual([1, 2, 3, 0]);
});

test('an empty set gives -1, and can be filled again', () => {
  for (const set of [readySet(), readySet(Float64Array.of(1, 2))]) {
    expect(set.pop()).toBe(-1);
    set.push(1);
    expect(drain(set)).toEqual([1]);
    expect(set.pop()).toBe(-1);
    set.push(0);
    expect(drain(set)).toEqual([0]);
  }
});

/** Pushes and pops in any order: a number is pushed, null takes one out. */
const operations = fc.array(fc.option(fc.nat(40)), { maxLength: 120 });

function agrees(set: ReadySet, script: readonly (number | null)[], next: (ids: readonly number[]) => number): void {
  const held: number[] = [];
  for (const step of script) {
    if (step !== null) {
      held.push(step);
      set.push(step);
    } else if (held.length > 0) {
      const at = next(held);
      expect(set.pop()).toBe(held.splice(at, 1)[0]);
    } else expect(set.pop()).toBe(-1);
    expect(set.size).toBe(held.length);
  }
}

test('the heap always gives the best that it holds', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 41, maxLength: 41 });
  fc.assert(
    fc.property(operations, weights, (script, values) => {
      const order = (id: number): number => (values[id] ?? 0) * 1_000 - id;
      agrees(readySet(Float64Array.from(values)), script, (ids) =>
        ids.reduce((best, id, at) => (order(id) > order(ids[best] ?? 0) ? at : best), 0),
      );
    }),
    { numRuns: RUNS },
  );
});

test.each<[string, (id: number) => number]>([
  // In an order that is neither theirs nor its opposite.
  ['all differ, and the first is the lowest', (id) => (id * 23) % 41],
  ['all differ, and the first is the highest', (id) => (id * 23 + 40) % 41],
  ['all are the same', () => 1],
])('a heap of any size gives all it holds, the highest first: %s', (_, priority) => {
  for (let size = 1; size <= 40; size += 1) {
    const values = Float64Array.from({ length: size }, (_, id) => priority(id));
    const set = readySet(values);
    for (let id = 0; id < size; id += 1) set.push((id * 7) % size);
    const pushed = Array.from({ length: size }, (_, id) => (id * 7) % size);
    const expected = pushed.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b);
    expect(drain(set)).toEqual(expected);
  }
});

test('the queue keeps its order through any mix of pushes and pops', () => {
  fc.assert(
    fc.property(operations, (script) => agrees(readySet(), script, () => 0)),
    { numRuns: RUNS },
  );
});

test('a queue that is never empty keeps its order while it forgets what was taken', () => {
  const set = readySet();
  for (let id = 0; id < 2_000; id += 1) set.push(id);
  for (let id = 0; id < 20_000; id += 1) {
    expect(set.pop()).toBe(id);
    set.push(id + 2_000);
  }
  expect(drain(set)).toEqual(Array.from({ length: 2_000 }, (_, at) => 20_000 + at));
});
