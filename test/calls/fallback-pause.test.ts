import { Crew, fallback, hedged, inMemory, type Model, ModelError, Task } from 'crewline';
import { type FakeClock, fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import { agent } from '../serve.ts';

const END = { type: 'end', finishReason: 'stop', usage: { inputTokens: 7, outputTokens: 3 } } as const;

interface Said {
  /** How long it asks to wait; an answer where it does not. */
  readonly retryAfterMs?: number;
  readonly takesMs?: number;
}

/** A model that answers each call as it is told to, and notes when it was asked. */
function saying(clock: FakeClock, name: string, say: (call: number) => Said, rest: Partial<Model> = {}) {
  const asked: number[] = [];
  const model: Model = {
    name,
    ...rest,
    async *generate(_, { signal }) {
      asked.push(clock.monotonic());
      const { retryAfterMs, takesMs = 0 } = say(asked.length);
      if (takesMs > 0) await clock.sleep(takesMs, signal);
      if (retryAfterMs !== undefined)
        throw new ModelError('RATE_LIMITED', 'Later.', { retryable: true, retryAfterMs, status: 429 });
      yield { type: 'text', text: `from ${name}` };
      yield END;
    },
  };
  return { model, asked };
}

/** Works tasks with that model, one after another or side by side: who answered each, and when. */
async function work(clock: FakeClock, model: Model, { names = ['one', 'two', 'three'], sideBySide = false } = {}) {
  const worker = agent('Worker', { model });
  const tasks = names.map((name) => new Task({ name, description: 'Go.', expectedOutput: 'e', agent: worker }));
  const process = sideBySide ? 'parallel' : 'sequential';
  const crew = new Crew({ name: 'c', agents: [worker], tasks, process, engine: inMemory({ runtime: clock }) });
  const began = clock.monotonic();
  const run = crew.start({ settle: true });
  const waits: string[] = [];
  run.on('limit.wait', ({ taskName, model: name, reason }) => waits.push(`${taskName} ${name} ${reason}`));
  const ended: Record<string, number> = {};
  run.on('task.end', ({ taskName }) => {
    ended[taskName] = clock.monotonic() - began;
  });
  const result = await clock.until(run.result);
  const answers = Object.fromEntries(Object.values(result.tasks).map(({ name, raw }) => [name, raw]));
  return { answers, ended, waits, status: result.status };
}

test('in the pause of the first model the next is asked at once, and the first again when the pause is over', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  const a = saying(clock, 'a', (call) => (call === 1 ? { retryAfterMs: 600_000 } : {}));
  const b = saying(clock, 'b', () => ({}));
  const either = fallback([a.model, b.model]);
  const { answers, ended, waits } = await work(clock, either);
  expect(answers).toEqual({ one: 'from b', two: 'from b', three: 'from b' });
  expect(ended).toEqual({ one: 0, two: 0, three: 0 });
  expect([a.asked, waits]).toEqual([[0], []]);
  await clock.advance(600_001);
  expect((await work(clock, either)).answers).toEqual({ one: 'from a', two: 'from a', three: 'from a' });
});

test('who waits in line for the first model goes to the next when a long pause is told, also in another run', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  const a = saying(clock, 'a', () => ({ takesMs: 1_000, retryAfterMs: 40_000 }), { limits: { maxConcurrency: 1 } });
  const b = saying(clock, 'b', () => ({}));
  const either = fallback([a.model, b.model]);
  const [first, second] = await Promise.all([
    work(clock, either, { sideBySide: true }),
    work(clock, either, { names: ['other'] }),
  ]);
  expect(first.answers).toEqual({ one: 'from b', two: 'from b', three: 'from b' });
  expect([first.ended, second.ended]).toEqual([{ one: 1_000, two: 1_000, three: 1_000 }, { other: 1_000 }]);
  expect(a.asked).toEqual([0]);
  await clock.advance(0);
  expect([clock.scheduled, clock.bounds]).toEqual([0, 0]);
});

test('a short pause is waited for, and so is the pace of the first model, however long that takes', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  const short = saying(clock, 'a', (call) => (call === 1 ? { retryAfterMs: 20_000 } : {}));
  const b = saying(clock, 'b', () => ({}));
  const paused = await work(clock, fallback([short.model, b.model]), { sideBySide: true });
  expect(new Set(Object.values(paused.answers))).toEqual(new Set(['from a']));
  const slow = saying(clock, 'a', () => ({}), { limits: { requestsPerMinute: 1 } });
  const paced = await work(clock, fallback([slow.model, b.model]));
  expect(paced.answers).toEqual({ one: 'from a', two: 'from a', three: 'from a' });
  expect(paced.ended['two']).toBeGreaterThan(50_000);
  expect(b.asked).toEqual([]);
});

test('the last model has none after it: its pause is waited for', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  const a = saying(clock, 'a', () => ({ retryAfterMs: 600_000 }));
  const b = saying(clock, 'b', () => (clock.monotonic() < 100_000 ? { retryAfterMs: 100_000 } : {}));
  const { answers, waits, ended } = await work(clock, fallback([a.model, b.model]), { sideBySide: true });
  expect(answers).toEqual({ one: 'from b', two: 'from b', three: 'from b' });
  expect(ended['three']).toBeGreaterThanOrEqual(100_000);
  expect(waits.filter((wait) => wait.includes(' a '))).toEqual([]);
});

test('a hedged model that is paused is passed over as any other', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  const a = saying(clock, 'a', () => ({ retryAfterMs: 600_000 }));
  const b = saying(clock, 'b', () => ({}));
  const { ended } = await work(clock, fallback([hedged(a.model), b.model]));
  expect([ended, a.asked]).toEqual([{ one: 0, two: 0, three: 0 }, [0]]);
});
