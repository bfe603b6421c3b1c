import { Crew, type Engine, inMemory, Task } from 'crewline';
import { expect, test } from 'vitest';

/** An engine on which the function of one task breaks before it can guard anything. */
function breaking(taskName: string, thrown: unknown): Engine {
  const inner = inMemory();
  return {
    runtime: inner.runtime,
    start: (program) =>
      inner.start({
        ...program,
        task: (ctx, input) => (ctx.key === taskName ? Promise.reject(thrown) : program.task(ctx, input)),
      }),
    stop: () => inner.stop(),
    submit: (crew, inputs, options) => inner.submit(crew, inputs, options),
    handle: (runId) => inner.handle(runId),
  };
}

test('a task whose function an engine could not bring to an end has failed, and the rest of the run is accounted for', async () => {
  const early = new Task({ name: 'early', execute: () => 'early' });
  const broken = new Task({ name: 'broken', execute: () => 'never' });
  const engine = breaking('broken', new Error('out of memory'));
  const result = await new Crew({ name: 'c', tasks: [early, broken], engine }).kickoff({ settle: true });
  expect([result.status, result.tasks.early.output]).toEqual(['failed', 'early']);
  expect(result.tasks.broken).toMatchObject({
    ...{ status: 'failed', output: null, raw: '', tainted: false, acted: false },
    error: { code: 'TASK_FAILED', message: 'Task "broken" failed: out of memory', taskName: 'broken' },
  });
  expect(result.error).toMatchObject({ runId: result.runId, taskName: 'broken' });
});
