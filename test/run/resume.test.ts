import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, Crew, type Engine, inMemory, secret, Task, tool } from 'crewline';
import { scriptedModel } from 'crewline/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openDatabase } from '../../src/engines/sqlite/driver.ts';
import { failure } from '../serve.ts';
import { store } from './kept.ts';

const text = { description: 'Do it', expectedOutput: 'Text' };

/** Two tasks by an agent, one after the other. */
function newsroom(engine: Engine, script: Parameters<typeof scriptedModel>[0], options: object = {}) {
  const model = scriptedModel(script);
  const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model });
  const draft = new Task({ name: 'draft', ...text, agent });
  const final = new Task({ name: 'final', ...text, agent, context: [draft] });
  return { model, crew: new Crew({ name: 'news', agents: [agent], tasks: [draft, final], engine, ...options }) };
}

/** A task whose agent pays by a tool that may be called once. */
function office(engine: Engine, script: Parameters<typeof scriptedModel>[0], pay: () => unknown) {
  const model = scriptedModel(script);
  const tools = [tool({ name: 'pay', description: 'Pays', input: { type: 'object' }, execute: () => pay() })];
  const agent = new Agent({ role: 'Clerk', goal: 'Pay', backstory: 'Long', model, tools });
  const tasks = [new Task({ name: 'bill', ...text, agent })];
  return new Crew({ name: 'office', agents: [agent], tasks, engine, cancelGraceMs: 0 });
}

test('a run that is done is resumed for nothing: the same result, and no call', async () => {
  const { engine } = store();
  const first = newsroom(engine(), ['One.', 'Two.']);
  const result = await first.crew.kickoff();
  const again = newsroom(engine(), []);
  expect(await again.crew.resume(result.runId)).toEqual(result);
  expect(again.model.calls).toEqual([]);
});

test('a run that failed goes on with what failed: what was done is kept, and its calls still count', async () => {
  const { engine } = store();
  const broken = newsroom(engine(), ['One.', new Error('the network is down')], { model: undefined });
  const failed = await broken.crew.kickoff({ settle: true });
  expect(failed.status).toBe('failed');
  const again = newsroom(engine(), ['Two.']);
  const result = await again.crew.resume(failed.runId);
  expect(result.tasks.draft.output).toBe('One.');
  expect(result.output).toBe('Two.');
  expect(again.model.calls.map(({ taskName }) => taskName)).toEqual(['final']);
  expect(result.tasks.draft.usage.modelCalls).toBe(1);
  // From now on it is done.
  expect((await newsroom(engine(), []).crew.resume(failed.runId)).output).toBe('Two.');
});

test('a run that was paused says that it can be resumed, and with a larger budget it can: what it has paid counts', async () => {
  const { engine } = store();
  const poor = newsroom(engine(), ['One.'], { budget: { modelCalls: 1 } });
  const paused = await failure(poor.crew.kickoff());
  expect(paused).toMatchObject({ code: 'BUDGET_EXCEEDED', resumable: true });
  const runId = String(paused.runId);
  const still = await failure(newsroom(engine(), [], { budget: { modelCalls: 1 } }).crew.resume(runId));
  expect(still).toMatchObject({ code: 'BUDGET_EXCEEDED', resumable: true });
  const rich = newsroom(engine(), ['Two.'], { budget: { modelCalls: 2 } });
  expect((await rich.crew.resume(runId)).output).toBe('Two.');
});

test('a run that was cancelled goes on where it stood', async () => {
  const { engine } = store();
  const stopping = new AbortController();
  const first = newsroom(engine(), ['One.', () => new Promise<string>(() => stopping.abort())], { cancelGraceMs: 0 });
  const cancelled = await first.crew.kickoff({ signal: stopping.signal, settle: true });
  expect(cancelled.status).toBe('cancelled');
  const again = newsroom(engine(), ['Two.']);
  expect((await again.crew.resume(cancelled.runId)).output).toBe('Two.');
});

test('a crew that has changed is refused by what has changed, and goes on when that is accepted', async () => {
  const { engine } = store();
  const failed = await newsroom(engine(), [new Error('no')]).crew.kickoff({ settle: true });
  const model = scriptedModel(['One.', 'Two.']);
  const agent = new Agent({ role: 'Writer', goal: 'Write better', backstory: 'Long', model });
  const tasks = [
    new Task({ name: 'draft', ...text, agent, timeoutMs: 5_000 }),
    new Task({ name: 'final', ...text, description: 'Do it again', agent, context: ['draft'] }),
    new Task({ name: 'more', execute: () => 1 }),
  ];
  const crew = new Crew({ name: 'news', agents: [agent], tasks, engine: engine(), budget: { tokens: 9_000 } });
  const refused = await failure(crew.resume(failed.runId));
  expect(refused.code).toBe('RUN_CHANGED');
  expect(refused.message).toContain('agent "Writer", goal was "Write", and is "Write better"');
  expect(refused.message).toContain('task "final", description was "Do it", and is "Do it again"');
  expect(refused.message).toContain('task "more", execute is new');
  // Bounds may be others: what is done does not depend on them.
  expect(refused.message).not.toMatch(/timeoutMs|budget/);
  expect(model.calls).toEqual([]);
  const result = await crew.resume(failed.runId, { acceptChanges: true });
  expect(result.tasks['more']?.output).toBe(1);
});

test('what a tool does, and a version that says what does not show, are part of what a crew is', async () => {
  const { engine } = store();
  const crewOf = (own: Engine, lookUp: () => string, version: string, script: Parameters<typeof scriptedModel>[0]) => {
    const tools = [tool({ name: 'look_up', description: 'Looks', input: { type: 'object' }, execute: lookUp })];
    const model = scriptedModel(script);
    const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model, tools });
    const tasks = [new Task({ name: 'draft', ...text, agent, version })];
    return new Crew({ name: 'news', agents: [agent], tasks, engine: own });
  };
  const { runId } = await crewOf(engine(), () => 'old', '1', [new Error('no')]).kickoff({ settle: true });
  const refused = await failure(crewOf(engine(), () => 'new', '2', []).resume(runId));
  expect(refused.code).toBe('RUN_CHANGED');
  expect(refused.message).toMatch(/agent "Writer", tools was [^\n]*old[^\n]*, and is [^\n]*new/);
  expect(refused.message).toContain('task "draft", version was "1", and is "2"');
  expect((await crewOf(engine(), () => 'old', '1', ['One.']).resume(runId)).output).toBe('One.');
});

test('a task that had ended before is told of by one event, in the place of its start and its end', async () => {
  const { engine } = store();
  const crewOf = (own: Engine, model: ReturnType<typeof scriptedModel>) => {
    const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model });
    const draft = new Task({ name: 'draft', ...text, agent });
    const extra = new Task({ name: 'extra', when: () => false, execute: () => 1 });
    const final = new Task({ name: 'final', ...text, agent, context: [draft] });
    return new Crew({ name: 'news', agents: [agent], tasks: [draft, extra, final], engine: own });
  };
  const { runId } = await crewOf(engine(), scriptedModel(['One.', new Error('no')])).kickoff({ settle: true });
  const run = crewOf(engine(), scriptedModel(['Two.'])).reopen(runId);
  const told: object[] = [];
  for await (const event of run) if (event.type.startsWith('task.')) told.push(event);
  expect(told).toMatchObject([
    { type: 'task.ready', taskName: 'draft' },
    { type: 'task.reused', taskName: 'draft', status: 'done', from: runId, agent: 'Writer', output: 'One.' },
    { type: 'task.ready', taskName: 'extra' },
    { type: 'task.reused', taskName: 'extra', status: 'skipped', from: runId },
    { type: 'task.ready', taskName: 'final' },
    { type: 'task.start', taskName: 'final' },
    { type: 'task.end', taskName: 'final' },
  ]);
  // It is the run's own work, and counts as that.
  const { tasks, usage } = await run.result;
  expect(tasks.draft.reusedFrom).toBe(null);
  expect(usage.modelCalls).toBe(3);
});

test('a run is resumed only by its crew, on an engine that keeps runs, and by an id that there is', async () => {
  const { engine } = store();
  const failed = await newsroom(engine(), [new Error('no')]).crew.kickoff({ settle: true });
  const other = new Crew({ name: 'other', tasks: [new Task({ name: 'a', execute: () => 1 })], engine: engine() });
  expect((await failure(other.resume(failed.runId))).message).toContain('is one of crew "news", not of "other"');
  const { crew } = newsroom(engine(), []);
  const near = await failure(crew.resume(`${failed.runId}x`));
  expect(near).toMatchObject({
    code: 'RUN_UNKNOWN',
    message: expect.stringContaining(`Did you mean ${failed.runId}?`),
  });
  expect(await failure(newsroom(inMemory(), []).crew.resume(failed.runId))).toMatchObject({
    code: 'ENGINE_NOT_DURABLE',
    message: expect.stringContaining("sqlite({ file: '.crewline/runs.db' })"),
  });
  expect((await failure(crew.resume(''))).code).toBe('OPTION_INVALID');
});

test('a run that is under way is not resumed a second time', async () => {
  const { engine } = store();
  let answer: (text: string) => void = () => {};
  const slow = newsroom(engine(), [
    () =>
      new Promise<string>((resolve) => {
        answer = resolve;
      }),
    'Two.',
  ]);
  const run = slow.crew.start();
  await new Promise<void>((resolve) => run.on('model.start', () => resolve()));
  const refused = await failure(newsroom(engine(), []).crew.resume(run.runId));
  expect(refused).toMatchObject({ code: 'RUN_LOCKED', message: expect.stringContaining('This process works on run') });
  answer('One.');
  expect((await run.result).output).toBe('Two.');
});

test('an owner that another has taken the run from writes nothing more, and its run ends', async () => {
  const { file, engine } = store();
  const taken = async () => {
    const db = await openDatabase(file);
    db.exec('UPDATE runs SET epoch = epoch + 1');
    db.close();
    return 'One.';
  };
  const { crew, model } = newsroom(engine(), [taken]);
  const stopped = await failure(crew.kickoff());
  expect(stopped.code).toBe('RUN_LOCKED');
  // Nothing is built on what could not be written.
  expect(model.calls).toHaveLength(1);
});

test('a tool that may be called once and was cut off is not called again: somebody decides', async () => {
  const { engine } = store();
  const paid: string[] = [];
  const stopping = new AbortController();
  const hangs = () => {
    paid.push('begun');
    stopping.abort();
    return new Promise(() => {});
  };
  const call = { toolCalls: [{ name: 'pay', arguments: {} }] };
  const cut = await office(engine(), [call], hangs).kickoff({ signal: stopping.signal, settle: true });
  const { runId } = cut;
  const asks = await failure(office(engine(), [], () => paid.push('again')).resume(runId));
  expect(asks).toMatchObject({ code: 'NEEDS_DECISION', resumable: true });
  expect(asks.message).toContain('pay({})');
  const [, callId = ''] = /decisions: \{ "([^"]+)": 'skip' \}/.exec(asks.message) ?? [];
  expect(paid).toEqual(['begun']);
  const decisions = { [callId]: { result: 'receipt 7' } };
  const wrongly = async (wrong: object) =>
    failure(office(engine(), [], () => paid.push('again')).resume(runId, { decisions: { ...wrong } }));
  // What somebody mistyped is neither "it was done" nor left unsaid.
  expect(await wrongly({ [callId]: 'Retry' })).toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(`'retry', 'skip' or { result } for each call; that of "${callId}" is "Retry"`),
  });
  expect(await wrongly({ 'bil/turn.1.tool.0': 'skip' })).toMatchObject({
    code: 'OPTION_INVALID',
    message: expect.stringContaining(`Did you mean "${callId}"?`),
  });
  const done = await office(engine(), ['Paid.'], () => paid.push('again')).resume(runId, { decisions });
  expect(done.output).toBe('Paid.');
  expect(done.tasks.bill.acted).toBe(false);
  expect(paid).toEqual(['begun']);
});

test('what a tool did once is known after a resume: its task is not tried anew', async () => {
  const { engine } = store();
  const paid: number[] = [];
  const call = { toolCalls: [{ name: 'pay', arguments: {} }] };
  const failed = await office(engine(), [call, new Error('no')], () => paid.push(1)).kickoff({ settle: true });
  expect(failed.status).toBe('failed');
  const again = await office(engine(), [], () => paid.push(1)).resume(failed.runId, { settle: true });
  expect(again.status).toBe('failed');
  expect(again.error?.message).toBe(failed.error?.message);
  expect(paid).toHaveLength(1);
});

test('no secret goes into the file: one in the inputs is refused, any other is hidden', async () => {
  const { file, engine } = store();
  const key = secret('correct-horse-battery-staple');
  const model = scriptedModel(['Fine.']);
  const settings = { providerOptions: { headers: { key: key.reveal() } } };
  const agent = new Agent({ role: 'Spy', goal: `Keep ${key.reveal()}`, backstory: 'Long', model, settings });
  const tasks = [
    new Task({ name: 'tell', execute: () => `The key is ${key.reveal()}` }),
    new Task({ name: 'ask', description: `Use ${key.reveal()}`, expectedOutput: 'Text', agent }),
    new Task({ name: 'literal', execute: () => 'correct-horse-battery-staple'.length }),
  ];
  const crew = new Crew({ name: 'leaky', agents: [agent], tasks, engine: engine() });
  expect(await failure(crew.kickoff({ inputs: { key: key.reveal() } }))).toMatchObject({ code: 'INPUT_INVALID' });
  const { runId } = await crew.kickoff();
  // What is hidden is no change.
  expect((await crew.resume(runId)).status).toBe('done');
  const folder = join(file, '..');
  const bytes = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('');
  expect(bytes).toContain('The key is [secret]');
  expect(bytes).not.toContain('correct-horse');
});

test('the key of the environment is a secret before any model has looked for it', async () => {
  const key = 'sk-test-0123456789abcdefghijkl';
  vi.stubEnv('OPENAI_API_KEY', key);
  onTestFinished(() => void vi.unstubAllEnvs());
  const tasks = [new Task({ name: 'tell', execute: () => `It is ${key}` })];
  const { file, engine } = store();
  const crew = new Crew({ name: 'keys', tasks, engine: engine() });
  expect(await failure(crew.kickoff({ inputs: { key } }))).toMatchObject({ code: 'INPUT_INVALID' });
  await crew.kickoff();
  const bytes = readdirSync(join(file, '..')).map((name) => readFileSync(join(file, '..', name), 'latin1'));
  expect(bytes.join('')).toContain('It is [secret]');
  expect(bytes.join('')).not.toContain(key);
});
