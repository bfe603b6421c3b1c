import { Agent, Crew, CrewError, type Model, Task } from 'crewline';
import { expect, test } from 'vitest';
import { failure } from '../serve.ts';

const model: Model = {
  name: 'scripted',
  async *generate() {
    yield { type: 'text', text: 'fine' };
    yield { type: 'end', finishReason: 'stop' };
  },
};
const agent = new Agent({ role: 'Worker', goal: 'g', backstory: 'b', model });

/** A crew that ends paused: it may make one call, and needs two. */
function poorCrew() {
  const tasks = ['one', 'two'].map((name) => new Task({ name, description: 'd', expectedOutput: 'e', agent }));
  return new Crew({ name: 'inner', agents: [agent], tasks, budget: { modelCalls: 1 } });
}

test('a crew that is paused within a task fails that task, which is tried again, and the outer run is not paused', async () => {
  let tries = 0;
  const outer = new Task({
    name: 'outer',
    retry: { attempts: 2 },
    execute: () => {
      tries += 1;
      return poorCrew().kickoff().then(String);
    },
  });
  const error = await failure(new Crew({ name: 'c', tasks: [outer] }).kickoff());
  expect(error).toMatchObject({ code: 'TASK_FAILED', taskName: 'outer', partial: { status: 'failed', crew: 'c' } });
  expect(error.cause).toMatchObject({ code: 'BUDGET_EXCEEDED', taskName: 'two' });
  expect(error.message).toBe(`Task "outer" failed: ${Object(error.cause).message}`);
  expect(tries).toBe(2);
});

test('what onFailure says holds when a crew within a task was cancelled or has no more quota', async () => {
  for (const code of ['CANCELLED', 'QUOTA_EXHAUSTED', 'PROVIDER_WAIT'] as const) {
    const thrown = new CrewError(code, 'Over.', { runId: 'another', taskName: 'inner' });
    const execute = async (): Promise<string> => {
      throw thrown;
    };
    const outer = new Task({ name: 'outer', execute, onFailure: { fallback: 'so so' } });
    const { status, output, tasks } = await new Crew({ name: 'c', tasks: [outer] }).kickoff();
    expect([status, output, tasks.outer.error?.code, tasks.outer.error?.cause]).toEqual([
      ...['done', 'so so', 'TASK_FAILED'],
      thrown,
    ]);
  }
});

test('a crew that is cancelled along with the run around it ends that run cancelled', async () => {
  const execute = ({ signal }: { readonly signal: AbortSignal }): Promise<string> =>
    new Crew({ name: 'inner', tasks: [new Task({ name: 'inner', execute: hang })] }).kickoff({ signal }).then(String);
  const outer = new Task({ name: 'outer', execute });
  const run = new Crew({ name: 'c', tasks: [outer] }).start();
  run.on('task.start', () => setImmediate(() => run.cancel('Enough.')));
  const error = await failure(run.result);
  expect(error).toMatchObject({ code: 'CANCELLED', message: 'Enough.', runId: run.runId });
  const outcome = error.partial?.tasks['outer'];
  expect([error.partial?.status, outcome?.status, outcome?.error?.runId]).toEqual([
    'cancelled',
    'cancelled',
    run.runId,
  ]);
});

function hang({ signal }: { readonly signal: AbortSignal }): Promise<string> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}
