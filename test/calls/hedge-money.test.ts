import { Agent, Crew, hedged, inMemory, type Model, Task } from 'crewline';
import { expect, test } from 'vitest';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import '../warm-up.ts';

test('a second attempt that would have to wait for money is not made, and gives no place away', async () => {
  const clock = fakeClock({ patienceMs: 20 });
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

test('budgets of the run and of the task together, nothing being waited for, leave places and second attempts alone', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let [calls, underWay, most] = [0, 0, 0];
  const model: Model = {
    name: 'steady',
    async *generate(_, { signal }) {
      calls += 1;
      underWay += 1;
      most = Math.max(most, underWay);
      try {
        await clock.sleep(calls === 21 ? 5_000 : 10, signal);
      } finally {
        underWay -= 1;
      }
      yield { type: 'text', text: 'Fine.' };
      yield { type: 'end', finishReason: 'stop', usage: { inputTokens: 100, outputTokens: 2 } };
    },
  };
  const agent = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Long', model: hedged(model) });
  const text = { description: 'Edit', expectedOutput: 'A text', agent, budget: { modelCalls: 5 } };
  const tasks = Array.from({ length: 22 }, (_, at) => new Task({ name: `task${at}`, ...text }));
  const budget = { modelCalls: 100 };
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({
    name: 'news',
    agents: [agent],
    tasks,
    process: 'parallel',
    maxConcurrency: 1,
    budget,
    engine,
  });
  const { status } = await clock.until(crew.kickoff({ settle: true }));
  // Two at once are the two attempts of one call.
  expect([status, calls, most]).toEqual(['done', 23, 2]);
  expect(clock.monotonic()).toBe(230);
});
