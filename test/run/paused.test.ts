import {
  Agent,
  Crew,
  CrewError,
  type Engine,
  type Failure,
  inMemory,
  type Model,
  ModelError,
  optional,
  Task,
} from 'crewline';
import { expect, test } from 'vitest';
import { failure } from '../serve.ts';

const EMPTY = new ModelError('QUOTA_EXHAUSTED', 'The account is empty. Fill it up.', { status: 429 });

/** Two models: one whose account is empty, one that answers. */
function crewOf(options: { readonly alsoFails?: boolean } = {}) {
  const calls = { dry: 0, rich: 0 };
  const dry: Model = {
    name: 'dry',
    async *generate() {
      calls.dry += 1;
      if (calls.dry > 0) throw EMPTY;
      yield { type: 'text', text: 'never' };
    },
  };
  const rich: Model = {
    name: 'rich',
    async *generate() {
      calls.rich += 1;
      yield { type: 'text', text: 'fine' };
      yield { type: 'end', finishReason: 'stop' };
    },
  };
  const poor = new Agent({ role: 'Poor', goal: 'g', backstory: 'b', model: dry });
  const well = new Agent({ role: 'Well', goal: 'g', backstory: 'b', model: rich });
  const words = { description: 'd', expectedOutput: 'e' };
  const crew = new Crew({
    name: 'c',
    process: 'parallel',
    agents: [poor, well],
    tasks: [
      new Task({ name: 'stopped', ...words, agent: poor }),
      new Task({ name: 'needs', ...words, agent: well, context: ['stopped'] }),
      new Task({ name: 'further', ...words, agent: well, dependsOn: ['needs'] }),
      new Task({ name: 'apart', ...words, agent: well }),
      new Task({ name: 'beyond', ...words, agent: well, context: ['apart', optional('stopped')] }),
      ...(options.alsoFails === true
        ? [
            new Task({
              name: 'broken',
              execute: async () => {
                throw new Error('no paper');
              },
            }),
          ]
        : []),
    ],
  });
  return { crew, calls };
}

test('an empty account pauses the run: what needs that task never starts, all else is done', async () => {
  const { crew, calls } = crewOf();
  const run = crew.start();
  const statuses: string[] = [];
  run.on('run.end', ({ status }) => statuses.push(status));
  const error = await failure(run.result);
  expect(error).toBeInstanceOf(ModelError);
  expect(error).toMatchObject({ code: 'QUOTA_EXHAUSTED', taskName: 'stopped', resumable: false, until: undefined });
  expect(error.partial).toMatchObject({
    status: 'paused',
    error: { code: 'QUOTA_EXHAUSTED' },
    tasks: {
      stopped: { status: 'cancelled', attempts: 1, error: { code: 'QUOTA_EXHAUSTED' } },
      needs: { status: 'cancelled', attempts: 0, error: null, skippedBecause: null },
      further: { status: 'cancelled', attempts: 0 },
      apart: { status: 'done' },
      beyond: { status: 'done' },
    },
  });
  expect(calls).toEqual({ dry: 1, rich: 2 });
  expect(statuses).toEqual(['paused']);
});

test('with settle a paused run resolves and says so', async () => {
  const { status, error } = await crewOf().crew.kickoff({ settle: true });
  expect([status, error?.code]).toEqual(['paused', 'QUOTA_EXHAUSTED']);
});

test('a run that also has a real failure is failed', async () => {
  const error = await failure(crewOf({ alsoFails: true }).crew.kickoff());
  expect(error).toMatchObject({ code: 'TASK_FAILED', taskName: 'broken', partial: { status: 'failed' } });
});

test('a pause is no failure: neither tried again nor fallen back from, and it says until when', async () => {
  let tries = 0;
  const waits = new Task({
    name: 'waits',
    retry: { attempts: 3 },
    onFailure: { fallback: 'something' },
    execute: async () => {
      tries += 1;
      if (tries > 0) throw new CrewError('PROVIDER_WAIT', 'Come back later.', { until: 1_234 });
      return 'nothing';
    },
  });
  const error = await failure(new Crew({ name: 'c', tasks: [waits] }).kickoff());
  expect(error).toMatchObject({
    code: 'PROVIDER_WAIT',
    until: 1_234,
    taskName: 'waits',
    partial: { status: 'paused' },
  });
  expect(tries).toBe(1);
});

/** An engine that keeps what its runs came to outside this process: their errors come back as plain ones. */
function keepingOutside(inner: Engine): Engine {
  const plain = (error: Failure): Failure => {
    const { name, code, runId, taskName, agent, resumable, until } = error;
    return Object.assign(new Error(error.message), { name, code, runId, taskName, agent, resumable, until });
  };
  return {
    runtime: inner.runtime,
    start: (program) => inner.start(program),
    stop: () => inner.stop(),
    handle: (runId) => inner.handle(runId),
    submit: async (crew, inputs, options) => {
      const handle = await inner.submit(crew, inputs, options);
      const result = async () => {
        const { error, ...rest } = await handle.result();
        return { ...rest, error: error && plain(error) };
      };
      return {
        runId: handle.runId,
        result,
        signal: (...given) => handle.signal(...given),
        questions: () => handle.questions(),
        answer: (...given) => handle.answer(...given),
        cancel: (reason) => handle.cancel(reason),
      };
    },
  };
}

test('a pause that comes back from an engine as a plain error still says until when, and whether it can go on', async () => {
  const waits = new Task({
    name: 'waits',
    execute: async (): Promise<string> => {
      throw new CrewError('PROVIDER_WAIT', 'Come back later.', { until: 1_234, resumable: true });
    },
  });
  const crew = new Crew({ name: 'c', tasks: [waits], engine: keepingOutside(inMemory()) });
  const error = await failure(crew.start().result);
  expect(error).toBeInstanceOf(CrewError);
  expect(error).toMatchObject({ code: 'PROVIDER_WAIT', taskName: 'waits', until: 1_234, resumable: true });
  expect(error.partial?.status).toBe('paused');
  expect((await crew.kickoff({ settle: true })).error?.until).toBe(1_234);
});
