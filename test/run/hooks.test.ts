import { Crew, type CrewEvent, inMemory, Task } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import '../warm-up.ts';
import { z } from 'zod';
import { agent, failure, messagesOf, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

test('beforeKickoff changes the inputs, the schema validates what it returns, and the run uses that', async () => {
  const { server, model } = await serve('done');
  const worker = agent('Worker', { model });
  const crew = new Crew({
    name: 'hooked',
    agents: [worker],
    tasks: [new Task({ name: 'only', description: '{{topic}} {{limit}}', ...asked, agent: worker })],
    inputs: z.object({ topic: z.string().toUpperCase(), limit: z.number().default(3) }),
    beforeKickoff: async (inputs) => ({ ...inputs, topic: `${inputs.topic}!` }),
  });
  const result = await crew.kickoff({ inputs: { topic: 'otters' } });
  expect(messagesOf(server, 0)[1]?.content).toContain('OTTERS! 3');
  expect(result.inputs).toEqual({ topic: 'OTTERS!', limit: 3 });
});

test('afterKickoff changes the result that kickoff resolves to', async () => {
  const only = new Task({ name: 'only', execute: () => 'quiet' });
  const crew = new Crew({
    name: 'hooked',
    tasks: [only],
    afterKickoff: async (result) => ({ ...result, raw: result.tasks.only.output.toUpperCase() }),
  });
  expect((await crew.kickoff()).raw).toBe('QUIET');
  const run = crew.start();
  expect((await run.result).raw).toBe('QUIET');
});

test('afterKickoff is not called when the run fails', async () => {
  let called = 0;
  const only = new Task({
    name: 'only',
    execute: () => {
      throw new Error('no');
    },
  });
  const crew = new Crew({
    name: 'hooked',
    tasks: [only],
    afterKickoff: (result) => {
      called += 1;
      return result;
    },
  });
  await failure(crew.kickoff());
  await crew.kickoff({ settle: true });
  expect(called).toBe(0);
});

test('a hook that throws fails the run with its words, before any call or after all', async () => {
  const { server, model } = await serve('done');
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const parts = { name: 'hooked', agents: [worker], tasks: [only] } as const;
  const explode = () => {
    throw new Error('boom');
  };
  const before = await failure(new Crew({ ...parts, beforeKickoff: explode }).kickoff());
  expect(before).toMatchObject({ code: 'TASK_FAILED', message: 'beforeKickoff of crew "hooked" failed: boom' });
  expect(server.requests).toHaveLength(0);
  const after = await failure(new Crew({ ...parts, afterKickoff: explode }).kickoff());
  expect(after).toMatchObject({ code: 'TASK_FAILED', message: 'afterKickoff of crew "hooked" failed: boom' });
  expect(after.partial?.tasks['only']?.output).toBe('done');
  expect(server.requests).toHaveLength(1);
});

test('when afterKickoff goes wrong, run.end still tells what was spent, and nothing finished is lost', async () => {
  const { model } = await serve('done');
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  // Somebody without a compiler forgets to return.
  const forgetful = () => Object(undefined).nothing;
  const run = new Crew({ name: 'hooked', agents: [worker], tasks: [only], afterKickoff: forgetful }).start();
  const ends: CrewEvent[] = [];
  for await (const event of run) if (event.type === 'run.end') ends.push(event);
  const error = await failure(run.result);
  expect(error.message).toBe(
    'afterKickoff of crew "hooked" must return a result: the one it is given, changed or not.',
  );
  expect(error.partial?.tasks['only']?.output).toBe('done');
  expect(ends).toMatchObject([{ status: 'failed', usage: { modelCalls: 1 }, error: { code: 'TASK_FAILED' } }]);
});

test('what beforeKickoff returns must be an object of JSON', async () => {
  const only = new Task({ name: 'only', execute: () => 1 });
  const crew = new Crew({ name: 'hooked', tasks: [only], beforeKickoff: () => Object(new Date(0)) });
  expect((await failure(crew.kickoff())).message).toBe(
    'Inputs are JSON on every engine: what beforeKickoff returned is a Date, which JSON cannot hold.',
  );
});

test('with settle a run resolves as failed when a hook goes wrong, with what had finished and the error', async () => {
  const explode = () => {
    throw new Error('boom');
  };
  const only = new Task({ name: 'only', execute: () => 'done' });
  const parts = { name: 'hooked', tasks: [only] } as const;
  const before = await new Crew({ ...parts, beforeKickoff: explode }).kickoff({ settle: true, inputs: { a: 1 } });
  expect(before).toMatchObject({ status: 'failed', output: null, inputs: { a: 1 }, usage: { modelCalls: 0 } });
  expect(before.error).toMatchObject({ code: 'TASK_FAILED', message: 'beforeKickoff of crew "hooked" failed: boom' });
  expect(before.tasks.only).toMatchObject({ status: 'cancelled', output: null });
  const after = await new Crew({ ...parts, afterKickoff: explode }).kickoff({ settle: true });
  expect(after).toMatchObject({ status: 'failed', output: 'done', error: { code: 'TASK_FAILED' } });
  expect(after.tasks.only).toMatchObject({ status: 'done', output: 'done' });
  const forgetful = () => Object(undefined).nothing;
  const silent = await new Crew({ ...parts, afterKickoff: forgetful }).kickoff({ settle: true });
  expect([silent.status, silent.error?.message]).toEqual([
    'failed',
    'afterKickoff of crew "hooked" must return a result: the one it is given, changed or not.',
  ]);
});

test.each(['beforeKickoff', 'afterKickoff'] as const)(
  'a cancellation during %s ends a run as any other does: with settle it resolves as cancelled',
  async (hook) => {
    const only = new Task({ name: 'only', execute: () => 'done' });
    const settled = async (settle: boolean) => {
      const clock = fakeClock({ patienceMs: 100 });
      const engine = inMemory({ runtime: clock });
      const hangs = { [hook]: () => new Promise<never>(() => {}) };
      const run = new Crew({ name: 'hooked', tasks: [only], engine, ...hangs }).start({ settle });
      const ends: CrewEvent[] = [];
      run.on('run.end', (event) => ends.push(event));
      clock.timer(1_000, () => run.cancel('enough'));
      const ended = await clock.until(run.result.catch((error: unknown) => error));
      expect(ends).toMatchObject([{ status: 'cancelled' }]);
      return ended;
    };
    const status = hook === 'beforeKickoff' ? 'cancelled' : 'done';
    expect(await settled(true)).toMatchObject({ status: 'cancelled', error: null, tasks: { only: { status } } });
    expect(await settled(false)).toMatchObject({
      code: 'CANCELLED',
      message: 'enough',
      partial: { tasks: { only: { status } } },
    });
  },
);

test('what is wrong with the inputs is refused, with settle too', async () => {
  const only = new Task({ name: 'only', execute: () => 'done' });
  const crew = new Crew({ name: 'strict', tasks: [only], inputs: z.object({ topic: z.string() }) });
  const wrong: { topic: string } = Object({});
  await expect(crew.kickoff({ inputs: wrong, settle: true })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

test('an inputs schema that throws fails the run with its words', async () => {
  const inputs = z.object({}).refine(() => {
    throw new Error('boom');
  });
  const crew = new Crew({ name: 'strict', tasks: [new Task({ name: 'only', execute: () => 1 })], inputs });
  const message = 'The inputs schema of crew "strict" failed: boom';
  await expect(crew.kickoff()).rejects.toMatchObject({ code: 'TASK_FAILED', message });
  expect(await crew.kickoff({ settle: true })).toMatchObject({ status: 'failed', error: { message } });
});

test('the time of a budget counts from the start, also while beforeKickoff is at work', async () => {
  const clock = fakeClock({ patienceMs: 100 });
  const engine = inMemory({ runtime: clock });
  const only = new Task({ name: 'only', execute: () => clock.sleep(700).then(() => 'done') });
  const parts = { name: 'hooked', tasks: [only], engine, budget: { wallMs: 1_000 } } as const;
  const hangs = new Crew({ ...parts, beforeKickoff: () => new Promise<never>(() => {}) });
  const paused = await clock.until(hangs.kickoff({ settle: true }));
  expect(paused).toMatchObject({ status: 'paused', durationMs: 1_000, error: { code: 'BUDGET_EXCEEDED' } });
  const slow = new Crew({ ...parts, name: 'slow', beforeKickoff: (given) => clock.sleep(500).then(() => given) });
  const run = slow.start({ settle: true });
  const told: CrewEvent[] = [];
  run.on('budget.warning', (event) => told.push(event));
  expect(await clock.until(run.result)).toMatchObject({ status: 'paused', durationMs: 1_000 });
  expect(told).toMatchObject([{ kind: 'wallMs', used: 800 }]);
});
