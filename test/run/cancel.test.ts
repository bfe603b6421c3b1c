import { Crew, type CrewEvent, type Model, Task, tool } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { inMemory } from '../../src/engines/memory.ts';
import { agent, bySubject, failure, meeting, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

/** A crew with one task done, one whose call hangs, and one that waits for it. */
async function hanging() {
  const met = bySubject({ stuck: { hang: true } });
  const { server, model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const first = new Task({ name: 'first', description: 'first', ...asked, agent: worker });
  const stuck = new Task({ name: 'stuck', description: 'stuck', ...asked, agent: worker });
  const last = new Task({ name: 'last', description: 'last', ...asked, agent: worker });
  const crew = new Crew({ name: 'hanging', agents: [worker], tasks: [first, stuck, last] });
  return { crew, server, met };
}

test('cancel aborts the call under way, starts no other, and rejects with what had finished', async () => {
  const { crew, server, met } = await hanging();
  const run = crew.start();
  await met.arrived('stuck');
  run.cancel('I changed my mind.');
  run.cancel('again');
  const error = await failure(run.result);
  expect(error).toMatchObject({ code: 'CANCELLED', message: 'I changed my mind.', runId: run.runId });
  expect(error.partial).toMatchObject({
    status: 'cancelled',
    tasks: {
      first: { status: 'done', output: 'done: first' },
      stuck: { status: 'cancelled', attempts: 1, error: { code: 'CANCELLED' } },
      last: { status: 'cancelled', attempts: 0, error: null },
    },
  });
  await vi.waitUntil(() => server.concurrency === 0);
  expect(server.requests).toHaveLength(2);
});

test('a signal cancels the run, and its reason is told', async () => {
  const { crew, server, met } = await hanging();
  const controller = new AbortController();
  const kickoff = crew.kickoff({ signal: controller.signal });
  await met.arrived('stuck');
  controller.abort(new Error('closing time'));
  expect(await failure(kickoff)).toMatchObject({ code: 'CANCELLED', message: 'closing time' });
  await vi.waitUntil(() => server.concurrency === 0);
});

test('with settle a cancelled run resolves with status cancelled', async () => {
  const { crew, met } = await hanging();
  const controller = new AbortController();
  const kickoff = crew.kickoff({ signal: controller.signal, settle: true });
  await met.arrived('stuck');
  controller.abort();
  const { status, tasks } = await kickoff;
  expect([status, tasks.first?.status, tasks.stuck?.status, tasks.last?.status]).toEqual([
    'cancelled',
    'done',
    'cancelled',
    'cancelled',
  ]);
});

test('with a signal that is aborted already no call is made, and the run has its events all the same', async () => {
  const { crew, server } = await hanging();
  const run = crew.start({ signal: AbortSignal.abort('too late') });
  const events: CrewEvent[] = [];
  for await (const event of run) events.push(event);
  expect(await failure(run.result)).toMatchObject({ code: 'CANCELLED', message: 'too late' });
  expect(server.requests).toHaveLength(0);
  expect(events.at(-1)).toMatchObject({ type: 'run.end', status: 'cancelled' });
});

test('cancelling in the tick of the start makes no call', async () => {
  const { crew, server } = await hanging();
  const run = crew.start();
  run.cancel();
  expect(await failure(run.result)).toMatchObject({ code: 'CANCELLED', message: 'The run was cancelled.' });
  expect(server.requests).toHaveLength(0);
});

test.each([
  ['a signal that is aborted already', (crew: Crew) => crew.start({ signal: AbortSignal.abort('too late') })],
  [
    'a cancellation in the tick of the start',
    (crew: Crew) => {
      const run = crew.start();
      run.cancel('too late');
      return run;
    },
  ],
  [
    'a cancellation at the first event',
    (crew: Crew) => {
      const run = crew.start();
      run.on('run.start', () => run.cancel('too late'));
      return run;
    },
  ],
] as const)('with %s no code runs and no model is asked, however quick they are', async (_, start) => {
  let ran = 0;
  const count = () => {
    ran += 1;
  };
  const model: Model = {
    name: 'quick',
    async *generate() {
      count();
      yield { type: 'text', text: 'here' };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const worker = agent('Worker', { model });
  const tasks = [
    new Task({ name: 'code', execute: count }),
    new Task({ name: 'asks', description: 'Go.', ...asked, agent: worker }),
  ];
  // Once before, so that all is loaded: what has to be loaded first would give a late cancellation time.
  await new Crew({ name: 'first', agents: [worker], tasks, process: 'parallel' }).kickoff();
  ran = 0;
  const run = start(new Crew({ name: 'quick', agents: [worker], tasks, process: 'parallel' }));
  expect(await failure(run.result)).toMatchObject({ code: 'CANCELLED', message: 'too late' });
  expect(ran).toBe(0);
});

test('cancelling a run that has ended changes nothing', async () => {
  const { model } = await serve();
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const run = new Crew({ name: 'ended', agents: [worker], tasks: [only] }).start();
  const result = await run.result;
  run.cancel('too late');
  expect(await run.result).toBe(result);
  expect(result.status).toBe('done');
});

test('tools and code under way see their signal abort, and the run ends when they have', async () => {
  const { model, server } = await serve({ toolCalls: [{ name: 'wait', arguments: {} }] });
  const reasons: unknown[] = [];
  const met = meeting();
  const until = (what: string, signal: AbortSignal) => {
    met.arrive(what);
    return new Promise<string>((resolve) => {
      signal.addEventListener('abort', () => {
        reasons.push(Object(signal.reason).message);
        resolve('stopped');
      });
    });
  };
  const wait = tool({
    name: 'wait',
    description: 'Waits.',
    input: z.object({}),
    execute: (_, { signal }) => until('tool', signal),
  });
  const worker = agent('Worker', { model, tools: [wait] });
  const byAgent = new Task({ name: 'byAgent', description: 'Go.', ...asked, agent: worker });
  const byCode = new Task({ name: 'byCode', execute: ({ signal }) => until('code', signal) });
  const run = new Crew({ name: 'both', agents: [worker], tasks: [byAgent, byCode], process: 'parallel' }).start();
  await met.arrived('tool', 'code');
  run.cancel('enough');
  const error = await failure(run.result);
  expect(reasons).toEqual(['enough', 'enough']);
  expect(error.code).toBe('CANCELLED');
  expect(error.partial?.tasks['byAgent']?.status).toBe('cancelled');
  expect(server.requests).toHaveLength(1);
});

test('a listener that cancels when a tool is about to start keeps it from running', async () => {
  const { model, server } = await serve({ toolCalls: [{ name: 'send', arguments: {} }] });
  let sent = 0;
  const send = tool({
    name: 'send',
    description: 'Sends.',
    input: z.object({}),
    execute: () => {
      sent += 1;
    },
  });
  const worker = agent('Worker', { model, tools: [send] });
  const only = new Task({ name: 'only', description: 'Go.', ...asked, agent: worker });
  const run = new Crew({ name: 'held', agents: [worker], tasks: [only] }).start();
  run.on('tool.start', () => run.cancel('do not send'));
  expect(await failure(run.result)).toMatchObject({ code: 'CANCELLED', message: 'do not send' });
  expect(sent).toBe(0);
  expect(server.requests).toHaveLength(1);
});

test('cancelling one kickoff leaves another of the same crew alone', async () => {
  const met = bySubject({ 'say one': { hang: true }, 'say two': 'two' });
  const { model } = await serve(met.respond);
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'say {{what}}', ...asked, agent: worker });
  const crew = new Crew({ name: 'pair', agents: [worker], tasks: [only] });
  const one = crew.start({ inputs: { what: 'one' } });
  await met.arrived('say one');
  const two = crew.kickoff({ inputs: { what: 'two' } });
  one.cancel();
  expect((await two).raw).toBe('two');
  expect((await failure(one.result)).code).toBe('CANCELLED');
});

test('cancelling reaches work that was delegated, and the records say so', async () => {
  const met = bySubject({
    lead: {
      toolCalls: [{ name: 'delegate_work_to_coworker', arguments: { task: 'dig', context: '', coworker: 'Digger' } }],
    },
    dig: { hang: true },
  });
  const { model, server } = await serve(met.respond);
  const lead = agent('Lead', { model, allowDelegation: true });
  const digger = agent('Digger', { model });
  const only = new Task({ name: 'only', description: 'lead', ...asked, agent: lead });
  const run = new Crew({ name: 'deep', agents: [lead, digger], tasks: [only] }).start();
  const events: CrewEvent[] = [];
  run.on('delegation.start', (event) => events.push(event));
  run.on('delegation.end', (event) => events.push(event));
  await met.arrived('dig');
  run.cancel();
  const error = await failure(run.result);
  expect(error.partial?.tasks['only']).toMatchObject({
    status: 'cancelled',
    children: [{ agent: 'Digger', status: 'cancelled' }],
  });
  expect(events.map((event) => event.type)).toEqual(['delegation.start', 'delegation.end']);
  await vi.waitUntil(() => server.concurrency === 0);
});

test('code that cancels its own run, and is cancelled by who hears of its start, ends in both cases', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  let begun = 0;
  let cancel = () => {};
  const hang = () => {
    begun += 1;
    cancel();
    return new Promise<string>(() => {});
  };
  const crew = new Crew({
    name: 'c',
    tasks: [new Task({ name: 'hang', execute: hang })],
    engine: inMemory({ runtime: clock }),
  });
  const heard = crew.start({ settle: true });
  heard.on('task.start', () => heard.cancel());
  expect((await clock.until(heard.result)).status).toBe('cancelled');
  expect(begun).toBe(0);
  const own = crew.start({ settle: true });
  cancel = () => own.cancel();
  expect((await clock.until(own.result)).status).toBe('cancelled');
  expect(begun).toBe(1);
});
