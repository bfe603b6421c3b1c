import { Crew, type CrewEvent, type EventType, Task } from 'crewline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { agent, failure, serve } from '../serve.ts';

const warnings: string[] = [];
const rejections: unknown[] = [];
const onWarning = (warning: Error) => warnings.push(warning.message);
const onRejection = (reason: unknown) => rejections.push(reason);

beforeEach(() => {
  warnings.length = 0;
  rejections.length = 0;
  process.on('warning', onWarning);
  process.on('unhandledRejection', onRejection);
});
afterEach(() => {
  process.off('warning', onWarning);
  process.off('unhandledRejection', onRejection);
});

/** Lets warnings and unhandled rejections come out. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

async function crewOfTwo() {
  const { server, model } = await serve('fine');
  const worker = agent('Worker', { model });
  const task = (name: string) => new Task({ name, description: name, expectedOutput: 'A line.', agent: worker });
  return { server, crew: new Crew({ name: 'two', agents: [worker], tasks: [task('one'), task('two')] }) };
}

test('a listener that throws is reported once, and the run and other listeners go on', async () => {
  const { crew } = await crewOfTwo();
  const run = crew.start();
  const heard: string[] = [];
  run.on('task.end', ({ taskName }) => {
    throw new Error(`I broke at ${taskName}`);
  });
  run.on('task.end', ({ taskName }) => heard.push(taskName));
  expect((await run.result).status).toBe('done');
  await settled();
  expect(heard).toEqual(['one', 'two']);
  expect(warnings).toEqual(['A listener of "task.end" events threw, and the run went on: I broke at one']);
});

test('a listener whose promise rejects is reported once and does not end the process', async () => {
  const { crew } = await crewOfTwo();
  const run = crew.start();
  run.on('task.end', async () => {
    throw new Error('later');
  });
  expect((await run.result).status).toBe('done');
  await settled();
  expect(warnings).toEqual(['A listener of "task.end" events threw, and the run went on: later']);
  expect(rejections).toEqual([]);
});

test('nobody waits for a slow listener', async () => {
  const { crew } = await crewOfTwo();
  const run = crew.start();
  let finished = 0;
  run.on('task.start', async () => {
    await new Promise(() => undefined);
    finished += 1;
  });
  expect((await run.result).status).toBe('done');
  expect(finished).toBe(0);
});

test('a listener may cancel from within, listen from within, and stop listening from within', async () => {
  const { crew, server } = await crewOfTwo();
  const run = crew.start();
  const heard: EventType[] = [];
  const stop = run.on('task.start', (event) => {
    heard.push(event.type);
    stop();
    run.on('task.end', (end) => heard.push(end.type));
    run.cancel('from within');
  });
  expect(await failure(run.result)).toMatchObject({ code: 'CANCELLED', message: 'from within' });
  expect(heard).toEqual(['task.start', 'task.end']);
  expect(server.requests).toHaveLength(0);
});

test('a listener that starts another run of the same crew does not disturb this one', async () => {
  const { crew, server } = await crewOfTwo();
  const run = crew.start();
  let other: Promise<unknown> | undefined;
  run.on('task.start', () => {
    other ??= crew.kickoff();
  });
  await run.result;
  await other;
  expect(server.requests).toHaveLength(4);
});

test('a consumer that falls 10,000 behind is told which events it lost, and still gets the end', async () => {
  const tasks = Array.from({ length: 4_000 }, (_, at) => new Task({ name: `t${at}`, execute: () => at }));
  const run = new Crew({ name: 'many', tasks, process: 'parallel' }).start();
  const iterator = run[Symbol.asyncIterator]();
  const first = await iterator.next();
  await run.result;
  const events: CrewEvent[] = [first.value];
  for (;;) {
    const next = await iterator.next();
    if (next.done === true) break;
    events.push(next.value);
  }
  expect(events).toHaveLength(10_003);
  const [dropped, end] = events.slice(-2);
  // 4,000 tasks with ready, start and end each, between run.start and run.end.
  expect(dropped).toMatchObject({ type: 'events.dropped', from: 10_002, to: 12_001, seq: 12_001 });
  expect(end).toMatchObject({ type: 'run.end', seq: 12_002 });
  expect(events.slice(0, 10_001).map((event) => event.seq)).toEqual(Array.from({ length: 10_001 }, (_, at) => at + 1));
});

test('who only listens and never looks at the result does not end the process when the run fails', async () => {
  const only = new Task({
    name: 'only',
    execute: () => {
      throw new Error('no');
    },
  });
  const run = new Crew({ name: 'unseen', tasks: [only] }).start();
  for await (const event of run) if (event.type === 'run.end') expect(event.status).toBe('failed');
  await settled();
  expect(rejections).toEqual([]);
});
