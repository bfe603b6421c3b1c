import { expect, test } from 'vitest';
import { Agent } from '../../src/agent.ts';
import { Crew } from '../../src/crew.ts';
import { inMemory } from '../../src/engines/memory.ts';
import { ModelError } from '../../src/errors.ts';
import type { Model } from '../../src/spec/model.ts';
import { Task } from '../../src/task.ts';
import { fakeClock } from '../../src/testing/fake-clock.ts';
import { scriptedModel } from '../../src/testing/scripted-model.ts';
import '../warm-up.ts';

/** Found by the properties: each is the smallest crew that went wrong. */

test('code that throws an error of its own because its signal was aborted is cancelled, not failed', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const abortError = new DOMException('The operation was aborted.', 'AbortError');
  const fetch = new Task({
    name: 'fetch',
    execute: ({ signal }) => clock.sleep(1_000, signal).catch(() => Promise.reject(abortError)),
  });
  const crew = new Crew({ name: 'news', tasks: [fetch], engine: inMemory({ runtime: clock }) });
  const run = crew.start({ settle: true });
  run.on('task.start', () => {
    clock.timer(10, () => run.cancel('Enough.'));
  });
  const { status, error, tasks } = await clock.until(run.result);
  expect([status, error]).toEqual(['cancelled', null]);
  expect(tasks.fetch).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED', message: 'Enough.' } });
  expect(tasks.fetch.error?.cause).toMatchObject(abortError);
});

test('a piece of delegated work that was done is kept and paid for when the one before it is cancelled', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const delegate = (coworker: string) => ({
    name: 'delegate_work_to_coworker',
    arguments: { task: 'Help', context: '', coworker },
  });
  const model = scriptedModel({
    report: [{ toolCalls: [delegate('Slow'), delegate('Quick')] }],
    'report/Quick': ['done at once'],
    'report/Slow': [(_, { signal }) => clock.sleep(1_000, signal).then(() => 'never')],
  });
  const agents = ['Slow', 'Quick'].map((role) => new Agent({ role, goal: 'Help', backstory: 'Long' }));
  const report = new Task({ name: 'report', description: 'Report', expectedOutput: 'A text' });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'news', agents, tasks: [report], model, process: 'hierarchical', engine });
  const run = crew.start({ settle: true });
  run.on('delegation.end', ({ coworker }) => {
    if (coworker === 'Quick') run.cancel('Enough.');
  });
  const result = await clock.until(run.result);
  expect(result.status).toBe('cancelled');
  expect(result.tasks.report.children.map(({ agent, status }) => [agent, status])).toEqual([
    ['Slow', 'cancelled'],
    ['Quick', 'done'],
  ]);
  expect([result.usage.modelCalls, model.calls.length]).toEqual([3, 3]);
  expect(result.usage.byAgent['Quick']?.modelCalls).toBe(1);
});

test('code whose condition was being asked when the run was cancelled is not called', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let called = false;
  const late = new Task({
    name: 'late',
    when: () => clock.sleep(1_000).then(() => true),
    execute: () => {
      called = true;
    },
  });
  const crew = new Crew({ name: 'news', tasks: [late], engine: inMemory({ runtime: clock }) });
  const run = crew.start({ settle: true });
  clock.timer(10, () => run.cancel('Enough.'));
  const { status, tasks } = await clock.until(run.result);
  expect([status, tasks.late.status, called]).toEqual(['cancelled', 'cancelled', false]);
});

test('a task that is tried again after its time ran out while it only waited takes a place again first', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const calls: number[] = [];
  const model: Model = {
    name: 'shaky',
    async *generate() {
      calls.push(clock.monotonic());
      if (clock.monotonic() < 500) throw new ModelError('PROVIDER_DOWN', 'Not now.', { retryable: true });
      yield { type: 'text', text: 'Fine.' };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const agent = new Agent({ role: 'Editor', goal: 'Edit', backstory: 'Long', model, timeoutMs: 500 });
  const text = { description: 'Edit', expectedOutput: 'A text' };
  const again = new Task({ name: 'again', ...text, agent, retry: { attempts: 2 } });
  const other = new Task({ name: 'other', execute: () => clock.sleep(5_000).then(() => 'done') });
  const engine = inMemory({ runtime: clock });
  const tasks = [again, other];
  const crew = new Crew({ name: 'news', agents: [agent], tasks, process: 'parallel', maxConcurrency: 1, engine });
  const result = await clock.until(crew.kickoff({ settle: true }));
  expect(result.status).toBe('done');
  const [secondTry = 0] = calls.filter((at) => at >= 500);
  expect(secondTry).toBeGreaterThanOrEqual(5_000);
});
