import { expect, test } from 'vitest';
import { terminalApprover } from '../../src/cli/approver.ts';
import type { ApprovalRequest } from '../../src/spec/approval.ts';
import { typedTerminal } from './typed-terminal.ts';

/** A terminal on which somebody agrees to tool calls. */
function terminal(options: { readonly isTTY?: boolean } = {}) {
  const screen = typedTerminal(options);
  const { desk, session, redact } = screen;
  return {
    type: screen.typeLine,
    hangUp: screen.hangUp,
    approve: desk && terminalApprover({ desk, session, redact }),
    asked: (times = 1) => screen.asked('[y/N, or why not] ', times),
    get seen() {
      return screen.seen;
    },
    get holds() {
      return screen.holds;
    },
  };
}

const request = (changes: Partial<ApprovalRequest> = {}): ApprovalRequest => ({
  tool: 'write_file',
  input: { path: 'a.md', text: 'hi' },
  risk: 'write',
  runId: 'run_1',
  taskName: 'report',
  agent: 'Writer',
  key: 'k',
  signal: new AbortController().signal,
  ...changes,
});

test('the question shows the tool, its arguments, and what it could do; y is a yes', async () => {
  const desk = terminal();
  const answer = desk.approve?.(request());
  await desk.asked();
  expect(desk.seen).toBe(
    '\n? risk: write · task report · agent Writer\n{\n  "path": "a.md",\n  "text": "hi"\n}\nMay it call write_file with these arguments? [y/N, or why not] ',
  );
  expect(desk.holds).toBe(1);
  desk.type('y');
  expect(await answer).toBe(true);
  expect(desk.holds).toBe(0);
});

test.each([
  ['Yes', true],
  ['', false],
  ['n', false],
  ['NO', false],
  ['yes please', { refuse: 'yes please' }],
  ['use another folder', { refuse: 'use another folder' }],
])('%j is answered with %j', async (line, answer) => {
  const desk = terminal();
  const given = desk.approve?.(request());
  await desk.asked();
  desk.type(line);
  expect(await given).toEqual(answer);
});

test('what was typed before the question is no answer to it', async () => {
  const desk = terminal();
  desk.type('y');
  const answer = desk.approve?.(request());
  desk.type('y');
  await desk.asked();
  desk.type('n');
  expect(await answer).toBe(false);
});

test('two questions are asked one after the other', async () => {
  const desk = terminal();
  const first = desk.approve?.(request({ tool: 'one' }));
  const second = desk.approve?.(request({ tool: 'two' }));
  await desk.asked();
  expect(desk.seen).not.toContain('two');
  desk.type('y');
  await desk.asked(2);
  desk.type('n');
  expect(await Promise.all([first, second])).toEqual([true, false]);
});

test('a question that nobody waits for any more is a no, and so is one whose terminal is gone', async () => {
  const desk = terminal();
  const aborter = new AbortController();
  const unwanted = desk.approve?.(request({ signal: aborter.signal }));
  await desk.asked();
  aborter.abort();
  expect(await unwanted).toBe(false);
  expect(await desk.approve?.(request({ signal: aborter.signal }))).toBe(false);
  const late = desk.approve?.(request());
  await desk.asked(2);
  desk.hangUp();
  expect(await late).toBe(false);
  expect(await desk.approve?.(request())).toBe(false);
});

test('nothing that is asked can steer the terminal, hide, or show a secret', async () => {
  const desk = terminal();
  const evil = '\u001b[2K\u202eoff\u200b\u0007\u{e0041}';
  const answer = desk.approve?.(request({ tool: `rm${evil}`, agent: evil, input: { evil, key: 's3cret' } }));
  await desk.asked();
  expect(desk.seen).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  expect(desk.seen).toContain('\\u001b[2K\\u202eoff\\u200b\\u0007\\udb40\\udc41');
  expect(desk.seen).toContain('"key": "[secret]"');
  desk.type('n');
  await answer;
});

test('where input is no terminal nobody is there', () => {
  expect(terminal({ isTTY: false }).approve).toBeUndefined();
});
