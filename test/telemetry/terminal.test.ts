import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { TerminalTree } from '../../src/telemetry/terminal.ts';
import { eventMaker, tokens } from './events.ts';
import { FakeScreen, heldRuntime } from './screen.ts';

function start() {
  const screen = new FakeScreen();
  const runtime = heldRuntime();
  const make = eventMaker();
  const tree = new TerminalTree({ screen, runtime, tasks: [{ name: 'read', agent: 'Reader' }, { name: 'write' }] });
  tree.open();
  tree.see(make('run.start', { crew: 'pair', process: 'sequential', inputs: {}, tasks: 2 }));
  tree.see(make('task.start', { taskName: 'read', agent: 'Reader', attempt: 1 }));
  runtime.advance(100);
  return { screen, runtime, make, tree };
}

test('the tree is drawn in place, and the final one stays', () => {
  const { screen, runtime, make, tree } = start();
  expect(screen.text).toMatchInlineSnapshot(`
    "pair  sequential

    ⠋ read   Reader     84ms          thinking
    ○ write

    ────────────────────────  0 of 2 done · 1 running · 84ms"
  `);
  tree.see(
    make(
      'task.end',
      { taskName: 'read', attempt: 1, status: 'done', durationMs: 900, usage: tokens(10), output: 'x' },
      900,
    ),
  );
  tree.see(make('task.start', { taskName: 'write', attempt: 1 }, 900));
  runtime.advance(1000);
  tree.see(
    make(
      'task.end',
      { taskName: 'write', attempt: 1, status: 'done', durationMs: 200, usage: tokens(0), output: 'x' },
      1100,
    ),
  );
  tree.see(make('run.end', { status: 'done', durationMs: 1100, usage: tokens(10) }, 1100));
  tree.close();
  tree.close();
  expect(screen.text).toMatchInlineSnapshot(`
    "pair  sequential

    ✓ read   Reader     0.9s      10
    ✓ write             0.2s

    ✓ 2 of 2 done · 1.1s · 10 tokens"
  `);
});

test('the cursor hides while the tree is live and comes back', () => {
  const { screen, tree } = start();
  expect(screen.cursorShown).toBe(false);
  tree.close();
  expect(screen.cursorShown).toBe(true);
  expect(screen.wraps).toBe(true);
});

test('at most twelve frames are drawn in a second, however many events there are', () => {
  const { screen, runtime, make, tree } = start();
  screen.writes.length = 0;
  const at = { taskName: 'read', agent: 'Reader', turn: 1, callId: 'read/1' };
  for (let ms = 0; ms < 1000; ms += 1) {
    tree.see(make('model.delta', { attempt: 1, ...at, text: `word${ms} ` }));
    runtime.advance(1);
  }
  expect(screen.writes.length).toBeLessThanOrEqual(12);
  expect(screen.writes.length).toBeGreaterThan(5);
});

test('a frame writes only the lines that changed', () => {
  const { screen, runtime } = start();
  screen.writes.length = 0;
  runtime.advance(200);
  expect(screen.writes.length).toBeGreaterThan(0);
  // The waiting task and the name of the crew stand still.
  expect(screen.writes.join('')).not.toMatch(/pair|write/);
  expect(screen.text).toContain('pair');
});

test('what a crew prints stands above the tree, whole lines first', () => {
  const { screen, runtime, tree } = start();
  tree.print('one\ntw');
  runtime.advance(100);
  expect(screen.text).toMatch(/^one\npair/);
  tree.print('o\n');
  tree.say('\u001b[2Jthree');
  tree.print('no line end');
  runtime.advance(100);
  expect(screen.text).toMatch(/^one\ntwo\nthree\npair/);
  tree.close();
  expect(screen.text).toMatch(/^one\ntwo\nthree\nno line end\npair/);
});

test('a terminal that becomes narrower gets a tree that fits', () => {
  const { screen, runtime, tree } = start();
  screen.columns = 30;
  runtime.advance(100);
  const lines = stripVTControlCharacters(screen.writes.at(-1) ?? '').split('\n');
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(30);
  tree.close();
  expect(screen.text).toContain('0 of 2 done');
});

test('nothing is drawn any more once the tree is closed', () => {
  const { screen, runtime, make, tree } = start();
  tree.close();
  screen.writes.length = 0;
  tree.see(make('log', { level: 'info', message: 'late' }));
  runtime.advance(1000);
  expect(screen.writes).toEqual([]);
  tree.print('late\n');
  expect(screen.writes).toEqual(['late\n']);
});
