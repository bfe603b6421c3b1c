import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { terminalReviewer } from '../../src/cli/reviewer.ts';
import type { ReviewRequest } from '../../src/spec/review.ts';
import { temporaryFolder } from '../temporary-folders.ts';
import { typedTerminal } from './typed-terminal.ts';

/** A terminal on which somebody looks at outputs. */
function terminal(env: Readonly<Record<string, string>> = {}) {
  const screen = typedTerminal({ env });
  const { desk, session, redact } = screen;
  if (desk === undefined) throw new Error('It is a terminal.');
  const asked = (what: string, times = 1) => screen.asked(what, times);
  return {
    review: terminalReviewer({ desk, session, redact }),
    asked,
    /** Types a line once it has been asked for so often. */
    async type(line: string, { after = 'goes back: ', times = 1 } = {}) {
      await asked(after, times);
      screen.typeLine(line);
    },
    hangUp: screen.hangUp,
    get seen() {
      return screen.seen;
    },
    get holds() {
      return screen.holds;
    },
  };
}

const request = (changes: Partial<ReviewRequest> = {}): ReviewRequest => ({
  id: 'letter/review.1',
  runId: 'run_1',
  taskName: 'letter',
  agent: 'Writer',
  question: 'May this go out?',
  output: 'Dear s3cret',
  raw: 'Dear s3cret',
  problem: undefined,
  signal: new AbortController().signal,
  ...changes,
});

test('the question shows the output, and whose it is; a lets it stand', async () => {
  const desk = terminal();
  const answer = desk.review(request());
  await desk.type('a');
  expect(await answer).toEqual({ approve: true });
  expect(desk.seen).toBe(
    '\n? task letter · agent Writer\nDear [secret]\nMay this go out? [a]pprove, [e]dit, or say why it goes back: ',
  );
});

test.each([
  ['y', { approve: true }],
  ['approve', { approve: true }],
  ['too long, and no date', { sendBack: 'too long, and no date' }],
])('%j is an answer', async (line, expected) => {
  const { review, type } = terminal();
  const answer = review(request());
  await type(line);
  expect(await answer).toEqual(expected);
});

test('a bare no says no reason, and is asked again', async () => {
  const desk = terminal();
  const answer = desk.review(request());
  await desk.type('no');
  await desk.type('say when', { times: 2 });
  expect(await answer).toEqual({ sendBack: 'say when' });
  expect(desk.seen).toContain('Say why, in a few words.');
  expect(desk.seen.split('Dear [secret]')).toHaveLength(2);
  expect(desk.holds).toBe(0);
});

test('without an editor an edit is a line: text as it is, anything else as JSON', async () => {
  const text = terminal();
  const answer = text.review(request());
  await text.type('e');
  await text.type('Dear Ann', { after: 'on one line: ' });
  expect(await answer).toEqual({ edit: 'Dear Ann' });

  const list = terminal();
  const answered = list.review(request({ output: ['a'], raw: '["a"]', problem: 'too few' }));
  await list.type('edit');
  await list.type('no JSON', { after: 'on one line: ' });
  await list.type('e', { times: 2 });
  await list.type('["a","b"]', { after: 'on one line: ', times: 2 });
  expect(await answered).toEqual({ edit: ['a', 'b'] });
  expect(list.seen).toContain('✗ too few');
  expect(list.seen).toContain('That is no JSON');
});

test('an editor is given the output, and what it leaves is the edit; one that changes nothing has edited nothing', async () => {
  const desk = terminal({ EDITOR: `sed -i.old -e s/Dear/Hello/` });
  const answer = desk.review(request({ output: 'Dear Ann', raw: 'Dear Ann' }));
  await desk.type('e');
  expect(await answer).toEqual({ edit: 'Hello Ann' });

  const idle = terminal({ VISUAL: 'true', EDITOR: 'false' });
  const stands = idle.review(request());
  await idle.type('e');
  await idle.type('a', { times: 2 });
  expect(await stands).toEqual({ approve: true });
  expect(idle.seen).toContain('Nothing was changed.');
});

/** As `ps` tells it: empty for a process that is not there. */
const stateOf = (pid: string) => spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim();

test('an editor is ended when somebody else has answered: it is gone, its file too, and the next question is asked', async () => {
  const folder = temporaryFolder('crewline-editor-');
  const note = join(folder, 'note');
  const script = join(folder, 'editor.sh');
  writeFileSync(script, `echo "$$ $1" > "${note}"\nwhile :; do sleep 0.1; done\n`);
  const desk = terminal({ EDITOR: `env LANG=C sh "${script}"` });
  const over = new AbortController();
  void desk.review(request({ signal: over.signal }));
  await desk.type('e');
  const [pid = '', file = ''] = await vi.waitFor(() => readFileSync(note, 'utf8').trim().split(' '), {
    timeout: 5_000,
  });
  expect(existsSync(file)).toBe(true);
  over.abort();
  await desk.asked('was answered elsewhere');
  // One that nobody has buried yet is gone, too.
  await vi.waitFor(() => expect(stateOf(pid)).toMatch(/^(Z.*)?$/), { timeout: 5_000 });
  expect(existsSync(dirname(file))).toBe(false);
  expect(desk.holds).toBe(0);
});

test('a question that somebody else has answered goes away and lets the next one ask; so does one whose terminal is gone', async () => {
  const desk = terminal();
  const over = new AbortController();
  const first = Promise.resolve(desk.review(request({ signal: over.signal })));
  let settled = false;
  void first.finally(() => {
    settled = true;
  });
  await desk.asked('goes back: ');
  const second = desk.review(request());
  over.abort();
  await desk.type('a', { times: 2 });
  expect(await second).toEqual({ approve: true });
  void desk.review(request());
  await desk.asked('goes back: ', 3);
  desk.hangUp();
  await vi.waitFor(() => expect(desk.holds).toBe(0));
  expect(settled).toBe(false);
});
