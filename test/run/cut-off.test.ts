import { Agent, BudgetError, Crew, CrewError, inMemory, type Model, Task } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

test('code that answers its abort with an error of Crewline’s is cancelled, not failed', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const details = { taskName: 'fetch' };
  const fetch = new Task({
    name: 'fetch',
    execute: ({ signal }) =>
      clock.sleep(1_000, signal).catch(() => Promise.reject(new CrewError('TOOL_FAILED', 'Broke off.', details))),
  });
  const crew = new Crew({ name: 'news', tasks: [fetch], engine: inMemory({ runtime: clock }) });
  const run = crew.start({ settle: true });
  clock.timer(10, () => run.cancel('Enough.'));
  const { status, tasks } = await clock.until(run.result);
  expect(status).toBe('cancelled');
  expect(tasks.fetch).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED', message: 'Enough.' } });
  expect(tasks.fetch.error?.cause).toMatchObject({ code: 'TOOL_FAILED' });
});

test('code that cancels its own run, and then hangs, is left behind after the grace', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const self = new Task({
    name: 'self',
    execute: (): Promise<string> => {
      run.cancel('Enough.');
      return new Promise(() => {});
    },
  });
  const run = new Crew({ name: 'news', tasks: [self], engine: inMemory({ runtime: clock }) }).start({ settle: true });
  const { status, tasks } = await clock.until(run.result);
  expect([status, tasks.self.status, tasks.self.raw, clock.monotonic()]).toEqual(['cancelled', 'cancelled', '', 2_000]);
});

test('what was left behind when its time was over is not left behind again when the run is cancelled', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const hang = () => new Promise<string>(() => {});
  const late = new Task({ name: 'late', execute: hang, timeoutMs: 100, onFailure: 'skipDependents' });
  const other = new Task({ name: 'other', execute: ({ signal }) => clock.sleep(9_000, signal).then(() => 1) });
  const engine = inMemory({ runtime: clock });
  const run = new Crew({ name: 'news', process: 'parallel', tasks: [late, other], engine }).start({ settle: true });
  const logs: string[] = [];
  run.on('log', ({ message }) => logs.push(message));
  clock.timer(500, () => run.cancel('Enough.'));
  const { tasks } = await clock.until(run.result);
  await clock.untilIdle();
  expect(tasks.late).toMatchObject({ status: 'failed', raw: '', error: { code: 'TIMEOUT' } });
  expect(logs).toHaveLength(1);
  expect(logs[0]).toContain('execute of task "late" is left behind');
});

test('code that was cancelled by hand while another task has paused the run leaves it cancelled', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const waits = new Task({
    name: 'waits',
    execute: (): string => {
      throw new CrewError('PROVIDER_WAIT', 'Come back later.', { until: 1_234 });
    },
  });
  const other = new Task({ name: 'other', execute: ({ signal }) => clock.sleep(9_000, signal).then(() => 1) });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'news', process: 'parallel', tasks: [waits, other], engine });
  const run = crew.start({ settle: true });
  clock.timer(500, () => run.cancel('Enough.'));
  const { status, tasks } = await clock.until(run.result);
  expect([status, tasks.waits.error?.code, tasks.other.status]).toEqual(['cancelled', 'PROVIDER_WAIT', 'cancelled']);
});

test('code that calls itself cancelled ends its run cancelled: nothing is there to be waited for', async () => {
  const gone = new Task({
    name: 'gone',
    execute: (): string => {
      throw new CrewError('CANCELLED', 'Nobody wants it.');
    },
  });
  const { status, tasks } = await new Crew({ name: 'news', tasks: [gone] }).kickoff({ settle: true });
  expect([status, tasks.gone.status]).toEqual(['cancelled', 'cancelled']);
});

test.each(['code', 'agent'])(
  'what a task’s own budget ended says so, whatever its %s threw because of it',
  async (by) => {
    const clock = fakeClock({ patienceMs: 20 });
    const model: Model = {
      name: 'slow',
      retries: 0,
      async *generate(_, { signal }) {
        await clock.sleep(9_000, signal).catch(() => Promise.reject(new Error('cut off')));
        yield { type: 'end', finishReason: 'stop' };
      },
    };
    const agent = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Long', model });
    const options = { name: 'slow', budget: { wallMs: 500 }, onFailure: 'skipDependents' } as const;
    const task =
      by === 'agent'
        ? new Task({ ...options, description: 'Edit', expectedOutput: 'A text', agent })
        : new Task({
            ...options,
            execute: ({ signal }) =>
              clock.sleep(9_000, signal).then(
                () => 1,
                () => Promise.reject(new Error('cut off')),
              ),
          });
    const engine = inMemory({ runtime: clock });
    const { status, tasks } = await clock.until(
      new Crew({ name: 'news', agents: [agent], tasks: [task], engine }).kickoff(),
    );
    const error = tasks['slow']?.error;
    expect([status, clock.monotonic()]).toEqual(['partial', 500]);
    expect(error).toBeInstanceOf(BudgetError);
    expect(error).toMatchObject({ code: 'BUDGET_EXCEEDED', scope: 'task', kind: 'wallMs', taskName: 'slow' });
    expect(error?.agent).toBe(by === 'agent' ? 'Editor' : undefined);
  },
);
