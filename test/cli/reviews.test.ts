import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { answer } from '../../src/cli/answer.ts';
import { Output } from '../../src/cli/output.ts';
import { plan } from '../../src/cli/plan.ts';
import { exitCodeOf } from '../../src/cli/report.ts';
import { reviews } from '../../src/cli/reviews.ts';
import { run } from '../../src/cli/run.ts';
import { openDatabase } from '../../src/engines/sqlite/driver.ts';
import { Store } from '../../src/engines/sqlite/store.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';
import { callerIn } from './call.ts';
import { cli, ended, folderWith, says, startCli } from './cli.ts';

/** A letter that a person has to see, and what is made of it. */
const POST = `
import { Crew, Task } from 'crewline';

const letter = new Task({
  name: 'letter',
  execute: ({ feedback }) => (feedback === undefined ? 'Dear all' : 'Dear Ann'),
  humanReview: { question: 'May this go out?' },
});
const send = new Task({ name: 'send', context: [letter], execute: ({ context }) => 'sent: ' + context.letter });
export default new Crew({ name: 'post', tasks: [letter, send] });
`;

/** The words of the commands that a text gives, those after \`crewline\`. */
function commandsIn(text: string, name: string): string[][] {
  return [...text.matchAll(new RegExp(`crewline (${name} .*)`, 'g'))].map(([, words = '']) => words.split(' '));
}

test.concurrent('where nobody is there a run pauses, says how it is answered, and goes on by that', async () => {
  const cwd = folderWith({ 'post.mjs': POST });
  const paused = await cli(['run', './post.mjs'], { cwd });
  expect(paused.code).toBe(3);
  expect(paused.stderr).toMatch(
    /To answer what letter asks:\n {2}crewline answer run_\S+ letter --approve\n {2}or, instead of --approve: --edit '<text>' or --send-back '<reason>'\n/,
  );
  expect(paused.stderr).toMatch(/letter {2}paused in \S+: waits for a person\n/);
  expect(paused.stderr).toContain('■ letter waits for a person\n');
  expect(paused.stderr).not.toMatch(/REVIEW_PENDING|crew\.answer/);
  // What is to be filled in stands in no command that could be pasted.
  const [approve = [], ...others] = commandsIn(paused.stderr, 'answer');
  expect(others).toEqual([]);
  const question = approve.slice(0, -1);
  const [resume = []] = commandsIn(paused.stderr, 'resume');

  const listed = await cli(['reviews'], { cwd });
  expect(listed.stdout).toMatch(
    /^letter {2}May this go out\? {2}post · \S+ \S+Z\n {2}Dear all\n {2}crewline answer run_/,
  );
  const back = await cli([...question, '--send-back', 'To Ann only.'], { cwd });
  expect(back).toMatchObject({
    code: 0,
    stderr: `Answered. Who works the run goes on; if nobody does: crewline ${resume.join(' ')}\n`,
  });
  // The first answer counts, whatever is said later.
  const late = await cli(approve, { cwd });
  expect(late.code).toBe(2);
  expect(late.stderr).toContain('REVIEW_ANSWERED');

  expect((await cli(resume, { cwd })).code).toBe(3);
  writeFileSync(join(cwd, 'letter.txt'), 'Dear Bob');
  expect((await cli([...question, '--edit', '@letter.txt'], { cwd })).code).toBe(0);
  expect(await cli(resume, { cwd })).toMatchObject({ code: 0, stdout: 'sent: Dear Bob\n' });
  expect(await cli(['reviews'], { cwd })).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'Nothing waits for a person.\n',
  });
});

test.concurrent('a run that nobody could ever answer is refused, and says what would do', async () => {
  const cwd = folderWith({ 'post.mjs': POST });
  const refused = await cli(['run', './post.mjs', '--engine', 'memory'], { cwd });
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('REVIEW_UNANSWERABLE');
  expect(refused.stderr).toContain('--engine sqlite');
});

test.concurrent('a run under way goes on when it is answered from another process', async () => {
  const cwd = folderWith({ 'post.mjs': POST, 'hold.mjs': HOLD });
  mkdirSync(join(cwd, '.crewline'));
  const child = startCli(['run', './hold.mjs'], { cwd });
  const end = ended(child);
  await says(child, 'asked run_');
  const listed = await cli(['reviews', '--json', '--engine', 'sqlite:own.db'], { cwd });
  const [{ runId, id }] = JSON.parse(listed.stdout);
  expect(id).toBe('letter/review.1');
  const said = await cli(['answer', runId, 'letter', './hold.mjs', '--edit', 'Dear Eve'], { cwd });
  expect(said.code).toBe(0);
  expect(await end).toMatchObject({ code: 0 });
  expect(readFileSync(join(cwd, 'out.txt'), 'utf8')).toBe('Dear Eve');
});

/** A program that holds its run, and waits for whoever answers. Loaded as a crew, it is one. */
const HOLD = `
import { writeFileSync } from 'node:fs';
import { Crew, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';

const letter = new Task({ name: 'letter', execute: () => 'Dear all', humanReview: true });
const inner = new Crew({ name: 'inner', tasks: [letter], engine: sqlite({ file: 'own.db', synchronous: 'normal' }) });
export default inner;
if (process.argv.includes('run')) {
  const run = inner.start();
  run.on('review.requested', () => console.error('asked ' + run.runId));
  writeFileSync('out.txt', (await run.result).output);
  process.exit(0);
}
`;

test.concurrent('an answer is one answer, of a kind that the task takes; a damaged run hides no other', async () => {
  const cwd = folderWith({ 'post.mjs': POST });
  const paused = await cli(['run', './post.mjs'], { cwd });
  const [[, runId = ''] = []] = commandsIn(paused.stderr, 'answer');
  const shown = Object.assign(new PassThrough(), { isTTY: false });
  let seen = '';
  shown.on('data', (text) => {
    seen += String(text);
  });
  const output = Reflect.construct(Output, [shown]);
  const streams = { stdin: process.stdin, stdout: output, stderr: output };
  const session = { ...streams, colours: { stdout: NO_COLOURS, stderr: NO_COLOURS }, env: {}, cwd, debug: false };
  for (const [words, says] of [
    [[runId, 'letter'], 'Give one of --approve, --edit and --send-back.'],
    [[runId, 'letter', '--approve', '--edit', '1'], 'Give one of'],
    [[runId, 'letter', '--edit', '@nowhere.txt'], 'cannot be read'],
    [[runId, 'lettre', '--approve'], 'Did you mean letter?'],
    [['run_x', 'letter', '--approve'], 'has no run run_x'],
  ] as const) {
    const thrown = await answer.work(words, session).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message: expect.stringContaining(says) });
    expect(exitCodeOf(thrown)).toBe(2);
  }
  const file = join(cwd, '.crewline/runs.db');
  const store = await Store.open(file, { now: Date.now });
  const lease = store.admit({ runId: 'run_hurt', crew: 'post', definition: '{}', inputs: {}, at: 1 });
  const asked = { taskName: 'letter', about: { kind: 'output', raw: 'x' }, askedAt: 1, asking: 'one' };
  await lease.append({ kind: 'note', key: 'letter/review.1', name: 'asked', value: asked });
  await lease.release();
  await store.close();
  const db = await openDatabase(file);
  db.exec("UPDATE records SET value = 'x' WHERE run_id = 'run_hurt'");
  db.close();
  expect(await reviews.work([], session)).toBe(0);
  expect(seen).toContain('run_hurt, row 2');
  expect(seen).toContain(`crewline answer ${runId} letter --approve`);
});

/** What a person has to see: a text and an object. */
const MANY = `
import { Crew, Task } from 'crewline';

const text = new Task({ name: 'text', execute: () => 'Dear all', humanReview: true });
const json = new Task({ name: 'json', execute: () => ({ to: 'all' }), humanReview: true });
export default new Crew({ name: 'many', tasks: [text, json], process: 'parallel' });
`;

test('what is answered already is not asked for another answer; the same once more does no harm', async () => {
  const call = callerIn(folderWith({ 'many.mjs': MANY }));
  const [[, runId = ''] = []] = commandsIn((await call(run, './many.mjs')).seen, 'answer');
  expect((await call(reviews)).stdout).toContain("json --approve\n  or, instead of --approve: --edit '<json>' or");
  const edit = async (task: string, written: string) => call(answer, runId, task, '--edit', written);
  expect((await edit('json', 'no JSON')).thrown).toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('--edit must be JSON'),
  });
  for (const [task, first, other] of [
    ['text', 'Dear Ann', 'Dear Bob'],
    ['json', '{ "to": "ann" }', '{ "to": "bob" }'],
    ['json', '{ "to": "ann" }', 'no JSON'],
  ] as const) {
    expect(await edit(task, first)).toMatchObject({ code: 0 });
    expect(await edit(task, first)).toMatchObject({ code: 0 });
    expect((await edit(task, other)).thrown).toMatchObject({ code: 'REVIEW_ANSWERED' });
  }
  expect((await edit('texts', 'Dear Bob')).thrown).toMatchObject({ code: 'REVIEW_UNKNOWN' });
});

test('a plan after a run that has paused says of how many tasks nothing is known yet', async () => {
  const folder = folderWith({
    'post.mjs': POST.replace('tasks: [letter, send]', 'tasks: [count, letter, send, file]').replace('export', MORE),
  });
  const call = callerIn(folder);
  expect((await call(run, './post.mjs')).code).toBe(3);
  expect((await call(plan, './post.mjs')).stdout).toMatch(
    /^expected +about \d+ ms, of which 3 tasks are a guess, by the last run$/m,
  );
});

const MORE = `const count = new Task({ name: 'count', execute: () => 1 });
const file = new Task({ name: 'file', context: [send], execute: () => 1 });
export`;
