import { Agent, Crew, inMemory, type Model, type ModelLimits, Task } from 'crewline';
import { expect, test } from 'vitest';
import { ModelError } from '../../src/errors.ts';
import { type FakeClock, fakeClock as standingClock } from '../../src/testing/fake-clock.ts';
import { ratedModel } from './rated-model.ts';

const TASKS = 200;
const PER_MINUTE = 60;
const MINUTE = 60_000;

/** The first run loads what it needs, which takes a busy machine a while. */
const fakeClock = () => standingClock({ patienceMs: 15_000 });

function agentOf(model: Model, role = 'Analyst'): Agent {
  return new Agent({ role, goal: 'Find out', backstory: 'You look.', model });
}

/** Independent tasks of one agent. */
function crewOf(model: Model, clock: FakeClock, { name = 'paced', count = TASKS } = {}) {
  const agent = agentOf(model);
  const tasks = Array.from({ length: count }, (_, at) => {
    return new Task({ name: `t${at}`, description: `Part ${at}.`, expectedOutput: 'A word.', agent });
  });
  return new Crew({ name, agents: [agent], tasks, process: 'parallel', engine: inMemory({ runtime: clock }) });
}

/** The same calls without a crew. */
async function allAtOnce(model: Model, clock: FakeClock): Promise<number> {
  const call = async () => {
    const options = { signal: new AbortController().signal, runId: 'r', taskName: 't', agent: 'a', key: 'k' };
    const parts = model.generate({ messages: [{ role: 'user', content: 'hi' }], stream: false }, options);
    for await (const part of parts) if (part.type === 'end') return;
  };
  const settled = await clock.until(Promise.allSettled(Array.from({ length: TASKS }, call)));
  return settled.filter(({ status }) => status === 'rejected').length;
}

const KNOWN: readonly { readonly how: string; readonly limits: ModelLimits; readonly headers: boolean }[] = [
  { how: 'declared', limits: { requestsPerMinute: PER_MINUTE }, headers: false },
  { how: 'told by headers, 64 at a time', limits: { maxConcurrency: 64 }, headers: true },
  { how: 'declared, and told by headers', limits: { requestsPerMinute: PER_MINUTE }, headers: true },
];
const ROWS = KNOWN.flatMap((row) => [true, false].map((retryAfter) => ({ ...row, retryAfter })));

test.each(ROWS)(
  '200 tasks on 60 requests a minute ($how, Retry-After $retryAfter): all are done, in time, and hardly any request is refused',
  async ({ limits, headers, retryAfter }) => {
    const clock = fakeClock();
    const { model, server } = ratedModel({ clock, perMinute: PER_MINUTE, headers, retryAfter, limits });
    const { status } = await clock.until(crewOf(model, clock).kickoff());
    expect(status).toBe('done');
    expect(server.accepted).toBe(TASKS);
    const minutes = (server.acceptedAt.at(-1) ?? 0) / MINUTE;
    expect(TASKS / minutes).toBeGreaterThan(0.95 * PER_MINUTE);
    expect(server.refused / (server.refused + server.accepted)).toBeLessThan(0.03);
    expect(clock.scheduled + clock.bounds).toBe(0);
  },
);

test('the same calls all at once: 140 of 200 fail', async () => {
  const clock = fakeClock();
  const { model } = ratedModel({ clock, perMinute: PER_MINUTE, headers: true, retryAfter: true });
  expect(await allAtOnce(model, clock)).toBe(140);
});

test('neither declared nor told: all are done nevertheless', async () => {
  const clock = fakeClock();
  const { model } = ratedModel({ clock, perMinute: PER_MINUTE, limits: { maxConcurrency: 64 } });
  const { status } = await clock.until(crewOf(model, clock).kickoff());
  expect(status).toBe('done');
});

test('two crews that share a model share its limit', async () => {
  const clock = fakeClock();
  const limits = { requestsPerMinute: PER_MINUTE };
  const { model, server } = ratedModel({ clock, perMinute: PER_MINUTE, limits });
  const crews = ['one', 'two'].map((name) => crewOf(model, clock, { name, count: 100 }));
  const results = await clock.until(Promise.all(crews.map((crew) => crew.kickoff())));
  expect(results.map(({ status }) => status)).toEqual(['done', 'done']);
  expect([server.accepted, server.refused]).toEqual([TASKS, 0]);
});

test('one lane waits, the others go on', async () => {
  const clock = fakeClock();
  const slow = ratedModel({ clock, name: 'slow', perMinute: 1, limits: { requestsPerMinute: 1 } });
  const free = ratedModel({ clock, name: 'free', perMinute: 1_000 });
  const agents = [agentOf(slow.model, 'Slow'), agentOf(free.model, 'Free')] as const;
  const tasks = Array.from({ length: 10 }, (_, at) => {
    const agent = agents[at % 2 === 0 ? 0 : 1];
    return new Task({ name: `t${at}`, description: 'Look.', expectedOutput: 'A word.', agent });
  });
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'both', agents, tasks, process: 'parallel', engine });
  await clock.until(crew.kickoff());
  expect(Math.max(...free.server.acceptedAt)).toBeLessThan(1_000);
  expect(Math.max(...slow.server.acceptedAt)).toBeGreaterThan(4 * MINUTE);
});

test('a task that only waits for its model gives its place to another', async () => {
  const clock = fakeClock();
  const slow = ratedModel({ clock, name: 'slow', perMinute: 1, limits: { requestsPerMinute: 1 } });
  const free = ratedModel({ clock, name: 'free', perMinute: 1_000 });
  const agents = [agentOf(slow.model, 'Slow'), agentOf(free.model, 'Free')] as const;
  const common = { description: 'Look.', expectedOutput: 'A word.' };
  const [slowly, freely] = agents;
  const tasks = [
    new Task({ ...common, name: 'first', agent: slowly }),
    new Task({ ...common, name: 'waits', agent: slowly }),
    new Task({ ...common, name: 'other', agent: freely }),
  ];
  const engine = inMemory({ runtime: clock });
  const crew = new Crew({ name: 'places', agents, tasks, process: 'parallel', maxConcurrency: 1, engine });
  const run = crew.start();
  const ended: string[] = [];
  const waits: string[] = [];
  run.on('task.end', ({ taskName }) => ended.push(taskName));
  run.on('limit.wait', ({ taskName, reason }) => waits.push(`${taskName}: ${reason}`));
  const { status } = await clock.until(run.result);
  expect(status).toBe('done');
  expect(waits).toEqual(['waits: requests']);
  expect(ended).toEqual(['first', 'other', 'waits']);
  expect(free.server.acceptedAt[0]).toBeLessThan(MINUTE / 2);
});

test('a pause that one task is asked for holds all that share the model', async () => {
  const clock = fakeClock();
  const at: number[] = [];
  const model: Model = {
    name: 'pausing',
    limits: { maxConcurrency: 1 },
    async *generate() {
      at.push(clock.monotonic());
      if (at.length === 1) {
        const details = { status: 429, retryable: true, retryAfterMs: 20_000 };
        throw new ModelError('RATE_LIMITED', 'too many requests', details);
      }
      yield { type: 'text', text: 'done' };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const result = await clock.until(crewOf(model, clock, { count: 5 }).kickoff());
  expect(result.status).toBe('done');
  expect(at[0]).toBe(0);
  expect(Math.min(...at.slice(1))).toBeGreaterThanOrEqual(20_000);
});

test('an account that runs dry is asked once, however many tasks wait for it', async () => {
  const clock = fakeClock();
  let calls = 0;
  const model: Model = {
    name: 'dry',
    limits: { maxConcurrency: 1 },
    async *generate() {
      calls += 1;
      await clock.sleep(100);
      if (calls > 0) throw new ModelError('QUOTA_EXHAUSTED', 'You exceeded your current quota.', { status: 429 });
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const run = crewOf(model, clock, { count: 50 }).start({ settle: true });
  const failed: string[] = [];
  run.on('model.end', ({ error }) => failed.push(error?.code ?? ''));
  const { status, tasks } = await clock.until(run.result);
  expect(status).toBe('paused');
  expect(new Set(Object.values(tasks).map(({ error }) => error?.code))).toEqual(new Set(['QUOTA_EXHAUSTED']));
  expect(calls).toBe(1);
  expect(failed).toEqual(['QUOTA_EXHAUSTED']);
});
