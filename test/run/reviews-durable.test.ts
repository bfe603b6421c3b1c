import { join } from 'node:path';
import { Crew, type Engine, Task, tool } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { type Script, scriptedModel } from 'crewline/testing';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/engines/sqlite/driver.ts';
import { agent, failure } from '../serve.ts';
import { temporaryFolder } from '../temporary-folders.ts';
import '../warm-up.ts';

const asked = { description: 'Do it.', expectedOutput: 'A line.' } as const;

/** A file of its own, and engines on it: each is what another process would have. */
function store(now?: () => number): { readonly file: string; engine(): Engine } {
  const file = join(temporaryFolder('crewline-reviews-'), 'runs.db');
  return { file, engine: () => sqlite({ file, synchronous: 'normal', ...(now && { runtime: timed(now) }) }) };
}

function timed(now: () => number) {
  return {
    now,
    monotonic: () => performance.now(),
    random: () => 0.5,
    uuid: () => crypto.randomUUID(),
    timer: (ms: number, fn: () => void) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** A draft that a person has to see, a branch that does not need it, and what is built on both. */
function newsroom(engine: Engine, script: Script) {
  const model = scriptedModel(script);
  const writer = agent('Writer', { model });
  const draft = new Task({ name: 'draft', ...asked, agent: writer, humanReview: true });
  const facts = new Task({ name: 'facts', execute: () => 'facts' });
  const print = new Task({
    name: 'print',
    execute: ({ context }) => `${context.draft} with ${context.facts}`,
    context: [draft, facts],
  });
  const crew = new Crew({ name: 'news', agents: [writer], tasks: [draft, facts, print], process: 'parallel', engine });
  return { model, crew };
}

test('a kickoff that nobody can answer pauses once all else is done, says how to answer, and goes on when resumed', async () => {
  const { engine } = store();
  const first = newsroom(engine(), ['A draft.']);
  const paused = await failure(first.crew.kickoff());
  expect(paused).toMatchObject({ code: 'REVIEW_PENDING', resumable: true, taskName: 'draft', agent: 'Writer' });
  const { runId = '' } = paused;
  expect(paused.message).toContain(`crew.answer('${runId}', 'draft', { approve: true })`);
  expect(paused.partial?.status).toBe('paused');
  expect(paused.partial?.tasks['facts']?.status).toBe('done');
  // Nobody has answered: it pauses again, and calls no model.
  const still = newsroom(engine(), []);
  expect((await failure(still.crew.resume(runId))).code).toBe('REVIEW_PENDING');
  expect(await still.crew.reviews(runId)).toMatchObject([
    { id: 'draft/review.1', output: 'A draft.', agent: 'Writer' },
  ]);
  await newsroom(engine(), []).crew.answer(runId, 'draft', { edit: 'My draft' });
  const last = newsroom(engine(), []);
  expect((await last.crew.resume(runId)).output).toBe('My draft with facts');
  expect(await last.crew.reviews(runId)).toEqual([]);
});

test('an answer from elsewhere is checked where it is given, counts once, and what was sent back goes on after a resume', async () => {
  const { engine } = store();
  const { runId = '' } = await failure(newsroom(engine(), ['A draft.']).crew.kickoff());
  const { crew } = newsroom(engine(), []);
  expect((await failure(crew.answer(runId, 'draft', { edit: Object(7) }))).code).toBe('OUTPUT_INVALID');
  expect((await failure(crew.answer(runId, 'print', { approve: true }))).message).toContain('answer to: draft.');
  expect((await failure(crew.answer('run_x', 'draft', { approve: true }))).code).toBe('RUN_UNKNOWN');
  await crew.answer(runId, 'draft', { sendBack: 'Again.' });
  await crew.answer(runId, 'draft', { sendBack: 'Again.' });
  const late = await failure(newsroom(engine(), []).crew.answer(runId, 'draft', { approve: true }));
  expect(late).toMatchObject({ code: 'REVIEW_ANSWERED', message: expect.stringContaining('{"sendBack":"Again."}') });
  const second = newsroom(engine(), ['Better.']);
  const again = await failure(second.crew.resume(runId));
  expect(again.code).toBe('REVIEW_PENDING');
  expect(second.model.calls[0]?.request.messages.at(-1)?.content).toContain('Again.');
  await crew.answer(runId, 'draft', { approve: true });
  expect((await newsroom(engine(), []).crew.resume(runId)).output).toBe('Better. with facts');
});

test('whoever works the run sees an answer from another process within a moment', async () => {
  const { engine } = store();
  const run = newsroom(engine(), ['A draft.']).crew.start();
  await new Promise<void>((resolve) => run.on('review.requested', () => resolve()));
  const before = performance.now();
  await newsroom(engine(), []).crew.answer(run.runId, 'draft', { approve: true });
  expect((await run.result).output).toBe('A draft. with facts');
  expect(performance.now() - before).toBeLessThan(2_000);
});

test('two who answer at once from two processes: one of them is told that the other was first', async () => {
  const { engine } = store();
  const run = newsroom(engine(), ['A draft.']).crew.start();
  await new Promise<void>((resolve) => run.on('review.requested', () => resolve()));
  const ends = await Promise.allSettled([
    run.answer('draft', { edit: 'Here' }),
    newsroom(engine(), []).crew.answer(run.runId, 'draft', { edit: 'There' }),
  ]);
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  const first = ends[0].status === 'fulfilled' ? 'Here' : 'There';
  expect((await run.result).output).toBe(`${first} with facts`);
});

test('the time that a review has goes on while nobody works the run, and then its own answer counts', async () => {
  let at = 1_000;
  const { engine } = store(() => at);
  const calls: number[] = [];
  const crewOn = (own: Engine) => {
    const slow = { timeoutMs: 86_400_000 };
    const count = new Task({ name: 'count', execute: () => calls.push(1), humanReview: slow });
    return new Crew({ name: 'desk', tasks: [count], engine: own });
  };
  const { runId = '' } = await failure(crewOn(engine()).kickoff());
  at += 86_399_999;
  expect((await failure(crewOn(engine()).resume(runId))).code).toBe('REVIEW_PENDING');
  at += 1;
  expect((await failure(crewOn(engine()).resume(runId))).code).toBe('REVIEW_TIMEOUT');
  // What a person is to see is not made again while they think; a task that has failed is worked anew, and asks anew.
  expect(calls).toHaveLength(1);
  expect((await failure(crewOn(engine()).resume(runId))).code).toBe('REVIEW_PENDING');
  await crewOn(engine()).answer(runId, 'count', { approve: true });
  expect((await crewOn(engine()).resume(runId)).output).toBe(2);
});

/** A clerk whose only tool needs a yes. */
function office(engine: Engine, script: Script) {
  const paid: unknown[] = [];
  const pay = tool({
    name: 'pay',
    description: 'Pays',
    input: { type: 'object' },
    approval: true,
    execute: (input) => {
      paid.push(input);
      return 'paid';
    },
  });
  const model = scriptedModel(script);
  const clerk = agent('Clerk', { model, tools: [pay] });
  const bill = new Task({ name: 'bill', ...asked, agent: clerk });
  const other = new Task({ name: 'other', execute: () => 'done' });
  const tasks = [bill, other] as const;
  return { paid, model, crew: new Crew({ name: 'office', agents: [clerk], tasks, process: 'parallel', engine }) };
}

const call = (to: string) => ({ toolCalls: [{ name: 'pay', arguments: { to } }] });

test('a tool call that needs a yes pauses the run, and is made once somebody has said so, by its id', async () => {
  const { engine } = store();
  const first = office(engine(), [call('Ann')]);
  const paused = await failure(first.crew.kickoff());
  expect(paused).toMatchObject({ code: 'REVIEW_PENDING', resumable: true, taskName: 'bill', agent: 'Clerk' });
  expect(paused.partial?.tasks['other']?.status).toBe('done');
  const { runId = '' } = paused;
  const { crew } = office(engine(), []);
  const [open] = await crew.reviews(runId);
  expect(open).toMatchObject({ kind: 'tool', tool: 'pay', arguments: '{"to":"Ann"}', id: 'bill/turn.1.tool.0' });
  expect(paused.message).toContain(`crew.answer('${runId}', 'bill/turn.1.tool.0', { approve: true })`);
  expect((await failure(crew.answer(runId, 'bill/turn.1.tool.0', { edit: 1 }))).code).toBe('OPTION_INVALID');
  await crew.answer(runId, 'bill/turn.1.tool.0', { approve: true });
  const last = office(engine(), ['Paid Ann.']);
  expect((await last.crew.resume(runId)).tasks.bill.output).toBe('Paid Ann.');
  expect([first.paid, last.paid]).toEqual([[], [{ to: 'Ann' }]]);
});

test('who has to see what is part of what a run was started with', async () => {
  const { engine } = store();
  const crewOn = (own: Engine, humanReview: true | { readonly question: string }) =>
    new Crew({ name: 'desk', tasks: [new Task({ name: 'a', execute: () => 'a', humanReview })], engine: own });
  const { runId = '' } = await failure(crewOn(engine(), true).kickoff());
  const changed = await failure(crewOn(engine(), { question: 'Is it so?' }).resume(runId));
  expect(changed).toMatchObject({ code: 'RUN_CHANGED', message: expect.stringContaining('task "a", humanReview was') });
  // What was asked about was another question: it is asked anew, and its answer is no answer to this one.
  await crewOn(engine(), true).answer(runId, 'a', { approve: true });
  const now = () => crewOn(engine(), { question: 'Is it so?' });
  expect((await failure(now().resume(runId, { acceptChanges: true }))).code).toBe('REVIEW_PENDING');
  await now().answer(runId, 'a', { approve: true });
  expect((await now().resume(runId, { acceptChanges: true })).output).toBe('a');
});

test('a run whose review nobody here gives pauses although it is held, and one that nobody has to wait for ends', async () => {
  const { engine } = store();
  const first = newsroom(engine(), ['A draft.']);
  const run = first.crew.start({ review: false });
  expect(await failure(run.result)).toMatchObject({ code: 'REVIEW_PENDING', resumable: true });
  // It is over here, and can be answered all the same.
  await run.answer('draft', { approve: true });
  expect((await newsroom(engine(), []).crew.resume(run.runId)).output).toBe('A draft. with facts');
  const done = newsroom(engine(), []).crew.reopen(run.runId);
  expect((await failure(done.answer('draft', { approve: true }))).message).toContain('was over before');
});

test('a run that waits for several answers names them all, and goes on by those that are there', async () => {
  const { engine } = store();
  const crewOn = (own: Engine) => {
    const tasks = ['a', 'b'].map((name) => new Task({ name, execute: () => name, humanReview: true }));
    return new Crew({ name: 'desk', tasks, process: 'parallel', engine: own });
  };
  const paused = await failure(crewOn(engine()).kickoff());
  const { runId = '' } = paused;
  expect(paused).toMatchObject({ code: 'REVIEW_PENDING', resumable: true });
  expect(paused.message).toMatch(/^2 tasks wait for a person:\n- Task "a" waits [^\n]*\n- Task "b" waits/);
  await crewOn(engine()).answer(runId, 'b', { approve: true });
  const left = await failure(crewOn(engine()).resume(runId));
  expect(left).toMatchObject({ code: 'REVIEW_PENDING', taskName: 'a' });
  expect(left.partial?.tasks['b']?.status).toBe('done');
});

test('one that is sent back is refused, and the model is told why; whoever holds the run can say so at once', async () => {
  const { engine } = store();
  const { crew, model, paid } = office(engine(), [call('Ann'), 'Not paid.']);
  const run = crew.start();
  run.on('review.requested', ({ callId }) => void run.answer(callId, { sendBack: 'Ann was paid.' }).catch(() => {}));
  expect((await run.result).tasks.bill.output).toBe('Not paid.');
  expect(model.calls[1]?.request.messages.at(-1)?.content).toContain('Ann was paid.');
  expect(paid).toEqual([]);
});

test('an answer that is not as it was written is refused by name', async () => {
  const { file, engine } = store();
  const { runId = '' } = await failure(newsroom(engine(), ['A draft.']).crew.kickoff());
  await newsroom(engine(), []).crew.answer(runId, 'draft', { edit: 'Mine' });
  const db = await openDatabase(file);
  db.exec(`UPDATE answers SET value = replace(value, 'Mine', 'Fine')`);
  db.close();
  const error = await failure(newsroom(engine(), []).crew.resume(runId));
  expect(error).toMatchObject({
    code: 'STORE_CORRUPT',
    message: expect.stringContaining('answer to "draft/review.1"'),
  });
});

test('a try that failed before the one that a person has seen is not made again, nor is that', async () => {
  const { engine } = store();
  let calls = 0;
  const task = new Task({
    name: 'draft',
    retry: { attempts: 2 },
    humanReview: true,
    execute: () => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return `draft ${calls}`;
    },
  });
  const crew = () => new Crew({ name: 'tries', tasks: [task], engine: engine() });
  const { runId } = await crew().kickoff({ settle: true });
  await crew().answer(runId, 'draft', { approve: true });
  const done = await crew().resume(runId);
  expect(done.output).toBe('draft 2');
  expect(done.tasks.draft.attempts).toBe(2);
  expect(calls).toBe(2);
});

test('a run that has failed waits for nobody: what was asked stays open, and is found when it is resumed', async () => {
  const { engine } = store();
  let isBroken = true;
  const draft = new Task({ name: 'draft', execute: () => 'A draft.', humanReview: true });
  const check = new Task({
    name: 'check',
    execute: () => {
      if (isBroken) throw new Error('broken');
      return 'checked';
    },
  });
  const crew = () => new Crew({ name: 'failing', tasks: [draft, check], process: 'parallel', engine: engine() });
  const failed = await crew().start({ settle: true }).result;
  expect(failed.status).toBe('failed');
  expect(failed.tasks.draft.error?.code).toBe('REVIEW_PENDING');
  expect(await crew().reviews(failed.runId)).toMatchObject([{ id: 'draft/review.1' }]);
  isBroken = false;
  const run = crew().reopen(failed.runId);
  await run.answer('draft', { approve: true });
  expect((await run.result).status).toBe('done');
});
