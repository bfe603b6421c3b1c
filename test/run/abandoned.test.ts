import { Agent, Crew, type CrewEvent, type Model, Task } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import { inMemory } from '../../src/engines/memory.ts';
import { failure } from '../serve.ts';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

const hang = () => new Promise<never>(() => {});

test('after a cancellation what ignores its signal is left behind after the grace, and named', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const stuck = new Task({ name: 'stuck', execute: hang });
  const crew = new Crew({ name: 'c', tasks: [stuck], engine: inMemory({ runtime: clock }) });
  const run = crew.start();
  const logs: CrewEvent[] = [];
  run.on('log', (event) => logs.push(event));
  run.on('task.start', () => clock.timer(500, () => run.cancel('Enough.')));
  const error = await failure(clock.until(run.result));
  expect(error).toMatchObject({ code: 'CANCELLED', message: 'Enough.', partial: { status: 'cancelled' } });
  expect(error.partial?.tasks['stuck']).toMatchObject({
    status: 'cancelled',
    error: { code: 'CANCELLED', message: 'Enough.', cause: { code: 'TOOL_ABANDONED', taskName: 'stuck' } },
  });
  expect(logs).toMatchObject([{ level: 'warn', taskName: 'stuck' }]);
  expect(Object(logs[0]).message).toMatch(/^TOOL_ABANDONED: execute of task "stuck" went on for more than 2000 ms/);
  expect([clock.monotonic(), clock.scheduled + clock.bounds]).toEqual([2_500, 0]);
});

test('what ends within the grace counts, and a grace of nothing waits for nothing', async () => {
  for (const [cancelGraceMs, status, at] of [
    [1_000, 'done', 400],
    [0, 'cancelled', 100],
  ] as const) {
    const clock = fakeClock({ patienceMs: 20 });
    const slow = new Task({ name: 'slow', execute: () => clock.sleep(400).then(() => 'made it') });
    const crew = new Crew({ name: 'c', tasks: [slow], cancelGraceMs, engine: inMemory({ runtime: clock }) });
    const run = crew.start({ settle: true });
    run.on('task.start', () => clock.timer(100, () => run.cancel()));
    const { tasks } = await clock.until(run.result);
    expect([tasks.slow.status, clock.monotonic()]).toEqual([status, at]);
  }
});

test("a model that ignores its signal has the crew's grace too, and is named once", async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const deaf: Model = {
    name: 'deaf',
    generate: () => ({ [Symbol.asyncIterator]: () => ({ next: hang }) }),
  };
  const agent = new Agent({ role: 'A', goal: 'g', backstory: 'b', model: deaf });
  const task = new Task({ name: 'task', description: 'd', expectedOutput: 'e', agent });
  const crew = new Crew({
    name: 'c',
    agents: [agent],
    tasks: [task],
    cancelGraceMs: 300,
    engine: inMemory({ runtime: clock }),
  });
  const run = crew.start();
  const logs: CrewEvent[] = [];
  run.on('log', (event) => logs.push(event));
  run.on('model.start', () => clock.timer(100, () => run.cancel('Enough.')));
  expect(await failure(clock.until(run.result))).toMatchObject({ code: 'CANCELLED' });
  expect(logs).toMatchObject([{ level: 'warn', taskName: 'task' }]);
  expect(Object(logs[0]).message).toMatch(/^TOOL_ABANDONED: model "deaf" went on for more than 300 ms/);
  expect([clock.monotonic(), clock.scheduled + clock.bounds]).toEqual([400, 0]);
});

test('a cancellation also leaves conditions and the crew’s own callbacks behind', async () => {
  const code = new Task({ name: 'code', execute: () => 1 });
  const asks = new Task({ name: 'asks', execute: () => 1, when: hang });
  for (const [what, tasks, callbacks] of [
    ['when of task "asks"', [asks], {}],
    ['beforeKickoff of crew "c"', [code], { beforeKickoff: hang }],
    ['afterKickoff of crew "c"', [code], { afterKickoff: hang }],
  ] as const) {
    const clock = fakeClock({ patienceMs: 20 });
    const crew = new Crew({ name: 'c', tasks, ...callbacks, engine: inMemory({ runtime: clock }) });
    const run = crew.start();
    const logs: string[] = [];
    run.on('log', ({ message }) => logs.push(message));
    clock.timer(100, () => run.cancel('Enough.'));
    expect(await failure(clock.until(run.result))).toMatchObject({ code: 'CANCELLED', message: 'Enough.' });
    expect(logs).toHaveLength(1);
    expect(logs[0]).toContain(`TOOL_ABANDONED: ${what} went on`);
    expect([clock.monotonic(), clock.scheduled + clock.bounds]).toEqual([2_100, 0]);
  }
});

test('a rejection of what was left behind ends no process, and a signal given to the kickoff keeps no listener', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const unheard: unknown[] = [];
  const hear = (reason: unknown) => unheard.push(reason);
  process.on('unhandledRejection', hear);
  const late = new Task({
    name: 'late',
    execute: () =>
      clock.sleep(9_000).then(() => {
        throw new Error('too late');
      }),
  });
  const controller = new AbortController();
  const crew = new Crew({ name: 'c', tasks: [late], engine: inMemory({ runtime: clock }) });
  const run = crew.start({ signal: controller.signal, settle: true });
  run.on('task.start', () => controller.abort(new Error('closing time')));
  expect((await clock.until(run.result)).status).toBe('cancelled');
  await clock.untilIdle();
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
});
