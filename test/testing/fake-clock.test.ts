import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { RUNS } from '../sizes.ts';

test('time stands still until it is told to move', async () => {
  const clock = fakeClock({ startMs: 1_000_000 });
  const heard: string[] = [];
  clock.timer(100, () => heard.push(`timer at ${clock.monotonic()}`));
  await new Promise((resolve) => setImmediate(resolve));
  expect([clock.now(), clock.monotonic(), heard]).toEqual([1_000_000, 0, []]);
  await clock.advance(99);
  expect([clock.now(), heard]).toEqual([1_000_099, []]);
  await clock.advance(51);
  expect([clock.now(), clock.monotonic(), heard]).toEqual([1_000_150, 150, ['timer at 100']]);
});

test('what promises make of one timer has happened before the next fires', async () => {
  const clock = fakeClock();
  const heard: string[] = [];
  const chain = async (name: string) => {
    await clock.sleep(10);
    for (let turn = 0; turn < 50; turn += 1) await null;
    heard.push(name);
  };
  void chain('first');
  void chain('second');
  clock.timer(10, () => heard.push('third'));
  await clock.advance(10);
  expect(heard).toEqual(['first', 'second', 'third']);
});

test('a timer that was cancelled does not fire', async () => {
  const clock = fakeClock();
  let fired = false;
  const cancel = clock.timer(10, () => {
    fired = true;
  });
  cancel();
  cancel();
  expect(clock.scheduled).toBe(0);
  await clock.untilIdle();
  expect([fired, clock.monotonic()]).toEqual([false, 0]);
});

test('sleep ends with the reason of its signal, and leaves nothing scheduled', async () => {
  const clock = fakeClock();
  const controller = new AbortController();
  const slept = clock.sleep(1_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(slept).rejects.toThrow('enough');
  await expect(clock.sleep(1_000, controller.signal)).rejects.toThrow('enough');
  expect(clock.scheduled).toBe(0);
});

test('until moves on to whatever it is given, and settles as that does', async () => {
  const clock = fakeClock();
  const work = async () => {
    await clock.sleep(60_000);
    await clock.sleep(60_000);
    return 'done';
  };
  clock.timer(1_000_000, () => undefined);
  expect(await clock.until(work())).toBe('done');
  expect([clock.monotonic(), clock.scheduled]).toEqual([120_000, 1]);
  await expect(clock.until(clock.sleep(1).then(() => Promise.reject(new Error('broken'))))).rejects.toThrow('broken');
});

test('until waits for the outside when nothing is scheduled, and for what that then schedules', async () => {
  const clock = fakeClock();
  const work = async () => {
    const text = await readFile('package.json', 'utf8');
    await clock.sleep(5_000);
    return text.length > 0;
  };
  expect(await clock.until(work())).toBe(true);
  expect(clock.monotonic()).toBe(5_000);
});

test('what would wait for ever is an error that says so', async () => {
  const clock = fakeClock({ patienceMs: 0 });
  await expect(clock.until(new Promise(() => undefined))).rejects.toMatchObject({
    code: 'TIMEOUT',
    message: expect.stringContaining('it would wait for ever'),
  });
});

test('a bound waits for the outside first, and fires when nothing comes', async () => {
  const clock = fakeClock();
  const ended: string[] = [];
  const answer = new Promise<void>((resolve) => {
    setTimeout(resolve, 20);
  });
  const cancel = clock.timer(60_000, () => ended.push('too late'), 'bound');
  expect([clock.scheduled, clock.bounds]).toEqual([0, 1]);
  await clock.until(answer.then(() => clock.sleep(500)).then(cancel));
  expect([clock.monotonic(), clock.bounds, ended]).toEqual([500, 0, []]);
  const impatient = fakeClock({ patienceMs: 5 });
  await impatient.until(new Promise<void>((resolve) => impatient.timer(60_000, resolve, 'bound')));
  expect(impatient.monotonic()).toBe(60_000);
});

test('random numbers depend on the seed alone and lie from 0 to below 1; ids count up', () => {
  const draw = (seed: number) => {
    const clock = fakeClock({ seed });
    return Array.from({ length: 1_000 }, () => clock.random());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(draw(7).every((number) => number >= 0 && number < 1)).toBe(true);
  const clock = fakeClock();
  expect([clock.uuid(), clock.uuid()]).toEqual([
    '00000000-0000-4000-8000-000000000001',
    '00000000-0000-4000-8000-000000000002',
  ]);
});

test('timers fire in the order in which they are due, then made, whatever is cancelled in between', async () => {
  const timers = fc.array(fc.record({ ms: fc.nat(20), cancels: fc.option(fc.nat(30)) }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(timers, async (list) => {
      const clock = fakeClock();
      const fired: { at: number; due: number; index: number }[] = [];
      const cancels = list.map(({ ms }, index) =>
        clock.timer(ms, () => fired.push({ at: clock.monotonic(), due: ms, index })),
      );
      const cancelled = new Set<number>();
      for (const { cancels: index } of list) {
        if (index === null) continue;
        cancels[index]?.();
        cancelled.add(index);
      }
      await clock.untilIdle();
      const expected = list
        .map(({ ms }, index) => ({ at: ms, due: ms, index }))
        .filter(({ index }) => !cancelled.has(index))
        .sort((a, b) => a.due - b.due || a.index - b.index);
      expect(fired).toEqual(expected);
    }),
    { numRuns: RUNS },
  );
});
