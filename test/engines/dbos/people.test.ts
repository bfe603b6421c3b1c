import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const people = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 15_000, pollMs: 50, concurrency: 1 };

async function begun(options: object) {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  const given = { url, kind: 'reviewed', notes: notes.file, engine: ENGINE, ...options };
  const [worker] = await workers(1, given);
  const run = new CrewProcess({ ...given, submit: 'start', engine: { ...given.engine, work: false } });
  return { given, notes, worker, run };
}

people.each([
  ['slot of its worker', {}],
  ['place in its queue', { queues: { default: { concurrency: 1 } } }],
])('a task that waits for a person gives the only %s to others, and takes it again', async (_, limits) => {
  const engine = { ...ENGINE, ...limits };
  const { given, notes, run } = await begun({ others: 3, engine });
  expect(await run.says('status')).toMatchObject({ status: 'paused', count: { done: 3 } });
  expect(notes.lines.map((line) => line.split(' ')[1])).toEqual(['wrote', 'other', 'other', 'other']);
  const submit = String((await run.says('runId'))['runId']);
  const answer = { task: 'letter', given: { approve: true } };
  const starter = { ...engine, work: false };
  await new CrewProcess({ ...given, submit, answer, engine: starter }).says('answered');
  const again = await new CrewProcess({ ...given, submit, engine: starter }).says('status');
  expect(again).toMatchObject({ status: 'done', count: { done: 5 } });
  expect(notes.lines).toHaveLength(4);
});

people('a worker that is told to stop waits for no person: others go on from where its task stood', async () => {
  const { given, notes, worker, run } = await begun({ others: 1, ms: 2_000, engine: { ...ENGINE, concurrency: 2 } });
  await notes.until((lines) => lines.length === 2);
  const [other] = await workers(1, given);
  worker?.kill('SIGTERM');
  expect(await worker?.ended).toBe(0);
  expect(await run.says('status')).toMatchObject({ status: 'paused', count: { done: 1 } });
  // What it wrote is on record: it is not written again.
  expect(notes.lines.filter((line) => line.endsWith('wrote'))).toEqual([`${worker?.child.pid} wrote`]);
  expect(notes.lines.filter((line) => line.startsWith(`${other?.child.pid} `))).toEqual([]);
});
