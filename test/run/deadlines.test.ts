import { existsSync } from 'node:fs';
import { Agent, Crew, type CrewEvent, type Model, type Schema, Task } from 'crewline';
import { fakeClock } from 'crewline/testing';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { inMemory } from '../../src/engines/memory.ts';
import { realRuntime } from '../../src/internal/runtime.ts';
import { failure } from '../serve.ts';

// What runs crews is loaded with the first kickoff, in real time; from then on a standing clock is enough.
await new Crew({ name: 'first', tasks: [new Task({ name: 'first', execute: () => 1 })] }).kickoff();

const hang = () => new Promise<never>(() => {});
const words = { description: 'd', expectedOutput: 'e' } as const;

/** A schema that never comes to an answer. */
const slowSchema: Schema<unknown, unknown> = {
  '~standard': { ...z.unknown()['~standard'], validate: hang },
};

/** A model that delegates, or says something. */
function modelOf(delegates: boolean, answer: () => Promise<string> = async () => 'fine'): Model {
  return {
    name: 'scripted',
    retries: 0,
    async *generate({ messages, tools = [] }) {
      if (delegates && tools.length > 0 && messages.at(-1)?.role !== 'tool') {
        const input = JSON.stringify({ task: 'dig', context: '', coworker: 'Digger' });
        yield { type: 'toolCall', id: 'c1', name: 'delegate_work_to_coworker', arguments: input };
        yield { type: 'end', finishReason: 'toolCalls' };
        return;
      }
      yield { type: 'text', text: await answer() };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
}

const agentOf = (role: string, options: Partial<ConstructorParameters<typeof Agent>[0]>) =>
  new Agent({ goal: 'g', backstory: 'b', ...options, role });

/** Runs one task to its end on a clock of its own. */
async function timed(task: Task, agents: readonly Agent[] = []) {
  const clock = fakeClock({ patienceMs: 20 });
  const crew = new Crew({ name: 'c', agents, tasks: [task], engine: inMemory({ runtime: clock }) });
  const result = await clock.until(crew.kickoff({ settle: true }));
  return { clock, task: result.tasks[task.name], ms: clock.monotonic() };
}

test('a task ends when its time is over, whatever hangs in it', async () => {
  const agent = agentOf('Worker', { model: modelOf(false) });
  const timeoutMs = 1_000;
  const tasks: readonly Task[] = [
    new Task({ name: 'execute', execute: hang, timeoutMs }),
    new Task({ name: 'step', execute: ({ step }) => step('never', hang), timeoutMs }),
    new Task({ name: 'when', execute: () => 1, when: hang, timeoutMs }),
    new Task({ name: 'schema', execute: () => 1, output: slowSchema, timeoutMs }),
    new Task({ name: 'retries', execute: hang, retry: { attempts: 3 }, timeoutMs }),
  ];
  for (const task of tasks) {
    const { clock, task: ended, ms } = await timed(task, task.execute === undefined ? [agent] : []);
    expect([task.name, ended?.status, ended?.error?.code, ms]).toEqual([task.name, 'failed', 'TIMEOUT', 1_000]);
    expect(ended?.error?.message).toBe(`Task "${task.name}" took longer than its timeoutMs of 1000 ms.`);
    expect([ended?.attempts, clock.scheduled + clock.bounds]).toEqual([1, 0]);
  }
});

test('code that keeps the event loop beyond its task’s time has taken too long, although no timer could say so', async () => {
  let now = 0;
  const engine = inMemory({ runtime: { ...realRuntime, monotonic: () => now } });
  const busy = (ms: number) => () => {
    now += ms;
    return 'computed';
  };
  const common = { timeoutMs: 100, onFailure: 'skipDependents' } as const;
  const tasks = [
    new Task({ name: 'just', execute: busy(100), ...common }),
    new Task({ name: 'plain', execute: busy(101), ...common }),
    new Task({ name: 'tried', execute: busy(101), retry: { attempts: 2 }, ...common }),
    new Task({ name: 'written', execute: busy(101), outputFile: 'never/written.md', ...common }),
    new Task({ name: 'fallen', execute: busy(101), timeoutMs: 100, onFailure: { fallback: 'so so' } }),
  ];
  const result = await new Crew({ name: 'c', tasks, engine }).kickoff();
  expect(Object.values(result.tasks).map(({ name, status, error }) => [name, status, error?.code])).toEqual([
    ['just', 'done', undefined],
    ['plain', 'failed', 'TIMEOUT'],
    ['tried', 'failed', 'TIMEOUT'],
    ['written', 'failed', 'TIMEOUT'],
    ['fallen', 'done', 'TIMEOUT'],
  ]);
  expect(result.output).toBe('so so');
  expect(existsSync('never/written.md')).toBe(false);
});

test('the time of a task is 30 minutes unless it says otherwise', async () => {
  expect(new Task({ name: 'code', execute: () => 1 }).timeoutMs).toBe(1_800_000);
  expect((await timed(new Task({ name: 'code', execute: hang }))).ms).toBe(1_800_000);
});

test('all tries of a task, and the waits between them, share its time', async () => {
  let tries = 0;
  const task = new Task({
    name: 'flaky',
    retry: { attempts: 9, delayMs: 400 },
    timeoutMs: 1_000,
    execute: async () => {
      tries += 1;
      throw new Error('no');
    },
  });
  const { task: ended, ms } = await timed(task);
  expect([tries, ended?.error?.code, ms]).toEqual([3, 'TIMEOUT', 1_000]);
});

test('an agent’s own time ends its try, which may be repeated', async () => {
  let calls = 0;
  const model = modelOf(false, () => {
    calls += 1;
    return calls === 1 ? hang() : Promise.resolve('fine');
  });
  const agent = agentOf('Worker', { model, timeoutMs: 500 });
  const once = await timed(new Task({ name: 'once', ...words, agent }), [agent]);
  expect(once.task).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', agent: 'Worker' } });
  expect([once.task?.error?.message, once.ms]).toEqual([
    'Agent "Worker" took longer than its timeoutMs of 500 ms.',
    500,
  ]);
  calls = 0;
  const twice = await timed(new Task({ name: 'twice', ...words, agent, retry: { attempts: 2 } }), [agent]);
  expect([twice.task?.status, twice.task?.attempts, twice.ms]).toEqual(['done', 2, 500]);
});

test('a coworker’s time ends only what was delegated to it; the task’s ends it all', async () => {
  const digger = agentOf('Digger', { model: modelOf(false, hang), timeoutMs: 300 });
  const lead = agentOf('Lead', { model: modelOf(true), allowDelegation: true });
  const agents = [lead, digger];
  const own = await timed(new Task({ name: 'own', ...words, agent: lead }), agents);
  expect(own.task).toMatchObject({
    status: 'done',
    children: [{ agent: 'Digger', status: 'failed', error: { code: 'TIMEOUT' } }],
  });
  expect(own.ms).toBe(300);
  const all = await timed(new Task({ name: 'all', ...words, agent: lead, timeoutMs: 200 }), agents);
  expect(all.task).toMatchObject({ status: 'failed', error: { code: 'TIMEOUT', taskName: 'all' } });
  expect(all.ms).toBe(200);
});

test('what comes of work that was left behind is dropped, and told when somebody listens still', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const late = new Task({
    name: 'late',
    timeoutMs: 100,
    onFailure: 'skipDependents',
    execute: () => clock.sleep(150).then(() => 'late'),
  });
  const broken = new Task({
    name: 'broken',
    timeoutMs: 100,
    onFailure: 'skipDependents',
    execute: () =>
      clock.sleep(160).then(() => {
        throw new Error('late failure');
      }),
  });
  const other = new Task({ name: 'other', execute: () => clock.sleep(1_000).then(() => 'other') });
  const engine = inMemory({ runtime: clock });
  const run = new Crew({ name: 'c', process: 'parallel', tasks: [late, broken, other], engine }).start();
  const logs: CrewEvent[] = [];
  run.on('log', (event) => logs.push(event));
  const { status, tasks } = await clock.until(run.result);
  expect([status, tasks.late.output, tasks.other.output]).toEqual(['partial', null, 'other']);
  const leftBehind = 'is left behind: it had not ended when its time was over (TIMEOUT). Have it heed its signal.';
  expect(logs.map((event) => Object(event).message)).toEqual([
    `execute of task "late" ${leftBehind}`,
    `execute of task "broken" ${leftBehind}`,
    'execute of task "late" returned after it had been left behind; that is ignored.',
    'execute of task "broken" failed (late failure) after it had been left behind; that is ignored.',
  ]);
});

test('a schema that is left behind is told by name', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const late = new Task({ name: 'late', execute: () => 1, output: slowSchema, timeoutMs: 100 });
  const run = new Crew({ name: 'c', tasks: [late], engine: inMemory({ runtime: clock }) }).start({ settle: true });
  const logs: string[] = [];
  run.on('log', ({ message }) => logs.push(message));
  await clock.until(run.result);
  expect(logs).toHaveLength(1);
  expect(logs[0]).toContain('the output schema of task "late" is left behind');
});

test('a step of work that was left behind does not start', async () => {
  const clock = fakeClock({ patienceMs: 20 });
  const begun: string[] = [];
  const task = new Task({
    name: 'late',
    timeoutMs: 100,
    onFailure: 'skipDependents',
    execute: async ({ step }) => {
      await clock.sleep(150);
      return step('late', async () => begun.push('late'));
    },
  });
  const other = new Task({ name: 'other', execute: () => clock.sleep(1_000).then(() => 'other') });
  const engine = inMemory({ runtime: clock });
  await clock.until(new Crew({ name: 'c', process: 'parallel', tasks: [task, other], engine }).kickoff());
  expect(begun).toEqual([]);
});

test.each([
  [{}, 1_800_000],
  [{ timeouts: { callbackMs: 250, guardrailMs: 1 } }, 250],
])('beforeKickoff, the inputs schema and afterKickoff are not waited for without end: %j', async (options, ms) => {
  const tasks = [new Task({ name: 'code', execute: () => 1 })];
  const common = { name: 'c', tasks, ...options } as const;
  const crews = [
    (runtime: ReturnType<typeof fakeClock>) =>
      new Crew({ ...common, beforeKickoff: hang, engine: inMemory({ runtime }) }),
    (runtime: ReturnType<typeof fakeClock>) =>
      new Crew({ ...common, inputs: slowSchema, engine: inMemory({ runtime }) }),
    (runtime: ReturnType<typeof fakeClock>) =>
      new Crew({ ...common, afterKickoff: hang, engine: inMemory({ runtime }) }),
  ];
  for (const make of crews) {
    const clock = fakeClock({ patienceMs: 20 });
    const error = await failure(clock.until(make(clock).kickoff({ inputs: {} })));
    expect(error.message).toContain(`took longer than ${ms} ms (timeouts.callbackMs).`);
    expect([clock.monotonic(), clock.scheduled + clock.bounds]).toEqual([ms, 0]);
  }
});
