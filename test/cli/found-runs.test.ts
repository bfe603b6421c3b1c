import { join } from 'node:path';
import { expect, test } from 'vitest';
import { answer } from '../../src/cli/answer.ts';
import { replay } from '../../src/cli/replay.ts';
import { describeError, exitCodeOf } from '../../src/cli/report.ts';
import { resume } from '../../src/cli/resume.ts';
import { runsShow } from '../../src/cli/runs-show.ts';
import { Store } from '../../src/engines/sqlite/store.ts';
import type { Json } from '../../src/spec/json.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';
import { callerIn } from './call.ts';
import { folderWith } from './cli.ts';

const POST = `
import { Crew, Task } from 'crewline';
export default new Crew({ name: 'post', tasks: [new Task({ name: 'letter', execute: () => 'Dear all' })] });
`;

/** A folder with a crew and runs of it, and commands that are called in it. */
async function place(...runIds: readonly string[]) {
  const cwd = folderWith({ 'post.mjs': POST });
  const store = await Store.open(join(cwd, '.crewline/runs.db'), { now: () => 1_000 });
  const leases = runIds.map((runId) =>
    store.admit({ runId, crew: 'post', crewFile: 'post.mjs', definition: '{}', inputs: {}, at: 1 }),
  );
  return { store, leases, call: callerIn(cwd) };
}

test('a run is found by how its id begins; where several begin so they are listed, and a short beginning finds nothing', async () => {
  const { call, leases, store } = await place('run_0a1b2c3d4e', 'run_0a1b2c3fff', 'run_77777777');
  await Promise.all(leases.map((lease) => lease.release()));
  await store.close();
  expect((await call(runsShow, 'run_0a1b2c3d')).seen).toContain('run_0a1b2c3d4e');
  expect((await call(runsShow, 'run_77777777')).seen).toContain('run_77777777');
  const several = await call(runsShow, 'run_0a1b2c3');
  expect(several.thrown).toMatchObject({
    code: 'RUN_UNKNOWN',
    message: expect.stringMatching(/run_0a1b2c3d4e.*run_0a1b2c3fff|run_0a1b2c3fff.*run_0a1b2c3d4e/),
  });
  expect((await call(runsShow, 'run_777')).thrown).toMatchObject({ message: expect.stringContaining('has no run') });
});

test('a paused run shows what waits, and for what', async () => {
  const { call, leases, store } = await place('run_waiting1');
  const [lease] = leases;
  const asked = { taskName: 'letter', about: { kind: 'output', raw: 'x' }, askedAt: 1, asking: 'one' };
  await lease?.append({ kind: 'note', key: 'letter/review.1', name: 'asked', value: asked });
  const bill: Json = { status: 'cancelled', error: { code: 'NEEDS_DECISION', callId: 'bill/turn.1.tool.0' } };
  await lease?.end('paused', { status: 'paused', error: null, tasks: { bill } });
  await store.close();
  const { seen } = await call(runsShow, 'run_waiting1');
  expect(seen).toContain(
    'letter  waits for an answer to letter/review.1 (REVIEW_PENDING): crewline reviews run_waiting1',
  );
  expect(seen).toContain(
    "bill    waits for a decision on bill/turn.1.tool.0 (NEEDS_DECISION): crewline resume run_waiting1 --decide 'bill/turn.1.tool.0=<skip, retry or its result>'",
  );
  const { waits } = JSON.parse((await call(runsShow, 'run_waiting1', '--json')).seen);
  expect(waits).toEqual([
    { taskName: 'letter', id: 'letter/review.1', code: 'REVIEW_PENDING' },
    { taskName: 'bill', id: 'bill/turn.1.tool.0', code: 'NEEDS_DECISION' },
  ]);
});

test('a run that is not over shows how many of its tasks are done, and which have begun', async () => {
  const { call, store } = await place();
  const definition = {
    'task "a", execute': '1',
    'task "b", execute': '2',
    'task "c", execute': '3',
    'task "d", execute': '4',
  };
  const lease = store.admit({
    runId: 'run_underway',
    crew: 'post',
    definition: JSON.stringify(definition),
    inputs: {},
    at: 1,
  });
  const done: Json = { status: 'done', durationMs: 5 };
  for (const key of ['a', 'b', 'c']) await lease.append({ kind: 'note', key, name: 'tried', value: null });
  await lease.append({ kind: 'task', key: 'a', name: 'done', value: done });
  const asked = { taskName: 'c', about: { kind: 'output', raw: 'x' }, askedAt: 1, asking: 'one' };
  await lease.append({ kind: 'note', key: 'c/review.1', name: 'asked', value: asked });
  const { stdout } = await call(runsShow, 'run_underway');
  expect(stdout).toContain('  tasks done    1 of 4\n');
  expect(stdout).toMatch(/\n {2}a {2}done · 5ms\n {2}b {2}has begun\n {2}c {2}waits for an answer to [^\n]*\n$/);
  await lease.end('done', { status: 'done', error: null, tasks: {} });
  expect((await call(runsShow, 'run_underway')).stdout).not.toContain('has begun');
  await store.close();
});

test('a run whose crew is not where it was from here is told with the command that was called, and its engine', async () => {
  const { leases, store } = await place('run_elsewhere');
  await Promise.all(leases.map((lease) => lease.release()));
  await store.close();
  const elsewhere = folderWith({});
  const engine = `sqlite:${store.file}`;
  const from = callerIn(elsewhere);
  const told = (await from(answer, 'run_elsewhere', 'letter', '--approve', '--engine', engine)).thrown;
  expect(told).toMatchObject({ code: 'CREW_FILE' });
  expect(String(told)).toContain(
    `there is no ${join(elsewhere, 'post.mjs')}: it was recorded as post.mjs, as seen from`,
  );
  expect(String(told)).toMatch(/: crewline answer run_elsewhere letter '<crew file>' --engine sqlite:\S+$/);
  const again = (await from(replay, 'run_elsewhere', '--from', 'letter', '--engine', engine)).thrown;
  expect(String(again)).toContain(": crewline replay run_elsewhere '<crew file>' --engine sqlite:");
});

test('a run that another works is refused in its own words alone: nothing has failed', async () => {
  const { call, store } = await place('run_locked12');
  const { seen, thrown } = await call(resume, 'run_locked12', '--accept-changes');
  expect(thrown).toMatchObject({ code: 'RUN_LOCKED' });
  expect(exitCodeOf(thrown)).toBe(2);
  expect(seen).not.toContain('failed');
  await store.close();
});

test('an unknown run is told with what helps to find it, and no more', async () => {
  const { call, store } = await place('run_locked12');
  const { thrown } = await call(resume, 'run_nowhere1');
  expect(thrown).toMatchObject({ message: expect.stringContaining('engine of its own') });
  const error = Object.assign(Object(thrown), { message: 'The store has no run nope.' });
  expect(describeError(error, { colours: NO_COLOURS, debug: false })).not.toContain('engine of its own');
  await store.close();
});
