import { Agent, ask, Crew, Task } from 'crewline';
import { modelServer } from 'crewline/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { failure } from '../serve.ts';

test('a task that changes what it read fails, and changes neither a sibling’s view, the result nor the caller’s inputs', async () => {
  const given = { list: [1] };
  const source = new Task({ name: 'source', execute: () => ({ deep: { list: [1] } }) });
  const pushes = new Task({
    name: 'pushes',
    context: [source],
    execute: ({ context }) => context.source.deep.list.push(99),
  });
  const crew = new Crew({
    name: 'shared',
    process: 'parallel',
    tasks: [
      source,
      pushes,
      new Task({ name: 'sees', context: [source], execute: ({ context }) => context.source.deep.list }),
    ],
  });
  const { tasks, inputs } = await crew.kickoff({ inputs: given, settle: true });
  expect(tasks.pushes.error?.message).toContain('not extensible');
  expect([tasks.source.output, tasks.sees.output]).toEqual([{ deep: { list: [1] } }, [1]]);
  expect(Object.isFrozen(inputs['list'])).toBe(true);
  given.list.push(2);
  expect(inputs).toEqual({ list: [1] });
});

test('who names the same model shares its connection, over asks and over crews', async () => {
  const server = await modelServer();
  onTestFinished(() => server.close());
  vi.stubEnv('OPENAI_BASE_URL', server.url);
  vi.stubEnv('OPENAI_API_KEY', 'test');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const agent = new Agent({ role: 'R', goal: 'g', backstory: 'b', model: 'shared-model' });
  for (let call = 0; call < 20; call += 1) await ask(agent, 'Say something.');
  expect([server.requests.length, server.openedSockets]).toEqual([20, 1]);
});

test('one signal may cancel many kickoffs, and Node does not take that for a leak', async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on('warning', listen);
  const controller = new AbortController();
  const wait = new Task({ name: 'wait', execute: () => new Promise((resolve) => setImmediate(resolve, 1)) });
  const crew = new Crew({ name: 'many', tasks: [wait] });
  await Promise.all(Array.from({ length: 20 }, () => crew.kickoff({ signal: controller.signal })));
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', listen);
  expect(warnings).toEqual([]);
});

test('several readers of one iterator each get an event or the end', async () => {
  const run = new Crew({ name: 'ahead', tasks: [new Task({ name: 'only', execute: () => 1 })] }).start();
  const iterator = run[Symbol.asyncIterator]();
  const read = await Promise.all(Array.from({ length: 8 }, () => iterator.next()));
  expect(read.map(({ done, value }) => (done === true ? 'end' : value.type))).toEqual([
    ...['run.start', 'task.ready', 'task.start', 'task.end', 'run.end'],
    ...['end', 'end', 'end'],
  ]);
});

test('the error of a kickoff is the one that was thrown, with what had finished, which is not printed with it', async () => {
  class Broken extends Error {}
  const thrown = new Broken('broken');
  const fail = new Task({
    name: 'fail',
    execute: () => {
      throw thrown;
    },
  });
  const error = await failure(new Crew({ name: 'loud', tasks: [fail] }).kickoff());
  expect(error.cause).toBe(thrown);
  expect(error.partial?.tasks['fail']?.status).toBe('failed');
  expect(Object.keys(error)).not.toContain('partial');
});
