import { Crew, type CrewError, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, failure, serve, subjectOf } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

async function upperCrew(broken?: string) {
  const { server, model } = await serve((request) => {
    const subject = subjectOf(request);
    if (subject === `say ${broken}`) return { status: 400, error: { message: `no ${broken}` } };
    // The later a topic, the sooner its answer.
    return { text: subject.toUpperCase(), delayMs: 30 - 3 * Number(subject.at(-1)) };
  });
  const worker = agent('Worker', { model });
  const say = new Task({ name: 'say', description: 'say {{topic}}', ...asked, agent: worker });
  return { server, crew: new Crew({ name: 'upper', agents: [worker], tasks: [say] }) };
}

const topics = Array.from({ length: 10 }, (_, at) => ({ topic: `t${at}` }));

test('each of the inputs has its result, in their order, four kickoffs at a time', async () => {
  const { crew, server } = await upperCrew();
  const settled = await crew.kickoffForEach(topics);
  expect(settled.map(({ inputs }) => inputs)).toEqual(topics);
  expect(settled.map((one) => (one.status === 'fulfilled' ? one.value.output : one.reason))).toEqual(
    topics.map(({ topic }) => `SAY ${topic.toUpperCase()}`),
  );
  expect(server.requests).toHaveLength(10);
  expect(server.peakConcurrency).toBe(4);
});

test('one failure is one of the results and loses none', async () => {
  const { crew } = await upperCrew('t3');
  const settled = await crew.kickoffForEach(topics, { concurrency: 3 });
  expect(settled.map(({ status }) => status)).toEqual(topics.map((_, at) => (at === 3 ? 'rejected' : 'fulfilled')));
  const third = settled[3];
  const reason: CrewError = third?.status === 'rejected' ? third.reason : undefined;
  expect(reason).toMatchObject({ name: 'ModelError', code: 'REQUEST_REFUSED', status: 400, taskName: 'say' });
  expect(reason.partial?.inputs).toEqual({ topic: 't3' });
  expect(third?.inputs).toEqual({ topic: 't3' });
});

test('concurrency bounds the kickoffs side by side', async () => {
  const { crew, server } = await upperCrew();
  await crew.kickoffForEach(topics, { concurrency: 1 });
  expect(server.peakConcurrency).toBe(1);
});

test('a signal cancels all of them, started or not', async () => {
  const { crew, server } = await upperCrew();
  const settled = await crew.kickoffForEach(topics, { signal: AbortSignal.abort('closed') });
  expect(settled.map((one) => one.status === 'rejected' && one.reason.code)).toEqual(topics.map(() => 'CANCELLED'));
  expect(server.requests).toHaveLength(0);
});

test('nothing to do is an empty list, and a concurrency below one is refused', async () => {
  const { crew } = await upperCrew();
  expect(await crew.kickoffForEach([])).toEqual([]);
  expect((await failure(crew.kickoffForEach(topics, { concurrency: 0 }))).message).toBe(
    'kickoffForEach of crew "upper": concurrency must be a whole number, at least 1, not 0.',
  );
});
