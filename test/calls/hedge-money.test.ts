import { Agent, Crew, hedged, inMemory, type Model, Task } from 'crewline';
import { expect, test } from 'vitest';
import { fakeClock } from '../../src/testing/fake-clock.ts';

test('a second attempt that would have to wait for money is not made, and gives no place away', async () => {
  const clock = fakeClock({ patienceMs: 2_000 });
  const asked: string[] = [];
  const model: Model = {
    name: 'steady',
    async *generate(_, { taskName }) {
      asked.push(taskName);
      await clock.sleep(taskName === 'slow' ? 5_000 : 10);
      yield { type: 'text', text: 'Fine.' };
      yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 100, outputTokens: 2 } };
    },
  };
  const settings = { maxOutputTokens: 200 };
  const agent = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Long', model: hedged(model), settings });
  const text = { description: 'Edit', expectedOutput: 'A text', agent };
  // Enough calls to know what is usual.
  const quick = Array.from({ length: 20 }, (_, at) => new Task({ name: `quick${at}`, ...text }));
  const slow = new Task({ name: 'slow', ...text, budget: { tokens: 600 } });
  let otherBegan = 0;
  const other = new Task({
    name: 'other',
    execute: () => {
      otherBegan = clock.monotonic();
    },
  });
  const tasks = [...quick, slow, other];
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'news', agents: [agent], tasks, process: 'parallel', maxConcurrency: 1, engine });
  const { status } = await clock.until(crew.kickoff({ settle: true }));
  expect([status, asked.filter((name) => name === 'slow').length]).toEqual(['done', 1]);
  expect(otherBegan).toBe(5_200);
});
