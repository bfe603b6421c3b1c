import { Agent, Crew, type CrewEvent, type Model, optional, Task, tool } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { inMemory } from '../../src/engines/memory.ts';
import { failure } from '../serve.ts';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

const fail = (message: string) => () => {
  throw new Error(message);
};

/** A model that answers with what `say` returns, and throws what it throws. */
function modelOf(say: (turn: number, taskName: string) => string | { readonly call: string }): Model {
  let turn = 0;
  return {
    name: 'scripted',
    retries: 0,
    async *generate(_, { taskName }) {
      turn += 1;
      const said = say(turn, taskName);
      if (typeof said === 'string') yield { type: 'text', text: said };
      else yield { type: 'toolCall', id: `c${turn}`, name: said.call, arguments: '{}' };
      yield { type: 'end', finishReason: typeof said === 'string' ? 'stop' : 'toolCalls' };
    },
  };
}

const worker = (model: Model, options = {}) =>
  new Agent({ role: 'Worker', goal: 'g', backstory: 'b', model, ...options });

test('with skipDependents only what requires the failed task is skipped, and the run ends partial', async () => {
  const bad = new Task({ name: 'bad', execute: fail('no paper'), onFailure: 'skipDependents' });
  const crew = new Crew({
    name: 'press',
    process: 'parallel',
    tasks: [
      bad,
      new Task({ name: 'next', context: [bad], execute: () => 1 }),
      new Task({ name: 'far', dependsOn: ['next'], execute: () => 1 }),
      new Task({ name: 'anyway', context: [optional(bad)], execute: ({ context }) => [context.bad] }),
      new Task({ name: 'apart', execute: () => 'fine' }),
    ],
  });
  const run = crew.start();
  const skipped: unknown[] = [];
  run.on('task.skipped', ({ taskName, because }) => skipped.push([taskName, because]));
  const ends: CrewEvent[] = [];
  run.on('run.end', (event) => ends.push(event));
  const { status, error, tasks, output } = await run.result;
  expect([status, error, output]).toEqual(['partial', null, 'fine']);
  expect(tasks.bad).toMatchObject({ status: 'failed', output: null, error: { code: 'TASK_FAILED', taskName: 'bad' } });
  expect(tasks.next).toMatchObject({ status: 'skipped', skippedBecause: 'bad', output: null });
  expect(tasks.far).toMatchObject({ status: 'skipped', skippedBecause: 'bad' });
  expect(tasks.anyway).toMatchObject({ status: 'done', output: [null] });
  expect(skipped).toEqual([
    ['next', 'bad'],
    ['far', 'bad'],
  ]);
  expect(ends).toMatchObject([{ status: 'partial' }]);
});

test('in a sequential crew the tasks after one that may fail go on without its output', async () => {
  const bad = new Task({ name: 'bad', execute: fail('no paper'), onFailure: 'skipDependents' });
  const next = new Task({ name: 'next', execute: ({ context }) => Object.keys(context) });
  const { status, output, tasks } = await new Crew({ name: 'c', tasks: [bad, next] }).kickoff();
  expect([status, tasks.next.status, output]).toEqual(['partial', 'done', ['bad']]);
});

test('one failure that is the run’s fails it, whatever others may', async () => {
  const soft = new Task({ name: 'soft', execute: fail('soft'), onFailure: 'skipDependents' });
  const hard = new Task({ name: 'hard', execute: fail('hard') });
  const error = await failure(new Crew({ name: 'c', process: 'parallel', tasks: [soft, hard] }).kickoff());
  expect(error).toMatchObject({ taskName: 'hard', partial: { status: 'failed' } });
  expect(error.partial?.tasks['soft']).toMatchObject({ status: 'failed' });
});

test('a fallback is the output that others read; the error is kept, and told', async () => {
  const output = z.object({ items: z.array(z.string()).default([]) });
  const bad = new Task({ name: 'bad', output, execute: fail('no paper'), onFailure: { fallback: {} } });
  const next = new Task({ name: 'next', context: [bad], execute: ({ context }) => context.bad.items.length });
  const run = new Crew({ name: 'c', tasks: [bad, next] }).start();
  const ends: CrewEvent[] = [];
  run.on('task.end', (event) => ends.push(event));
  const { status, tasks } = await run.result;
  expect([status, tasks.next.output]).toEqual(['done', 0]);
  expect(tasks.bad).toMatchObject({
    status: 'done',
    output: { items: [] },
    raw: '{"items":[]}',
    error: { code: 'TASK_FAILED' },
  });
  expect(ends[0]).toMatchObject({ status: 'done', output: { items: [] }, error: { code: 'TASK_FAILED' } });
});

test('a task falls back when its condition fails or its time is over, but not when the run is cancelled', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const hang = () => new Promise<string>(() => {});
  const options = { onFailure: { fallback: 'so so' }, timeoutMs: 1_000 } as const;
  const asked = new Task({ name: 'asked', execute: () => 'x', when: fail('who knows'), ...options });
  const slow = new Task({ name: 'slow', execute: hang, ...options });
  const crew = new Crew({ name: 'c', process: 'parallel', tasks: [asked, slow], engine: inMemory({ runtime: clock }) });
  const { status, tasks } = await clock.until(crew.kickoff());
  expect([status, tasks.asked.output, tasks.slow.output]).toEqual(['done', 'so so', 'so so']);
  expect([tasks.asked.error?.code, tasks.slow.error?.code]).toEqual(['TASK_FAILED', 'TIMEOUT']);
  const run = crew.start({ settle: true });
  run.on('task.start', () => run.cancel());
  const cancelled = await clock.until(run.result);
  expect(cancelled.tasks.slow).toMatchObject({ status: 'cancelled', output: null });
});

test('a task that fails is tried again, told each time, and each try has names of its own', async () => {
  let tries = 0;
  const keys: string[] = [];
  const flaky = new Task({
    name: 'flaky',
    retry: { attempts: 3, delayMs: 250 },
    execute: ({ step }) =>
      step('call', async ({ key }) => {
        keys.push(key.replace(/^.*?\//, ''));
        tries += 1;
        if (tries < 3) throw new Error(`try ${tries}`);
        return 'third time lucky';
      }),
  });
  const clock = fakeClock({ patienceMs: 20 });
  const run = new Crew({ name: 'c', tasks: [flaky], engine: inMemory({ runtime: clock }) }).start();
  const told: CrewEvent[] = [];
  run.on('task.start', (event) => told.push(event));
  run.on('task.retry', (event) => told.push(event));
  run.on('task.end', (event) => told.push(event));
  const { tasks } = await clock.until(run.result);
  expect(tasks.flaky).toMatchObject({ status: 'done', output: 'third time lucky', attempts: 3, error: null });
  expect(keys).toEqual(['flaky#user.call', 'flaky/attempt.2#user.call', 'flaky/attempt.3#user.call']);
  expect(clock.monotonic()).toBe(500);
  expect(told).toMatchObject([
    { type: 'task.start' },
    { type: 'task.retry', attempt: 1, delayMs: 250, error: { code: 'TASK_FAILED' } },
    { type: 'task.retry', attempt: 2 },
    { type: 'task.end', status: 'done', attempt: 3 },
  ]);
});

test('the last try decides, and all calls of all tries are counted', async () => {
  const model = modelOf((turn) => {
    if (turn < 3) throw new Error(`call ${turn} broke`);
    return 'done';
  });
  const agent = worker(model);
  const words = { description: 'd', expectedOutput: 'e' };
  const task = new Task({ name: 'report', ...words, agent, retry: { attempts: 2 } });
  const crew = new Crew({ name: 'c', agents: [agent], tasks: [task] });
  const error = await failure(crew.kickoff());
  expect(error).toMatchObject({ code: 'MODEL_FAILED', taskName: 'report' });
  expect(error.partial?.tasks['report']).toMatchObject({ status: 'failed', attempts: 2, usage: { modelCalls: 2 } });
  expect((await crew.kickoff()).tasks.report).toMatchObject({ status: 'done', attempts: 1 });
});

test('a try that called a tool which may be called once only is not repeated; one with harmless tools is', async () => {
  for (const [effect, attempts] of [
    ['once', 1],
    ['idempotent', 2],
    ['read', 2],
  ] as const) {
    let calls = 0;
    const send = tool({
      name: 'send',
      description: 'Sends.',
      input: z.object({}),
      effect,
      execute: () => {
        calls += 1;
        return 'sent';
      },
    });
    const model = modelOf((turn) => {
      if (turn % 2 === 0) throw new Error('broke after the call');
      return { call: 'send' };
    });
    const agent = worker(model, { tools: [send] });
    const task = new Task({ name: 'mail', description: 'd', expectedOutput: 'e', agent, retry: { attempts: 2 } });
    const run = new Crew({ name: 'c', agents: [agent], tasks: [task] }).start();
    const logs: string[] = [];
    run.on('log', ({ level, message }) => logs.push(`${level}: ${message}`));
    const error = await failure(run.result);
    expect([effect, calls, error.partial?.tasks['mail']?.attempts]).toEqual([effect, attempts, attempts]);
    expect(logs).toEqual(
      effect === 'once'
        ? [
            `warn: Task "mail" is not tried again: a tool with effect 'once' was called. Declare effect: 'read' or 'idempotent' for the tools of which that is true.`,
          ]
        : [],
    );
  }
});

test('with failFast the siblings are aborted and end cancelled; the run fails of the first failure', async () => {
  const reasons: string[] = [];
  const slow = new Task({
    name: 'slow',
    execute: ({ signal }) =>
      new Promise<string>((_, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason.message);
          reject(signal.reason);
        });
      }),
  });
  const bad = new Task({ name: 'bad', execute: async () => fail('no paper')() });
  const after = new Task({ name: 'after', dependsOn: [slow], execute: () => 1 });
  const crew = new Crew({ name: 'c', process: 'parallel', failFast: true, tasks: [slow, bad, after] });
  const error = await failure(crew.kickoff());
  expect(error).toMatchObject({ code: 'TASK_FAILED', taskName: 'bad', partial: { status: 'failed' } });
  expect(error.partial?.tasks).toMatchObject({
    slow: { status: 'cancelled', error: { code: 'CANCELLED' } },
    after: { status: 'cancelled', attempts: 0 },
  });
  expect(reasons).toEqual(['Task "bad" failed, and its crew is failFast.']);
});

test('of 50 parallel tasks one that fails early loses none of the others', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const tasks = Array.from(
    { length: 50 },
    (_, index) =>
      new Task({
        name: `t${index}`,
        execute: async () => {
          await clock.sleep(index === 7 ? 100 : 1_000);
          if (index === 7) throw new Error('broke at 10 %');
          return index;
        },
      }),
  );
  const crew = new Crew({ name: 'c', process: 'parallel', tasks, engine: inMemory({ runtime: clock }) });
  const error = await failure(clock.until(crew.kickoff()));
  const outputs = Object.values(error.partial?.tasks ?? {}).filter(({ status }) => status === 'done');
  expect([outputs.length, clock.monotonic()]).toEqual([49, 1_000]);
});
