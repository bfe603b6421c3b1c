import { runInNewContext } from 'node:vm';
import { Crew, type CrewEvent, optional, Task } from 'crewline';
import { expect, test } from 'vitest';
import { agent, bySubject, failure, meeting, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

/** A crew in which `bad` fails while `sibling` is under way, `early` has ended, and two more have not started. */
async function failing() {
  const met = bySubject({
    bad: async (_, { arrived }) => {
      await arrived('sibling');
      return { status: 400, error: { message: 'no such thing' } };
    },
    // Ends well after the failure is known.
    sibling: { text: 'sibling is done', delayMs: 60 },
  });
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const early = new Task({ name: 'early', description: 'early', ...asked, agent: worker });
  const bad = new Task({ name: 'bad', description: 'bad', ...asked, agent: worker, context: [early] });
  const sibling = new Task({ name: 'sibling', description: 'sibling', ...asked, agent: worker });
  const after = new Task({ name: 'after', description: 'after', ...asked, agent: worker, context: [sibling] });
  const never = new Task({ name: 'never', description: 'never', ...asked, agent: worker, context: [bad] });
  const crew = new Crew({
    name: 'failing',
    agents: [worker],
    tasks: [early, bad, sibling, after, never],
    process: 'parallel',
  });
  return { crew, server, met };
}

test('a failed task fails the run once its siblings have ended; everything finished is in the error', async () => {
  const { crew, server, met } = await failing();
  const run = crew.start();
  const events: CrewEvent[] = [];
  const listening = (async () => {
    for await (const event of run) events.push(event);
  })();
  const error = await failure(run.result);
  expect(server.concurrency).toBe(0);
  await listening;
  expect(error).toMatchObject({ code: 'REQUEST_REFUSED', taskName: 'bad', agent: 'Worker', runId: run.runId });
  expect(error.message).toMatch(/^m at 127\.0\.0\.1:\d+ answered 400: no such thing\.$/);
  expect(error.partial).toMatchObject({
    status: 'failed',
    tasks: {
      early: { status: 'done', output: 'done: early' },
      bad: { status: 'failed', output: null, error: { code: 'REQUEST_REFUSED' }, usage: { modelCalls: 1 } },
      sibling: { status: 'done', output: 'sibling is done' },
      after: { status: 'cancelled', attempts: 0 },
      never: { status: 'skipped', skippedBecause: 'bad', attempts: 0 },
    },
  });
  expect(error.partial?.usage.modelCalls).toBe(server.requests.length);
  expect(met.order.toSorted()).toEqual(['bad', 'early', 'sibling']);
  expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'failed', error: { code: 'REQUEST_REFUSED' } });
  const ends = events.filter((event) => event.type === 'task.end').map((event) => [event.taskName, event.status]);
  expect(ends).toEqual([
    ['early', 'done'],
    ['bad', 'failed'],
    ['sibling', 'done'],
  ]);
});

test('with settle the same run resolves, with the status of every task', async () => {
  const { crew } = await failing();
  const result = await crew.kickoff({ settle: true });
  expect(result.status).toBe('failed');
  expect(result.error).toMatchObject({ code: 'REQUEST_REFUSED', taskName: 'bad' });
  expect(Object.values(result.tasks).map((task) => task?.status)).toEqual([
    'done',
    'failed',
    'done',
    'cancelled',
    'skipped',
  ]);
  expect(result.output).toBeNull();
});

test('of two failures the first is the run’s, and both are told', async () => {
  const met = meeting();
  const first = new Task({
    name: 'first',
    execute: async () => {
      await met.arrived('second');
      throw new Error('first to fail');
    },
  });
  const second = new Task({
    name: 'second',
    execute: async ({ step }) => {
      met.arrive('second');
      await step('pause', () => new Promise<null>((resolve) => setImmediate(() => resolve(null))));
      throw new Error('second to fail');
    },
  });
  const error = await failure(new Crew({ name: 'two', tasks: [second, first], process: 'parallel' }).kickoff());
  expect(error.message).toBe('Task "first" failed: first to fail');
  expect(error.partial?.tasks['second']?.error?.message).toBe('Task "second" failed: second to fail');
  expect(error.cause).toMatchObject({ name: 'Error', message: 'first to fail' });
});

test('a failed task that is optional to another fails the run all the same, and that one does not start', async () => {
  const bad = new Task({
    name: 'bad',
    execute: () => {
      throw new Error('no');
    },
  });
  const after = new Task({ name: 'after', context: [optional(bad)], execute: () => 'ran' });
  const result = await new Crew({ name: 'firm', tasks: [bad, after] }).kickoff({ settle: true });
  expect([result.status, result.tasks.after.status]).toEqual(['failed', 'cancelled']);
});

test.each<[string, unknown, string]>([
  ['a text', 'words', 'Task "odd" failed: words'],
  ['nothing', undefined, 'Task "odd" failed: undefined'],
  ['an object', { reason: 1 }, 'Task "odd" failed: {"reason":1}'],
  ['an object without a prototype', Object.create(null), 'Task "odd" failed: {}'],
  ['an error of another realm', runInNewContext('new TypeError("foreign")'), 'Task "odd" failed: foreign'],
  ['an error without a message', new RangeError(), 'Task "odd" failed: RangeError'],
  ['a bigint in an object', { n: 1n }, 'Task "odd" failed: an object that says nothing'],
])('code that throws %s fails its task like any other', async (_, thrown, message) => {
  const odd = new Task({
    name: 'odd',
    execute: () => {
      throw thrown;
    },
  });
  const error = await failure(new Crew({ name: 'odd', tasks: [odd] }).kickoff());
  expect(error.message).toBe(message);
  expect(error.partial?.tasks['odd']).toMatchObject({ status: 'failed', output: null, raw: '' });
});

test('when a run fails nothing is left running and no rejection is left over', async () => {
  const { crew, server } = await failing();
  const run = crew.start();
  for await (const event of run) if (event.type === 'run.end') break;
  expect(server.concurrency).toBe(0);
  await expect(run.result).rejects.toThrow('no such thing');
});
