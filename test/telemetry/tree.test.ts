import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { drawTree } from '../../src/telemetry/tree.ts';
import { emptyTree, type TreeState } from '../../src/telemetry/tree-state.ts';
import { textWidth } from '../../src/telemetry/width.ts';
import { BUSY_TASKS, tellBusyRun, teller, tokens } from './events.ts';

const numRuns = Number(process.env['CREWLINE_RUNS'] ?? 2000);

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
  tell('task.end', { taskName: 'only', status: 'done', durationMs: 3000, usage: tokens(500), output: 'x' }, 3000);
  tell('run.end', { status: 'done', durationMs: 3100, usage: tokens(500) }, 3100);
  expect(draw(state, 60, 24)).toMatchInlineSnapshot(`
    "
    small  sequential

    ✓ only     3.0s     500

    ✓ 1 of 1 done · 3.1s · 500 tokens
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
    { numRuns },
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
