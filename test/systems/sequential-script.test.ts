import { Crew, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject, serve } from '../serve.ts';
import { pass, timed } from './timed.ts';

/** Three independent agents, and how many seconds each takes. */
const SECONDS = { news: 10, market: 15, weather: 12 } as const;
const LONGEST = 15;

function replies(msPerSecond: number) {
  const each = Object.entries(SECONDS).map(([name, seconds]) => [
    name,
    { text: `${name} is done`, delayMs: seconds * msPerSecond },
  ]);
  return bySubject(Object.fromEntries(each));
}

function parts(worker: ReturnType<typeof agent>) {
  const task = (name: string) =>
    new Task({ name, description: name, expectedOutput: 'A line.', agent: worker, context: [] });
  return { name: 'script', agents: [worker], tasks: Object.keys(SECONDS).map(task) };
}

test('one after another, three agents of 10, 15 and 12 s take 37 s, in order', async () => {
  const met = replies(1_000);
  const time = await timed(met.respond);
  const { engine, server, model } = time;
  const crew = new Crew({ ...parts(agent('Worker', { model })), engine, process: 'sequential' });
  const result = await pass(time, crew.start());
  expect(result.durationMs).toBe(37_000);
  expect(met.order).toEqual(['news', 'market', 'weather']);
  expect(server.peakConcurrency).toBe(1);
  expect(server.requests.map(({ at }) => at)).toEqual([0, 10_000, 25_000]);
});

test('side by side, the same three take as long as the longest, 15 s', async () => {
  const time = await timed(replies(1_000).respond);
  const { engine, server, model } = time;
  const crew = new Crew({ ...parts(agent('Worker', { model })), engine, process: 'parallel' });
  const result = await pass(time, crew.start());
  expect(result.durationMs).toBe(15_000);
  expect(server.peakConcurrency).toBe(3);
  expect(server.requests.map(({ at }) => at)).toEqual([0, 0, 0]);
  expect(Object.values(result.tasks).map((outcome) => outcome?.raw)).toEqual([
    'news is done',
    'market is done',
    'weather is done',
  ]);
});

test('on a real clock they take at most 1.05 times what one plain request of the longest takes', async () => {
  const msPerSecond = 60;
  const { server, model } = await serve(replies(msPerSecond).respond);
  const crew = new Crew({ ...parts(agent('Worker', { model })), process: 'parallel' });
  await crew.kickoff();
  const plain = async () => {
    const messages = [{ role: 'user', content: '# Task\nmarket' }];
    const body = JSON.stringify({ model: 'm', messages });
    await (await fetch(`${server.url}/chat/completions`, { method: 'POST', body })).json();
  };
  const took = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  // A busy machine only ever adds, so one fair try in a few is enough.
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5 && best > 1.05; attempt += 1) {
    const [crewMs, plainMs] = await Promise.all([took(() => crew.kickoff()), took(plain)]);
    expect(plainMs).toBeGreaterThanOrEqual(LONGEST * msPerSecond - 2);
    best = Math.min(best, crewMs / plainMs);
  }
  expect(best).toBeLessThanOrEqual(1.05);
});
