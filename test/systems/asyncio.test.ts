import { Crew, type CrewError, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject } from '../serve.ts';
import { pass, type Timed, timed } from './timed.ts';

const asked = { expectedOutput: 'A line.' } as const;

/** Three agents: one quick, one that fails after a while, one slow. */
async function gather(): Promise<{ readonly crew: Crew; readonly time: Timed }> {
  const usage = { prompt: 100, completion: 10 };
  const met = bySubject({
    quick: { text: 'quick result', delayMs: 2_000, usage },
    broken: { status: 422, error: { message: 'this cannot be done' }, delayMs: 4_000 },
    slow: { text: 'slow result', delayMs: 9_000, usage },
  });
  const time = await timed(met.respond);
  const worker = agent('Worker', { model: time.model });
  const task = (name: string, context: readonly string[] = []) =>
    new Task({ name, description: name, ...asked, agent: worker, context });
  const crew = new Crew({
    name: 'gather',
    agents: [worker],
    tasks: [task('quick'), task('broken'), task('slow'), task('after', ['broken'])],
    process: 'parallel',
    engine: time.engine,
  });
  return { crew, time };
}

test('gather(return_exceptions=True): each task has its status, error, time, attempts and usage', async () => {
  const { crew, time } = await gather();
  const { status, tasks, durationMs, usage } = await pass(time, crew.start({ settle: true }));
  expect(status).toBe('failed');
  expect(tasks['quick']).toMatchObject({
    status: 'done',
    output: 'quick result',
    error: null,
    durationMs: 2_000,
    attempts: 1,
  });
  expect(tasks['quick']?.usage).toMatchObject({ inputTokens: 100, outputTokens: 10, modelCalls: 1 });
  expect(tasks['broken']).toMatchObject({ status: 'failed', output: null, durationMs: 4_000, attempts: 1 });
  expect(tasks['broken']?.error).toMatchObject({ code: 'REQUEST_REFUSED', taskName: 'broken', agent: 'Worker' });
  expect(tasks['slow']).toMatchObject({ status: 'done', output: 'slow result', durationMs: 9_000 });
  expect(tasks['after']).toMatchObject({ status: 'skipped', skippedBecause: 'broken', durationMs: 0, attempts: 0 });
  expect(durationMs).toBe(9_000);
  expect(usage).toMatchObject({ inputTokens: 200, outputTokens: 20, modelCalls: 3 });
});

test('TaskGroup: when the run has settled no task is left running, and nothing is left to pay for', async () => {
  const { crew, time } = await gather();
  const run = crew.start();
  await expect(pass(time, run)).rejects.toMatchObject({ code: 'REQUEST_REFUSED', taskName: 'broken' });
  expect(time.server.concurrency).toBe(0);
  expect(time.clock.scheduled).toBe(0);
  expect(time.server.requests).toHaveLength(3);
  const error: CrewError = await run.result.then(
    () => Promise.reject(new Error('it did not fail')),
    (thrown: CrewError) => thrown,
  );
  expect(error.partial?.tasks['slow']?.output).toBe('slow result');
  expect(error.partial?.durationMs).toBe(9_000);
});

test('cancelling ends all of them at once and leaves nothing running', async () => {
  const { crew, time } = await gather();
  const run = crew.start({ settle: true });
  run.on('task.end', ({ taskName }) => {
    if (taskName === 'quick') run.cancel('enough');
  });
  const { status, tasks } = await pass(time, run);
  expect(status).toBe('cancelled');
  expect(['quick', 'broken', 'slow', 'after'].map((name) => tasks[name]?.status)).toEqual([
    'done',
    'cancelled',
    'cancelled',
    // It requires one that was cancelled: nobody decided that it should be left out.
    'cancelled',
  ]);
  expect(time.clock.monotonic()).toBe(2_000);
});
