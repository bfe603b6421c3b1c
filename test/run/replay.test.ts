import { Agent, Crew, type Engine, inMemory, optional, Task, tool } from 'crewline';
import { scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/engines/sqlite/driver.ts';
import { Store } from '../../src/engines/sqlite/store.ts';
import { failure } from '../serve.ts';
import { store } from './kept.ts';

/** A diamond with a branch of its own, all code: `top` to `left` and `right`, both to `join`; and `apart`. */
function diamond(engine: Engine, worked: string[], does: { readonly [task: string]: () => unknown } = {}) {
  const say = (name: string, text: string) => {
    worked.push(name);
    return String(does[name]?.() ?? text);
  };
  const top = new Task({ name: 'top', execute: ({ inputs }) => say('top', `top of ${inputs['topic']}`) });
  const left = new Task({
    name: 'left',
    context: [top],
    execute: ({ context }) => say('left', `left, ${context.top}`),
  });
  const right = new Task({ name: 'right', dependsOn: [top], execute: () => say('right', 'right') });
  const join = new Task({
    name: 'join',
    context: [left, right],
    execute: ({ context }) => say('join', `${context.left} and ${context.right}`),
  });
  const apart = new Task({ name: 'apart', execute: () => say('apart', 'apart') });
  return new Crew({ name: 'diamond', process: 'parallel', tasks: [top, left, right, join, apart], engine });
}

const inputs = { topic: 'tea' };

test('a replay works a task again with all that depend on it, and keeps the rest, as a run of its own', async () => {
  const { engine, file } = store();
  const first = await diamond(engine(), []).kickoff({ inputs });
  const worked: string[] = [];
  const run = diamond(engine(), worked, { left: () => 'LEFT' }).startReplay(first.runId, { from: 'left' });
  const told: string[] = [];
  run.on('task.reused', ({ taskName, status, from }) => told.push(`${taskName} ${status} ${from}`));
  const again = await run.result;
  expect(worked).toEqual(['left', 'join']);
  expect(told.sort()).toEqual(['apart', 'right', 'top'].map((name) => `${name} done ${first.runId}`));
  expect(again.runId).not.toBe(first.runId);
  expect(again.tasks.join.output).toBe('LEFT and right');
  expect(again.tasks.top).toMatchObject({ output: 'top of tea', reusedFrom: first.runId, attempts: 0, durationMs: 0 });
  expect(again.tasks.left.reusedFrom).toBe(null);
  expect(again.inputs).toEqual(inputs);
  const opened = await Store.open(file, { now: Date.now, readOnly: true });
  expect(opened.admission(again.runId).source).toEqual({ kind: 'replay', runId: first.runId });
  await opened.close();
});

test('a replay of several tasks, with another input: what is kept stays as it was', async () => {
  const { engine } = store();
  const first = await diamond(engine(), []).kickoff({ inputs });
  const worked: string[] = [];
  const again = await diamond(engine(), worked).replay(first.runId, {
    from: ['right', 'apart'],
    inputs: { topic: 'coffee' },
  });
  expect(worked.sort()).toEqual(['apart', 'join', 'right']);
  expect(again.tasks.top.output).toBe('top of tea');
  expect(again.inputs).toEqual({ topic: 'coffee' });
});

test('a replay can be made of a run that failed, was cancelled or is not over: what it has no outcome of is worked', async () => {
  const { engine } = store();
  const failed = await diamond(engine(), [], {
    right: () => {
      throw new Error('no');
    },
  }).kickoff({ inputs, settle: true });
  expect(failed.status).toBe('failed');
  const worked: string[] = [];
  const again = await diamond(engine(), worked).replay(failed.runId, { from: 'apart' });
  expect(again.status).toBe('done');
  expect(worked.sort()).toEqual(['apart', 'join', 'right']);

  const stopping = new AbortController();
  const cancelled = await diamond(engine(), [], { left: () => stopping.abort() }).kickoff({
    inputs,
    signal: stopping.signal,
    settle: true,
  });
  expect(cancelled.status).toBe('cancelled');
  const after: string[] = [];
  expect((await diamond(engine(), after).replay(cancelled.runId, { from: 'apart' })).status).toBe('done');
  expect(after).toContain('join');
  expect(after).not.toContain('top');
});

test('what was skipped stays skipped in a replay, unless what skipped it is worked again', async () => {
  const { engine } = store();
  const crewOf = (wants: boolean, worked: string[]) => {
    const asked = new Task({
      name: 'asked',
      when: () => {
        worked.push('asked?');
        return wants;
      },
      execute: () => 'yes',
    });
    const below = new Task({ name: 'below', context: [asked], execute: () => void worked.push('below') });
    const anyway = new Task({
      name: 'anyway',
      context: [optional(below)],
      execute: () => void worked.push('anyway'),
    });
    const other = new Task({ name: 'other', execute: () => void worked.push('other') });
    return new Crew({ name: 'may', process: 'parallel', tasks: [asked, below, anyway, other], engine: engine() });
  };
  const { runId } = await crewOf(false, []).kickoff();
  const same: string[] = [];
  const kept = await crewOf(true, same).replay(runId, { from: 'other', settle: true });
  expect(same).toEqual(['other']);
  expect(kept.tasks.below).toMatchObject({ status: 'skipped', skippedBecause: 'asked' });
  const anew: string[] = [];
  await crewOf(true, anew).replay(runId, { from: 'asked' });
  expect(anew).toEqual(['asked?', 'below', 'anyway']);
});

test('in a sequential crew, a task depends on those before it only where it reads them', async () => {
  const { engine } = store();
  const crewOf = (worked: string[]) => {
    const task = <Name extends string>(name: Name, context: readonly string[] | undefined) =>
      new Task({ name, ...(context && { context }), execute: () => void worked.push(name) });
    const tasks = [task('a', []), task('b', []), task('c', ['a']), task('d', undefined)] as const;
    return new Crew({ name: 'row', tasks, engine: engine() });
  };
  const { runId } = await crewOf([]).kickoff();
  const worked: string[] = [];
  await crewOf(worked).replay(runId, { from: 'b' });
  expect(worked).toEqual(['b', 'd']);
});

test('a replay calls no model for what it keeps, and counts only its own calls', async () => {
  const { engine } = store();
  const crewOf = (script: Parameters<typeof scriptedModel>[0]) => {
    const model = scriptedModel(script);
    const agent = new Agent({ role: 'Writer', goal: 'Write', backstory: 'Long', model });
    const text = { description: 'Do it', expectedOutput: 'Text', agent };
    const draft = new Task({ name: 'draft', ...text });
    const final = new Task({ name: 'final', ...text, context: [draft] });
    return { model, crew: new Crew({ name: 'news', agents: [agent], tasks: [draft, final], engine: engine() }) };
  };
  const { runId } = await crewOf(['One.', 'Two.']).crew.kickoff();
  const { crew, model } = crewOf(['Three.']);
  const again = await crew.replay(runId, { from: 'final' });
  expect(again.output).toBe('Three.');
  expect(model.calls.map(({ taskName }) => taskName)).toEqual(['final']);
  expect(again.usage.modelCalls).toBe(1);
  expect(again.tasks.draft).toMatchObject({ output: 'One.', usage: { modelCalls: 0 } });
  // And goes on itself where it was cut off.
  expect(await crewOf([]).crew.resume(again.runId)).toEqual(again);
});

test('a replay is refused by name: an unknown run or task, another crew, an engine that keeps nothing', async () => {
  const { engine } = store();
  const { runId } = await diamond(engine(), []).kickoff({ inputs });
  const crew: { replay(runId: string, options: object): Promise<unknown> } = diamond(engine(), []);
  expect(await failure(crew.replay(runId, { from: 'lefd' }))).toMatchObject({
    code: 'TASK_UNKNOWN',
    message: 'Crew "diamond" has no task "lefd" to replay from. Did you mean "left"?',
  });
  expect((await failure(crew.replay(`${runId}x`, { from: 'left' }))).code).toBe('RUN_UNKNOWN');
  expect((await failure(crew.replay(runId, {}))).code).toBe('OPTION_INVALID');
  expect((await failure(crew.replay(runId, { from: [] }))).message).toContain('from must be the name of a task');
  expect((await failure(crew.replay('', { from: 'left' }))).code).toBe('OPTION_INVALID');
  const other = new Crew({ name: 'other', tasks: [new Task({ name: 'left', execute: () => 1 })], engine: engine() });
  expect((await failure(other.replay(runId, { from: 'left' }))).message).toContain('is one of crew "diamond"');
  for (const attempt of [
    diamond(inMemory(), []).replay(runId, { from: 'left' }),
    diamond(inMemory(), []).kickoff({ inputs, reuse: runId }),
  ]) {
    expect((await failure(attempt)).code).toBe('ENGINE_NOT_DURABLE');
  }
});

test('a kickoff that reuses a run works only what would come out otherwise', async () => {
  const { engine } = store();
  const first = await diamond(engine(), []).kickoff({ inputs });
  const same: string[] = [];
  const again = await diamond(engine(), same).kickoff({ inputs, reuse: first.runId });
  expect(same).toEqual([]);
  expect(again).toMatchObject({ status: 'done', output: 'apart', usage: { modelCalls: 0 } });
  expect(Object.values(again.tasks).map(({ reusedFrom }) => reusedFrom)).toEqual(Array(5).fill(first.runId));

  // Another input: code may look at all of them.
  const all: string[] = [];
  const coffee = await diamond(engine(), all).kickoff({ inputs: { topic: 'coffee' }, reuse: first.runId });
  expect(all.sort()).toEqual(['apart', 'join', 'left', 'right', 'top']);

  // What took no time tells nothing of how long it takes.
  expect((await engine().learnt?.('diamond'))?.runs).toBe(2);

  // A chain of reuse says where the work was done.
  const third = await diamond(engine(), []).kickoff({ inputs, reuse: again.runId });
  expect(third.tasks.top.reusedFrom).toBe(first.runId);
  expect(coffee.tasks.top.reusedFrom).toBe(null);
});

/** Two agents and three texts; `final` reads `draft`, `note` reads nothing and names one input. */
function newsroom(engine: Engine, changes: { readonly [what: string]: string } = {}) {
  const script = ['draft', 'final', 'note'].map((name) => [name, [changes[name] ?? `${name}.`]] as const);
  const model = scriptedModel(Object.fromEntries(script));
  const tools = [
    tool({ name: 'look', description: 'Looks', input: { type: 'object' }, execute: () => 1, effect: 'read' }),
  ];
  const common = { goal: 'Write', backstory: 'Long', model };
  const ann = new Agent({ role: 'Ann', ...common, goal: changes['goal'] ?? 'Write' });
  const bob = new Agent({ role: 'Bob', ...common, tools: changes['tools'] === undefined ? [] : tools });
  const draft = new Task({
    name: 'draft',
    description: changes['description'] ?? 'Write of {{topic}}',
    expectedOutput: 'Text',
    agent: ann,
    version: changes['version'] ?? '1',
  });
  const final = new Task({
    name: 'final',
    description: 'Again',
    expectedOutput: 'Text',
    agent: bob,
    context: [draft],
  });
  const note = new Task({ name: 'note', description: 'Of {{inputs.place}}', expectedOutput: 'Text', agent: bob });
  const crew = new Crew({
    name: 'news',
    process: 'parallel',
    agents: [ann, bob],
    tasks: [draft, final, note],
    engine,
    ...(changes['prompt'] !== undefined && { prompts: { 'left-out': changes['prompt'] } }),
  });
  const called = () => [...new Set(model.calls.map(({ taskName }) => taskName))].sort().join(' ');
  return { crew, called };
}

test.each([
  ['nothing', {}, {}, ''],
  ['an input that one template names', {}, { topic: 'coffee' }, 'draft'],
  ['an input that another names', {}, { place: 'Rome' }, 'note'],
  ['an input that nobody names', {}, { more: 'x' }, ''],
  ['a description', { description: 'Write it of {{topic}}' }, {}, 'draft'],
  ['an agent', { goal: 'Write well' }, {}, 'draft'],
  ['an agent’s tools', { tools: 'look' }, {}, 'final note'],
  ['a version', { version: '2' }, {}, 'draft'],
  ['a description whose answer is another', { description: 'Of {{topic}}', draft: 'other' }, {}, 'draft final'],
  ['a prompt template of the crew', { prompt: '{{count}} left out' }, {}, 'draft final note'],
] as const)('reuse after a change of %s works what that touches', async (_, changes, others, called) => {
  const { engine } = store();
  const given = { topic: 'tea', place: 'Oslo' };
  const first = await newsroom(engine()).crew.kickoff({ inputs: given });
  const { crew, called: calls } = newsroom(engine(), changes);
  const again = await crew.kickoff({ inputs: { ...given, ...others }, reuse: first.runId });
  expect(calls()).toBe(called);
  expect(again.status).toBe('done');
  expect(again.usage.modelCalls).toBe(called === '' ? 0 : called.split(' ').length);
});

test('what failed, was skipped or was cut off is not reused; a tool that acted is not called again', async () => {
  const { engine } = store();
  const paid: string[] = [];
  const crewOf = (fails: boolean, worked: string[]) => {
    const model = scriptedModel([{ toolCalls: [{ name: 'pay', arguments: {} }] }, 'Paid.']);
    const pay = tool({ name: 'pay', description: 'Pays', input: { type: 'object' }, execute: () => paid.push('x') });
    const clerk = new Agent({ role: 'Clerk', goal: 'Pay', backstory: 'Long', model, tools: [pay] });
    const bill = new Task({ name: 'bill', description: 'Pay', expectedOutput: 'Text', agent: clerk });
    const shaky = new Task({
      name: 'shaky',
      onFailure: { fallback: 'none' },
      execute: () => {
        worked.push('shaky');
        if (fails) throw new Error('no');
        return 'fine';
      },
    });
    const never = new Task({
      name: 'never',
      when: () => {
        worked.push('never?');
        return false;
      },
      execute: () => 1,
    });
    return new Crew({
      name: 'office',
      process: 'parallel',
      agents: [clerk],
      tasks: [bill, shaky, never],
      engine: engine(),
    });
  };
  const first = await crewOf(true, []).kickoff({ settle: true });
  expect(first.tasks.shaky).toMatchObject({ status: 'done', output: 'none' });
  const worked: string[] = [];
  const again = await crewOf(false, worked).kickoff({ reuse: first.runId, settle: true });
  expect(worked.sort()).toEqual(['never?', 'shaky']);
  expect(again.tasks.bill).toMatchObject({ reusedFrom: first.runId, acted: true });
  expect(again.tasks.shaky.output).toBe('fine');
  expect(paid).toEqual(['x']);
});

test('a run that reuses another goes on reusing it when it is resumed, as long as that is there', async () => {
  const { engine, file } = store();
  const first = await diamond(engine(), []).kickoff({ inputs });
  const cutOff = () =>
    diamond(engine(), []).kickoff({ inputs, reuse: first.runId, signal: AbortSignal.abort(), settle: true });
  const [one, two] = [await cutOff(), await cutOff()];
  expect(one.status).toBe('cancelled');
  const worked: string[] = [];
  const resumed = await diamond(engine(), worked).resume(one.runId);
  expect(worked).toEqual([]);
  expect(resumed.tasks.top.reusedFrom).toBe(first.runId);

  const db = await openDatabase(file);
  for (const table of ['runs', 'records']) db.exec(`DELETE FROM ${table} WHERE run_id = '${first.runId}'`);
  db.close();
  const alone: string[] = [];
  expect((await diamond(engine(), alone).resume(two.runId)).status).toBe('done');
  expect(alone).toHaveLength(5);
});
