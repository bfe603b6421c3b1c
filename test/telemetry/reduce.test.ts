import { expect, test } from 'vitest';
import { emptyTree, type TreeNode, type TreeState } from '../../src/telemetry/tree-state.ts';
import { teller, tokens } from './events.ts';

function task(state: TreeState, name: string): TreeNode {
  const node = state.tasks.get(name);
  if (node === undefined) throw new Error(`no task ${name}`);
  return node;
}

test('a task goes from waiting to ready to running to done', () => {
  const state = emptyTree([{ name: 'a', agent: 'Writer' }]);
  const tell = teller(state);
  expect(task(state, 'a').status).toBe('waiting');
  tell('task.ready', { taskName: 'a' });
  expect(task(state, 'a').status).toBe('ready');
  tell('task.start', { taskName: 'a', agent: 'Writer', attempt: 1 }, 200);
  expect(task(state, 'a')).toMatchObject({ status: 'running', startedAt: 1200 });
  tell('task.end', { taskName: 'a', attempt: 1, status: 'done', durationMs: 50, usage: tokens(7), output: null });
  expect(task(state, 'a')).toMatchObject({ status: 'done', durationMs: 50, tokens: 7 });
  expect(state.byStatus.running.size).toBe(0);
  expect(state.byStatus.done.size).toBe(1);
});

test('tasks that nobody announced are added as they turn up', () => {
  const state = emptyTree();
  teller(state)('task.start', { taskName: 'late', agent: 'Writer', attempt: 1 });
  expect(task(state, 'late').agent).toBe('Writer');
});

test('tokens of a call count for the task, the coworker and the run, once each', () => {
  const state = emptyTree();
  const tell = teller(state);
  const boss = { taskName: 't', agent: 'Boss', turn: 1 };
  tell('task.start', { taskName: 't', agent: 'Boss', attempt: 1 });
  tell('model.end', { attempt: 1, ...boss, callId: 't/1', model: 'm', durationMs: 1, usage: tokens(100) });
  tell('delegation.start', { ...boss, callId: 't/1.tool.0', kind: 'work', coworker: 'Reader', request: 'Read' });
  tell('model.end', {
    attempt: 1,
    ...boss,
    agent: 'Reader',
    callId: 't/1.tool.0/1',
    model: 'm',
    durationMs: 1,
    usage: tokens(30),
  });
  expect(state.tokens).toBe(130);
  expect(task(state, 't').tokens).toBe(130);
  expect(task(state, 't').children[0]?.tokens).toBe(30);
  tell('run.end', { status: 'done', durationMs: 5, usage: tokens(131) });
  expect(state.tokens).toBe(131);
});

test('two delegations to one coworker are told apart by their call ids', () => {
  const state = emptyTree();
  const tell = teller(state);
  const boss = { taskName: 't', agent: 'Boss', turn: 1, kind: 'work', coworker: 'Reader' } as const;
  tell('delegation.start', { ...boss, callId: 't/1.tool.0', request: 'first' });
  tell('delegation.start', { ...boss, callId: 't/1.tool.1', request: 'second' });
  tell('model.delta', {
    attempt: 1,
    taskName: 't',
    agent: 'Reader',
    turn: 1,
    callId: 't/1.tool.1/turn.1',
    text: 'two',
  });
  tell('model.delta', {
    attempt: 1,
    taskName: 't',
    agent: 'Reader',
    turn: 1,
    callId: 't/1.tool.0/turn.1',
    text: 'one',
  });
  expect(task(state, 't').children.map((child) => [child.note, child.writing])).toEqual([
    ['first', 'one'],
    ['second', 'two'],
  ]);
});

test('work delegated by a coworker hangs below that coworker', () => {
  const state = emptyTree();
  const tell = teller(state);
  const at = { taskName: 't', turn: 1, kind: 'work', request: 'r' } as const;
  tell('delegation.start', { ...at, agent: 'Boss', callId: 't/1.tool.0', coworker: 'Editor' });
  tell('delegation.start', { ...at, agent: 'Editor', callId: 't/1.tool.0/1.tool.0', coworker: 'Reader' });
  expect(task(state, 't').children[0]?.children[0]?.name).toBe('Reader');
});

test('a rejected answer is remembered until the task is over', () => {
  const state = emptyTree();
  const tell = teller(state);
  tell('task.start', { taskName: 't', agent: 'Writer', attempt: 1 });
  tell('guardrail.end', { taskName: 't', index: 0, passed: false, replaced: false, reason: 'too long' });
  expect(task(state, 't').note).toBe('not accepted: too long');
  tell('task.end', { taskName: 't', attempt: 1, status: 'done', durationMs: 1, usage: tokens(0), output: null });
  expect(task(state, 't').note).toBe('');
});

test('a long answer costs the tree no more than the end of it', () => {
  const state = emptyTree();
  const tell = teller(state);
  const at = { taskName: 't', agent: 'Writer', turn: 1, callId: 't/1' };
  for (let piece = 0; piece < 1000; piece += 1) tell('model.delta', { attempt: 1, ...at, text: 'word '.repeat(100) });
  expect(task(state, 't').writing.length).toBeLessThanOrEqual(400);
});

test('text from outside cannot steer the terminal', () => {
  const state = emptyTree();
  const tell = teller(state);
  const evil = '\u001b[31mred\u001b]0;title\u0007\nnext';
  tell('run.start', { crew: evil, process: 'parallel', inputs: {}, tasks: 1 });
  tell('task.start', { taskName: 't', agent: evil, attempt: 1 });
  tell('tool.start', {
    taskName: 't',
    agent: 'a',
    turn: 1,
    callId: 'c',
    tool: evil,
    arguments: JSON.stringify({ evil }),
  });
  const error = { code: evil, message: evil };
  tell('task.end', { taskName: 'u', attempt: 1, status: 'failed', durationMs: 1, usage: tokens(0), error });
  const seen = [state.crew, task(state, 't').agent, ...task(state, 't').tools.values(), task(state, 'u').note].join(
    '|',
  );
  expect(seen).toBe('red next|red next|red next red next|red next: red next');
});

const CALL = { taskName: 't', agent: 'Writer', turn: 1, callId: 't/1', model: 'm' } as const;

test('a wait for a lane is shown until the call starts', () => {
  const state = emptyTree();
  const tell = teller(state);
  tell('limit.wait', { ...CALL, reason: 'requests' });
  expect(task(state, 't').pause).toEqual({ what: 'm: its requests of this minute are used up', until: undefined });
  tell('model.start', { ...CALL, attempt: 1 });
  expect(task(state, 't').pause).toBeUndefined();
});

test('a retry is shown with when it comes, and what was written before is void', () => {
  const state = emptyTree();
  const tell = teller(state);
  tell('model.start', { ...CALL, attempt: 1 });
  tell('model.delta', { ...CALL, attempt: 1, text: 'Otters are' });
  tell('model.superseded', { ...CALL, attempt: 1 });
  expect(task(state, 't').writing).toBe('');
  tell('model.retry', { ...CALL, attempt: 1, delayMs: 2100, error: { code: 'RATE_LIMITED', message: 'm' } }, 500);
  expect(task(state, 't').pause).toEqual({ what: 'RATE_LIMITED', until: 3600 });
  tell('model.start', { ...CALL, attempt: 2 }, 2600);
  tell('model.delta', { ...CALL, attempt: 2, text: 'Otters' }, 2700);
  expect(task(state, 't')).toMatchObject({ pause: undefined, writing: 'Otters' });
});

test('of two attempts side by side, the text of the one that lost goes and the other stays', () => {
  const state = emptyTree();
  const tell = teller(state);
  tell('model.delta', { ...CALL, attempt: 1, text: 'slow' });
  tell('model.delta', { ...CALL, attempt: 2, text: 'quick' });
  tell('model.superseded', { ...CALL, attempt: 1 });
  expect(task(state, 't').writing).toBe('quick');
});

test('a task that is tried again keeps its time, and nothing of the attempt that failed', () => {
  const state = emptyTree();
  const tell = teller(state);
  tell('task.start', { taskName: 't', agent: 'Writer', attempt: 1 }, 100);
  tell('tool.start', { ...CALL, tool: 'look', arguments: '{}' }, 150);
  tell('task.retry', { taskName: 't', attempt: 1, delayMs: 1000, error: { code: 'TIMEOUT', message: 'm' } }, 200);
  expect(task(state, 't')).toMatchObject({ pause: { what: 'TIMEOUT', until: 2200 }, status: 'running' });
  expect(task(state, 't').tools.size).toBe(0);
  tell('task.start', { taskName: 't', agent: 'Writer', attempt: 2 }, 1200);
  expect(task(state, 't')).toMatchObject({ pause: undefined, startedAt: 1100 });
});

test('a review is shown until it is answered', () => {
  const state = emptyTree();
  const tell = teller(state);
  const arguments_ = '{"path":"\\u001b[2Ja.md"}';
  tell('review.requested', { kind: 'tool', ...CALL, tool: 'write_file', arguments: arguments_, risk: 'write' });
  expect([...task(state, 't').reviews.values()]).toEqual(['asks to call write_file a.md']);
  tell('review.answered', { kind: 'tool', ...CALL, tool: 'write_file', approved: false });
  expect(task(state, 't').reviews.size).toBe(0);
});

test('money adds up, and is unknown once a call has no price', () => {
  const state = emptyTree();
  const tell = teller(state);
  const end = (costUsd: number | null) =>
    tell('model.end', { ...CALL, attempt: 1, durationMs: 1, usage: { ...tokens(1), costUsd } });
  end(0.25);
  end(0.5);
  expect(state.costUsd).toBe(0.75);
  end(null);
  end(0.5);
  expect(state.costUsd).toBeNull();
  tell('run.end', { status: 'done', durationMs: 1, usage: { ...tokens(1), costUsd: 2 } });
  expect(state.costUsd).toBe(2);
});
