import { expect, test } from 'vitest';
import type { CrewEvent } from '../../src/events.ts';
import { jsonLine } from '../../src/telemetry/json-lines.ts';
import { plainLine } from '../../src/telemetry/plain.ts';
import { eventMaker, tokens } from './events.ts';

const make = eventMaker();
const at = { taskName: 'research', agent: 'Analyst', turn: 1, callId: 'research/1' };
const error = { code: 'TIMEOUT', message: 'no answer\nfor 60 s' };

const EVENTS: readonly CrewEvent[] = [
  make('run.start', { crew: 'newsroom', process: 'parallel', inputs: {}, tasks: 3 }),
  make('task.ready', { taskName: 'research' }),
  make('task.start', { taskName: 'research', agent: 'Analyst', attempt: 1 }, 10),
  make('task.start', { taskName: 'count', attempt: 2 }, 12),
  make('model.start', { ...at, model: 'm', attempt: 1 }, 15),
  make('model.delta', { attempt: 1, ...at, text: 'hello' }, 20),
  make('model.end', { attempt: 1, ...at, model: 'm', durationMs: 10, usage: tokens(5) }, 25),
  make('tool.start', { ...at, tool: 'read_file', arguments: '{"path":"\\u001b[2JREADME.md"}' }, 1200),
  make('tool.end', { ...at, tool: 'read_file', durationMs: 4, result: 'x' }, 1204),
  make('tool.end', { ...at, tool: 'read_file', durationMs: 4, result: 'x', error }, 1204),
  make('delegation.start', { ...at, kind: 'work', coworker: 'Writer', request: 'Write the lead' }, 2000),
  make('delegation.end', { ...at, kind: 'work', coworker: 'Writer', durationMs: 800, usage: tokens(1200) }, 2800),
  make('delegation.start', { ...at, kind: 'question', coworker: 'Writer', request: 'How long?' }, 2900),
  make('delegation.end', { ...at, kind: 'question', coworker: 'Writer', durationMs: 5, usage: tokens(0), error }, 2950),
  make('guardrail.end', { taskName: 'research', index: 0, passed: true, replaced: false }, 3000),
  make('guardrail.end', { taskName: 'research', index: 1, passed: false, replaced: false, reason: 'no sources' }, 3000),
  make(
    'task.end',
    { taskName: 'research', attempt: 1, status: 'done', durationMs: 61_000, usage: tokens(12_345), output: 1 },
    61_000,
  ),
  make('task.end', { taskName: 'count', attempt: 1, status: 'failed', durationMs: 5, usage: tokens(0), error }, 61_001),
  make('task.skipped', { taskName: 'write', because: 'count' }, 61_002),
  make('task.skipped', { taskName: 'extra', because: 'extra' }, 61_002),
  make('task.reused', { taskName: 'old', status: 'done', from: 'run_0', output: 1 }, 61_002),
  make('task.reused', { taskName: 'old', status: 'failed', from: 'run_1', error }, 61_002),
  make('log', { level: 'warn', message: 'careful', taskName: 'research' }, 61_003),
  make('log', { level: 'info', message: 'all is well' }, 61_003),
  make('events.dropped', { from: 4, to: 9 }, 61_003),
  make('run.end', { status: 'failed', durationMs: 61_004, usage: tokens(12_345), error }, 61_004),
];

test('what waits for a person has not failed, and is told in few words', () => {
  const pending = { code: 'REVIEW_PENDING', message: 'Answer with crew.answer().' };
  const ended = { status: 'cancelled', durationMs: 23, usage: tokens(0), error: pending } as const;
  const line = (event: CrewEvent) => plainLine(event, { startedAt: 1000, nameWidth: 6 })?.slice(9);
  expect(line(make('task.end', { taskName: 'letter', attempt: 1, ...ended }))).toBe(
    'letter  paused in 23ms: waits for a person',
  );
  expect(line(make('run.end', { ...ended, status: 'paused' }))).toBe('        paused in 23ms: waits for a person');
});

test('a run in a pipe reads as a log', () => {
  const lines = EVENTS.flatMap((event) => plainLine(event, { startedAt: 1000, nameWidth: 8 }) ?? []);
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
        0ms            newsroom parallel, 3 tasks
       10ms  research  started by Analyst
       12ms  count     started, attempt 2
       1.2s  research  Analyst calls read_file README.md
       1.2s  research  read_file failed: no answer for 60 s
       2.0s  research  Analyst delegates to Writer: Write the lead
       2.8s  research  Writer answered after 0.8s · 1.2k tokens
       2.9s  research  Analyst asks Writer: How long?
       2.9s  research  Writer failed: TIMEOUT: no answer for 60 s
       3.0s  research  answer not accepted: no sources
     1m 01s  research  done in 1m 01s · 12.3k tokens
     1m 01s  count     failed in 5ms: TIMEOUT: no answer …
     1m 01s  write     skipped because of count
     1m 01s  extra     skipped: its condition said no
     1m 01s  old       done, reused from run_0
     1m 01s  old       failed before: TIMEOUT: no answer …
     1m 01s  research  careful
     1m 01s            all is well
     1m 01s            events 4 to 9 were dropped
     1m 01s            failed in 1m 01s · 12.3k tokens: TIMEOUT: no answer …
    "
  `);
});

test('every event is one line of JSON that means the same', () => {
  const evil = '\u001b[31m\u009b31m\u2028\n"\ud800';
  const events = [...EVENTS, make('model.delta', { attempt: 1, ...at, text: evil })];
  for (const event of events) {
    const line = jsonLine(event);
    expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
    expect(JSON.parse(line)).toEqual(event);
  }
});

test('a task whose answer was written to a file says where', () => {
  const written = {
    taskName: 'brief',
    attempt: 1,
    status: 'done',
    durationMs: 9,
    usage: tokens(0),
    outputFile: 'out/brief.md',
  } as const;
  expect(plainLine(make('task.end', written), { startedAt: 0 })).toContain('done in 9ms → out/brief.md');
});

test('waits, retries, reviews and budgets are told in a pipe too', () => {
  const limited = { code: 'RATE_LIMITED', message: 'slow down' };
  const money = { ...tokens(5), costUsd: 0.0123 };
  const seen = { kind: 'output', taskName: 'research', callId: 'research/review.1' } as const;
  const events = [
    make('limit.wait', { ...at, model: 'm', reason: 'concurrency' }),
    make('limit.wait', { ...at, model: 'm', reason: 'pause' }),
    make('model.retry', { ...at, model: 'm', attempt: 1, delayMs: 2100, error: limited }),
    make('model.superseded', { ...at, model: 'm', attempt: 1 }),
    make('task.retry', { taskName: 'research', attempt: 1, delayMs: 0, error }),
    make('review.requested', {
      kind: 'tool',
      ...at,
      callId: 'research/turn.1.tool.0',
      tool: 'write_file',
      arguments: '{"path":"a.md"}',
      risk: 'write',
    }),
    make('review.answered', {
      kind: 'tool',
      ...at,
      callId: 'research/turn.1.tool.0',
      tool: 'write_file',
      approved: true,
    }),
    make('review.answered', {
      kind: 'tool',
      ...at,
      callId: 'research/turn.1.tool.0',
      tool: 'write_file',
      approved: false,
      reason: 'not today',
    }),
    make('review.requested', { ...seen, output: 'A draft.', raw: 'A draft.', question: 'Is it true?' }),
    make('review.answered', { ...seen, answer: 'approve', timedOut: false }),
    make('review.answered', { ...seen, answer: 'edit', timedOut: false }),
    make('review.answered', { ...seen, answer: 'sendBack', timedOut: false, reason: 'too long' }),
    make('review.answered', { ...seen, answer: 'approve', timedOut: true }),
    make('review.answered', { ...seen, answer: 'fail', timedOut: true }),
    make('budget.warning', { kind: 'costUsd', used: 0.4, limit: 0.5 }),
    make('budget.warning', { kind: 'tokens', used: 81_234, limit: 100_000, taskName: 'research' }),
    make('budget.warning', { kind: 'modelCalls', used: 4, limit: 5 }),
    make('budget.warning', { kind: 'wallMs', used: 48_000, limit: 60_000 }),
    make('task.end', {
      taskName: 'research',
      attempt: 1,
      status: 'cancelled',
      durationMs: 5,
      usage: money,
      error: limited,
    }),
    make('run.end', { status: 'partial', durationMs: 5, usage: money }),
    make('run.end', { status: 'paused', durationMs: 5, usage: money, error: limited }),
  ];
  const lines = events.flatMap((event) => plainLine(event, { startedAt: 1000, nameWidth: 8 }) ?? []);
  expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
    "
        0ms  research  Analyst waits for m: all its places are taken
        0ms  research  Analyst waits for m: its provider asked for a pause
        0ms  research  m is asked again in 2.1s: RATE_LIMITED: slow down
        0ms  research  attempt 1 failed: TIMEOUT: no answer for 60 s; again at once
        0ms  research  Analyst asks to call write_file a.md
        0ms  research  write_file was allowed
        0ms  research  write_file was refused: not today
        0ms  research  waits for a person: Is it true?
        0ms  research  a person approved the output
        0ms  research  a person edited the output
        0ms  research  a person sent the output back: too long
        0ms  research  nobody answered in time: it stands
        0ms  research  nobody answered in time: it fails
        0ms            money: 80 % of the budget is used ($0.40 of $0.50)
        0ms  research  tokens: 81 % of the budget is used (81.2k of 100.0k)
        0ms            model calls: 80 % of the budget is used (4 of 5)
        0ms            time: 80 % of the budget is used (48.0s of 1m 00s)
        0ms  research  cancelled in 5ms · 5 tokens: RATE_LIMITED: slow down
        0ms            partial in 5ms · 5 tokens · $0.0123
        0ms            paused in 5ms · 5 tokens · $0.0123: RATE_LIMITED: slow down
    "
  `);
});
