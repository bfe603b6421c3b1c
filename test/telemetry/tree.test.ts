import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { drawTree } from '../../src/telemetry/tree.ts';
import { emptyTree, type TreeState } from '../../src/telemetry/tree-state.ts';
import { textWidth } from '../../src/telemetry/width.ts';
import { RUNS } from '../sizes.ts';
import { BUSY_TASKS, tellBusyRun, teller, tokens } from './events.ts';

function busy(): TreeState {
  const state = emptyTree(BUSY_TASKS);
  tellBusyRun(state);
  return state;
}

function draw(state: TreeState, width: number, height: number): string {
  return `\n${drawTree(state, { width, height, now: 4200 }).join('\n')}\n`;
}

test('a wide terminal shows everything', () => {
  expect(draw(busy(), 100, 24)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ✓ inventory     Archivist           1.2s    2.1k
    ⠹ dependencies  Package analyst     3.2s          listing files +1
    ⠹ tests         Tester              3.2s          writing …run in under twenty seconds on two cores
    ⠹ architecture  Architect           3.2s          waiting for Reader
    ⠹ ├ Reader                          1.7s          writing The engine
    ✓ └ Critic                          0.5s     120  What is wrong?
    ✗ risks         Auditor             2.0s          TIMEOUT: the model did not answer
    – advice        Auditor                           skipped because of risks
    ○ brief         Writer

    ━━━━━━━━━━──────────────  1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s · 2.1k tokens
    "
  `);
});

test('a terminal of 64 columns leaves out the agents', () => {
  expect(draw(busy(), 64, 24)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ✓ inventory        1.2s    2.1k
    ⠹ dependencies     3.2s          listing files +1
    ⠹ tests            3.2s          writing …y seconds on two cores
    ⠹ architecture     3.2s          waiting for Reader
    ⠹ ├ Reader         1.7s          writing The engine
    ✓ └ Critic         0.5s     120  What is wrong?
    ✗ risks            2.0s          TIMEOUT: the model did not ans…
    – advice                         skipped because of risks
    ○ brief

    ▸ 1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s
    "
  `);
});

test('a terminal of 40 columns leaves out the tokens too', () => {
  expect(draw(busy(), 40, 24)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ✓ inventory        1.2s
    ⠹ dependencies     3.2s  listing fil… +1
    ⠹ tests            3.2s  writing …cores
    ⠹ architecture     3.2s  waiting for Re…
    ⠹ ├ Reader         1.7s  writing …engine
    ✓ └ Critic         0.5s  What is wrong?
    ✗ risks            2.0s  TIMEOUT: the m…
    – advice                 skipped becaus…
    ○ brief

    ▸ 1 of 7 done · 1 failed · 3 running
    "
  `);
});

test('with fewer rows, work that is over leaves first, then all delegated work', () => {
  expect(draw(busy(), 100, 12)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ✓ inventory     Archivist           1.2s    2.1k
    ⠹ dependencies  Package analyst     3.2s          listing files +1
    ⠹ tests         Tester              3.2s          writing …run in under twenty seconds on two cores
    ⠹ architecture  Architect           3.2s          waiting for Reader
    ⠹ └ Reader                          1.7s          writing The engine
    ✗ risks         Auditor             2.0s          TIMEOUT: the model did not answer
    – advice        Auditor                           skipped because of risks
    ○ brief         Writer

    ━━━━━━━━━━──────────────  1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s · 2.1k tokens
    "
  `);
  expect(draw(busy(), 100, 11)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ✓ inventory     Archivist           1.2s    2.1k
    ⠹ dependencies  Package analyst     3.2s          listing files +1
    ⠹ tests         Tester              3.2s          writing …run in under twenty seconds on two cores
    ⠹ architecture  Architect           3.2s          waiting for Reader
    ✗ risks         Auditor             2.0s          TIMEOUT: the model did not answer
    – advice        Auditor                           skipped because of risks
    ○ brief         Writer

    ━━━━━━━━━━──────────────  1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s · 2.1k tokens
    "
  `);
});

test('with more tasks than rows, those at work are shown and the rest is counted', () => {
  expect(draw(busy(), 100, 9)).toMatchInlineSnapshot(`
    "
    repo-brief  parallel

    ⠹ dependencies  Package analyst     3.2s          listing files +1
    ⠹ tests         Tester              3.2s          writing …run in under twenty seconds on two cores
    ⠹ architecture  Architect           3.2s          waiting for Reader
    ✗ risks         Auditor             2.0s          TIMEOUT: the model did not answer
    … 3 more: 1 waiting, 1 done, 1 skipped

    ━━━━━━━━━━──────────────  1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s · 2.1k tokens
    "
  `);
});

test('on a terminal of three rows, one task and the summary are left', () => {
  expect(draw(busy(), 100, 3)).toMatchInlineSnapshot(`
    "
    ⠹ dependencies  Package analyst     3.2s          listing files +1
    … 6 more: 2 running, 1 failed, 1 waiting, 1 done, 1 skipped
    ━━━━━━━━━━──────────────  1 of 7 done · 1 failed · 3 running · 1 skipped · 3.2s · 2.1k tokens
    "
  `);
});

test('the end says how it ended', () => {
  const state = emptyTree([{ name: 'only', agent: 'Writer' }]);
  const tell = teller(state);
  tell('run.start', { crew: 'small', process: 'sequential', inputs: {}, tasks: 1 });
  tell('task.start', { taskName: 'only', agent: 'Writer', attempt: 1 });
  tell(
    'task.end',
    { taskName: 'only', attempt: 1, status: 'done', durationMs: 3000, usage: tokens(500), output: 'x' },
    3000,
  );
  tell('run.end', { status: 'done', durationMs: 3100, usage: tokens(500) }, 3100);
  expect(draw(state, 60, 24)).toMatchInlineSnapshot(`
    "
    small  sequential

    ✓ only     3.0s     500

    ✓ 1 of 1 done · 3.1s · 500 tokens
    "
  `);
});

test('what had ended before says so, and took no time', () => {
  const state = emptyTree(['old', 'mine', 'new'].map((name) => ({ name })));
  const tell = teller(state);
  tell('run.start', { crew: 'small', process: 'parallel', inputs: {}, tasks: 3 });
  tell('task.reused', { taskName: 'old', status: 'done', from: 'run_0', output: 1 });
  tell('task.reused', {
    taskName: 'mine',
    status: 'failed',
    from: 'run_1',
    error: { code: 'TIMEOUT', message: 'late' },
  });
  expect(draw(state, 60, 24)).toMatchInlineSnapshot(`
    "
    small  parallel

    ✓ old                    reused from run_0
    ✗ mine                   before: TIMEOUT: late
    ○ new

    ━━━━━━━━━━━━━━━━────────  1 of 3 done · 1 failed · 3.2s
    "
  `);
});

test('before anything has happened there is a tree too', () => {
  expect(draw(emptyTree(BUSY_TASKS.slice(0, 2)), 60, 24)).toMatchInlineSnapshot(`
    "


    ○ inventory
    ○ dependencies

    ────────────────────────  0 of 2 done · 0ms
    "
  `);
});

test('whatever the size, nothing is wider or higher than the terminal', () => {
  const state = busy();
  const plain = { width: 100, height: 24, now: 4200 };
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40 }), (width, height) => {
      const lines = drawTree(state, { ...plain, width, height });
      expect(lines.length).toBeLessThanOrEqual(Math.max(1, height));
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
    }),
    { numRuns: RUNS },
  );
});

test('colours change how lines look, and not what they say', () => {
  const size = { width: 100, height: 24, now: 4200 };
  const coloured = drawTree(busy(), { ...size, colours: picocolors.createColors(true) });
  const stripped = coloured.map((line) => stripVTControlCharacters(line));
  expect(coloured.join('')).toContain('\u001b[');
  expect(stripped).toEqual(drawTree(busy(), size));
});

test('ten thousand tasks are drawn in as many rows as there are', () => {
  const state = emptyTree(Array.from({ length: 10_000 }, (_, index) => ({ name: `task-${index}` })));
  const lines = drawTree(state, { width: 80, height: 20, now: 0 });
  expect(lines).toHaveLength(20);
  expect(lines.at(-3)).toBe('… 9985 more: 9985 waiting');
});

test('what keeps tasks from going on is said, and what the run has cost', () => {
  const state = emptyTree(['research', 'check', 'file', 'write', 'print'].map((name) => ({ name, agent: 'Ann' })));
  const tell = teller(state);
  const at = (taskName: string) => ({ taskName, agent: 'Ann', turn: 1, callId: `${taskName}/1`, model: 'gpt-5-mini' });
  tell('run.start', { crew: 'newsroom', process: 'parallel', inputs: {}, tasks: 5 });
  for (const taskName of ['research', 'check', 'file', 'write'])
    tell('task.start', { taskName, agent: 'Ann', attempt: 1 });
  tell('limit.wait', { ...at('research'), reason: 'concurrency' });
  const error = { code: 'RATE_LIMITED', message: 'slow down' };
  tell('model.retry', { ...at('check'), attempt: 1, delayMs: 2100, error }, 3200);
  tell('review.requested', {
    kind: 'tool',
    ...at('file'),
    callId: 'file/1',
    tool: 'write_file',
    arguments: '{"path":"a.md"}',
    risk: 'write',
  });
  tell('model.end', { ...at('write'), attempt: 1, durationMs: 9, usage: { ...tokens(2000), costUsd: 0.0123 } });
  const spent = { code: 'BUDGET_EXCEEDED', message: 'The run has used up its budget.' };
  tell('task.end', {
    taskName: 'write',
    attempt: 1,
    status: 'cancelled',
    durationMs: 9,
    usage: tokens(2000),
    error: spent,
  });
  const stopped = { code: 'CANCELLED', message: 'The run was cancelled.' };
  tell('task.end', {
    taskName: 'print',
    attempt: 1,
    status: 'cancelled',
    durationMs: 9,
    usage: tokens(0),
    error: stopped,
  });
  expect(draw(state, 90, 24)).toMatchInlineSnapshot(`
    "
    newsroom  parallel

    ⠹ research  Ann     3.2s          waits for gpt-5-mini: all its places are taken
    ⠹ check     Ann     3.2s          again in 2.1s: RATE_LIMITED
    ⠹ file      Ann     3.2s          asks to call write_file a.md
    ■ write     Ann      9ms    2.0k  BUDGET_EXCEEDED: The run has used up its budget.
    ■ print     Ann      9ms          cancelled

    ▸ 0 of 5 done · 3 running · 2 cancelled · 3.2s · 2.0k tokens · $0.0123
    "
  `);
  tell('run.end', { status: 'paused', durationMs: 3200, usage: { ...tokens(2000), costUsd: 0.0123 }, error: spent });
  expect(draw(state, 90, 24).trim().split('\n').at(-1)).toMatchInlineSnapshot(
    `"‖ 0 of 5 done · 3 running · 2 cancelled · 3.2s · 2.0k tokens · $0.0123"`,
  );
});
