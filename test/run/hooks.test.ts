import { Crew, type CrewEvent, Task } from 'crewline';
import { expect, test } from 'vitest';
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
