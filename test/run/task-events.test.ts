import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Agent, Crew, type CrewEvent, type Run, Task } from 'crewline';
import { scriptedModel } from 'crewline/testing';
import { expect, onTestFinished, test } from 'vitest';
import { inMemory } from '../../src/engines/memory.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

const words = { description: 'Say it.', expectedOutput: 'A word.' } as const;

/** What a run tells of its tasks, without when and in which run. */
function told(run: Run): object[] {
  const events: object[] = [];
  const hear = ({ seq, time, runId, ...event }: CrewEvent) => events.push(event);
  run.on('task.start', hear);
  run.on('task.end', hear);
  run.on('task.skipped', hear);
  return events;
}

test('a task’s start and end say which agent works it, where one does', async () => {
  const model = scriptedModel({ said: ['a word'] });
  const worker = new Agent({ role: 'Worker', goal: 'g', backstory: 'b', model });
  const said = new Task({ name: 'said', ...words, agent: worker });
  const code = new Task({ name: 'code', execute: () => 'by code' });
  const run = new Crew({ name: 'c', agents: [worker], tasks: [said, code], engine: inMemory() }).start();
  const events = told(run);
  const { tasks } = await run.result;
  const { usage, durationMs } = tasks.said;
  expect(usage.modelCalls).toBe(1);
  expect(events).toEqual([
    { type: 'task.start', taskName: 'said', agent: 'Worker', attempt: 1 },
    {
      type: 'task.end',
      taskName: 'said',
      agent: 'Worker',
      attempt: 1,
      status: 'done',
      output: 'a word',
      usage,
      durationMs,
    },
    { type: 'task.start', taskName: 'code', attempt: 1 },
    {
      type: 'task.end',
      taskName: 'code',
      attempt: 1,
      status: 'done',
      output: 'by code',
      usage: tasks.code.usage,
      durationMs: tasks.code.durationMs,
    },
  ]);
});

test('a task’s end says where its answer was written to, and a task that its own condition skips says so', async () => {
  const outputFile = 'temporary-task-events.txt';
  onTestFinished(() => rm(outputFile, { force: true }));
  const written = new Task({ name: 'written', execute: () => 'text', outputFile });
  const never = new Task({ name: 'never', execute: () => 1, when: () => false });
  const run = new Crew({ name: 'c', tasks: [written, never], process: 'parallel' }).start();
  const events = told(run);
  const { tasks } = await run.result;
  expect(existsSync(outputFile)).toBe(true);
  expect(events).toContainEqual(expect.objectContaining({ type: 'task.end', taskName: 'written', outputFile }));
  expect(events).toContainEqual({ type: 'task.skipped', taskName: 'never', because: 'never' });
  // What never started has touched nothing and read nothing.
  expect(tasks.never).toMatchObject({ tainted: false, acted: false, attempts: 0 });
});

test('a task that was cancelled ends cancelled, not failed, and says why', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const slow = new Task({ name: 'slow', execute: ({ signal }) => clock.sleep(9_000, signal).then(() => 1) });
  const run = new Crew({ name: 'c', tasks: [slow], engine: inMemory({ runtime: clock }) }).start({ settle: true });
  const events = told(run);
  clock.timer(500, () => run.cancel('Enough.'));
  await clock.until(run.result);
  expect(events).toMatchObject([
    { type: 'task.start' },
    { type: 'task.end', status: 'cancelled', durationMs: 500, error: { code: 'CANCELLED', message: 'Enough.' } },
  ]);
});
