import { Crew, Task } from 'crewline';
import { expect, test, vi } from 'vitest';
import { agent, serve } from '../serve.ts';

const asked = { expectedOutput: 'A line.' } as const;

test('all agents, tasks, crews and kickoffs that share a model share its sockets, never more than its concurrency', async () => {
  const { server, model } = await serve(({ index }) => ({ text: 'ok', delayMs: index % 5 }), { maxConcurrency: 4 });
  const crewOf = (name: string, who: string) => {
    const worker = agent(who, { model });
    const tasks = Array.from(
      { length: 12 },
      (_, at) => new Task({ name: `task${at}`, description: `task ${at}`, ...asked, agent: worker }),
    );
    return new Crew({ name, agents: [worker], tasks, process: 'parallel' });
  };
  const [one, two] = [crewOf('one', 'Ann'), crewOf('two', 'Bob')];
  await Promise.all([one.kickoff(), one.kickoff(), two.kickoff()]);
  await two.kickoff();
  expect(server.requests).toHaveLength(48);
  expect(server.peakConcurrency).toBe(4);
  expect(server.openedSockets).toBe(4);
});

test('calls one after another, of different agents, whole and streamed, keep one connection alive', async () => {
  const { server, model } = await serve('ok');
  const [ann, bob] = [agent('Ann', { model }), agent('Bob', { model })];
  const tasks = Array.from(
    { length: 10 },
    (_, at) => new Task({ name: `task${at}`, description: `task ${at}`, ...asked, agent: at % 2 === 0 ? ann : bob }),
  );
  const crew = new Crew({ name: 'chain', agents: [ann, bob], tasks });
  await crew.kickoff();
  const run = crew.start();
  run.on('model.delta', () => undefined);
  await run.result;
  expect(server.requests).toHaveLength(20);
  expect(server.openedSockets).toBe(1);
});

test('two agents given the same model name in one crew share one model, and so its sockets', async () => {
  const { server } = await serve('ok');
  vi.stubEnv('OPENAI_BASE_URL', server.url);
  try {
    const [ann, bob] = [agent('Ann', { model: 'm' }), agent('Bob', { model: 'm' })];
    const tasks = [ann, bob, ann, bob].map(
      (who, at) => new Task({ name: `task${at}`, description: `task ${at}`, ...asked, agent: who }),
    );
    await new Crew({ name: 'named', agents: [ann, bob], tasks }).kickoff();
  } finally {
    vi.unstubAllEnvs();
  }
  expect(server.requests).toHaveLength(4);
  expect(server.openedSockets).toBe(1);
});
