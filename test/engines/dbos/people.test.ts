import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { begunBefore, tried } from './begun-before.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const people = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 1 };
const QUEUES = { queues: { default: { concurrency: 1 } } };

/** A run that another process holds than the one that works it: a letter that somebody has to look at, and others. */
async function held({ others, ms = 0, limits = {} }: { others: number; ms?: number; limits?: object }) {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  const engine = { ...ENGINE, ...limits };
  const given = { url, kind: 'reviewed', notes: notes.file, others, ms, engine };
  const holder = { ...given, engine: { ...engine, work: false } };
  const [worker] = await workers(1, given);
  const run = new CrewProcess({ ...holder, submit: 'start' });
  const runId = String((await run.says('runId'))['runId']);
  const answer = { task: 'letter', given: { approve: true } };
  const answered = () => new CrewProcess({ ...holder, submit: runId, answer }).says('answered');
  return { url, given, notes, worker, run, answered };
}

people.each([
  ['slot of its worker', {}],
  ['place in its queue', QUEUES],
])('a task that waits for a person gives the only %s to others, and takes it again', async (_, limits) => {
  const { notes, run, answered } = await held({ others: 3, limits });
  // It is begun first, and nobody has answered yet.
  await notes.until((lines) => lines.length === 4);
  expect(notes.lines.map((line) => line.split(' ')[1])).toEqual(['wrote', 'other', 'other', 'other']);
  expect(await answered()).toEqual({ answered: true });
  expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 5 } });
  expect(notes.lines).toHaveLength(4);
});

people(
  'one that waits for a person does not keep others waiting that are suspected of ending their process, too',
  async () => {
    const notes = new Notes();
    const url = (await postgres?.freshDatabase()) ?? '';
    const given = { url, kind: 'reviewed', notes: notes.file, others: 1, ms: 0, engine: { ...ENGINE, concurrency: 2 } };
    const [run] = await begunBefore(given, [[tried('letter:1', 2), tried('other_0:1', 2)]]);
    await workers(1, given);
    await notes.until((lines) => lines.length === 2);
    const answer = { task: 'letter', given: { approve: true } };
    const { runId: submit } = (await run?.says('runId')) ?? {};
    await new CrewProcess({ ...given, engine: { ...given.engine, work: false }, submit, answer }).says('answered');
    expect(await run?.says('status')).toMatchObject({ status: 'done', count: { done: 3 } });
  },
);

people('a task that waits for a person when its worker is killed is found in its own queue by the next', async () => {
  const { url, given, notes, worker, run, answered } = await held({ others: 1, limits: QUEUES });
  await notes.until((lines) => lines.length === 2);
  const resting = `SELECT 1 FROM dbos.workflow_status WHERE queue_name LIKE 'resting %' AND status = 'PENDING'`;
  while ((await rowsOf(url, resting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  // However often that happens, it is not the task that ends it.
  const tries = "SELECT 1 FROM crewline.tries WHERE key IN ('letter:1', '') AND tries = 0";
  while ((await rowsOf(url, tries)).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  worker?.kill('SIGKILL');
  await workers(1, given);
  expect(await answered()).toEqual({ answered: true });
  expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 3 } });
  // What it wrote is on record, and not written again; what the other came to may not have been.
  expect(notes.lines.filter((line) => line.endsWith('wrote'))).toEqual([`${worker?.child.pid} wrote`]);
});

people('a worker that is told to stop waits for no person: others go on from where its task stood', async () => {
  const { given, notes, worker, run, answered } = await held({ others: 0 });
  await notes.until((lines) => lines.length === 1);
  const [other] = await workers(1, given);
  worker?.kill('SIGTERM');
  expect(await worker?.ended).toBe(0);
  expect(await answered()).toEqual({ answered: true });
  expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 1 } });
  expect(notes.lines).toEqual([`${worker?.child.pid} wrote`]);
  expect(other?.child.exitCode).toBeNull();
});

people('a run that nobody holds pauses where a person has to answer, wherever that is worked', async () => {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  const given = { url, kind: 'reviewed', notes: notes.file, engine: ENGINE };
  await workers(1, given);
  const start = { submit: 'start', start: { review: false }, engine: { ...ENGINE, work: false } };
  const run = new CrewProcess({ ...given, ...start });
  expect(await run.says('status')).toMatchObject({ status: 'paused', error: { code: 'REVIEW_PENDING' } });
});
