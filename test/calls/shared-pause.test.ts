import { Agent, Crew, inMemory, type Model, ModelError, Task } from 'crewline';
import { expect, test } from 'vitest';
import { fakeClock } from '../../src/testing/fake-clock.ts';

test('a run whose model another run was told to leave alone for hours pauses at once, and says until when', async () => {
  const clock = fakeClock({ patienceMs: 10_000 });
  let calls = 0;
  const model: Model = {
    name: 'busy',
    // biome-ignore lint/correctness/useYield: it never comes to answer
    async *generate() {
      calls += 1;
      throw new ModelError('RATE_LIMITED', 'Later.', { retryable: true, retryAfterMs: 7_200_000 });
    },
  };
  const agent = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Long', model });
  const task = new Task({ name: 'edit', description: 'Edit', expectedOutput: 'A text', agent });
  const crew = () => new Crew({ name: 'news', agents: [agent], tasks: [task], engine: inMemory({ runtime: clock }) });
  const first = await clock.until(crew().kickoff({ settle: true }));
  expect(first.error?.code).toBe('PROVIDER_WAIT');
  const second = await clock.until(crew().kickoff({ settle: true }));
  expect([second.status, second.error?.code, calls]).toEqual(['paused', 'PROVIDER_WAIT', 1]);
  expect(second.error).toMatchObject({ until: clock.now() + 7_200_000 });
  expect(clock.monotonic()).toBe(0);
});
