import { Crew, Task } from 'crewline';
import { dbos } from 'crewline/dbos';
import { expect, test } from 'vitest';
import { Answers } from '../../../src/engines/dbos/answers.ts';
import { loadDrivers } from '../../../src/engines/dbos/driver.ts';
import { LookBack } from '../../../src/engines/dbos/look-back.ts';
import { Postgres } from '../../../src/engines/dbos/postgres.ts';
import { addRun, nextStretch } from '../../../src/engines/dbos/run-rows.ts';
import { prepareTables } from '../../../src/engines/dbos/schema.ts';
import { Writer } from '../../../src/engines/dbos/writer.ts';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);
const STATEMENT_MS = 60_000;

/** Counts what it is asked, and may be one that does not answer. */
class Watched extends Postgres {
  asked = 0;
  answers: 'all' | 'nothing' | 'refusals' = 'all';

  override query(text: string, values: readonly unknown[] = []) {
    this.asked += 1;
    if (this.answers === 'nothing') return new Promise<never>(() => {});
    if (this.answers === 'refusals') return Promise.reject(new Error('canceling statement due to statement timeout'));
    return super.query(text, values);
  }
}

async function prepared() {
  const url = (await postgres?.freshDatabase()) ?? '';
  const drivers = loadDrivers();
  const database = new Watched(drivers, url, STATEMENT_MS);
  await prepareTables(database);
  const me = { id: 'me', fenced: undefined, fence: () => expect.unreachable() };
  await database.query(`INSERT INTO crewline.workers (id, host, pid) VALUES ('me', 'here', 1)`);
  const lasting = <T>(read: () => Promise<T>) => database.lasting(read, () => undefined);
  return { url, database, writer: new Writer(database, me, drivers.DBOSJSON), lasting };
}

const NEW = {
  ...{ runId: 'run_1', crew: 'yard', version: '1', queue: 'default', definition: '{}', inputs: {} },
  ...{ source: undefined, crewFile: undefined, attended: false, records: [] },
};

shared(
  'who has begun a stretch may ask again where the answer was lost; everybody else is told what became of the run',
  async () => {
    const { database } = await prepared();
    await addRun(database, NEW);
    const next = { version: '1', queue: 'default', decisions: {}, attended: false, records: [] };
    const begin = (by: string) => nextStretch(database, { runId: 'run_1', stretch: 1 }, { ...next, by });
    expect([await begin('me'), await begin('me'), await begin('you')]).toEqual(['begun', 'begun', 'locked']);
    const both = await Promise.all(
      ['me', 'you'].map((by) => nextStretch(database, { runId: 'run_1', stretch: 2 }, { ...next, by })),
    );
    expect(both.toSorted()).toEqual(['begun', 'locked']);
    await database.query('DELETE FROM crewline.runs');
    expect(await begin('me')).toBe('gone');
    await database.close();
  },
);

shared('however many answers come at once, they are read in a few looks, and each is heard', async () => {
  const { url, database, writer, lasting } = await prepared();
  const answers = new Answers({ database, writer, lasting });
  const ids = Array.from({ length: 50 }, (_, n) => `task ${n}/review`);
  const give = (id: string) =>
    rowsOf(
      url,
      `INSERT INTO crewline.records (run_id, stretch, kind, key, name, value) VALUES ('run_1', 0, 'answer', $1, 'a', '"yes"')`,
      [id],
    );
  for (const id of ids) await give(id);
  const heard = new Map<string, unknown>();
  const everything = new Promise<void>((resolve, reject) => {
    const answered = (id: string, _: string, value: unknown) => {
      heard.set(id, value);
      if (heard.size === ids.length + 1) resolve();
    };
    answers.watch('run_1', { answered, failed: reject });
  });
  database.asked = 0;
  await give('late');
  for (const id of [...ids, 'late']) answers.heard('run_1', id);
  await everything;
  expect([...heard]).toEqual([...ids.map((id) => [id, 'yes']), ['late', 'yes']]);
  expect(database.asked).toBeLessThan(6);
  await database.close();
});

shared('work waits for hints once and not for long, and not for those that cannot be had', async () => {
  const { database, lasting } = await prepared();
  const lookBack = new LookBack({ database, lasting });
  database.answers = 'refusals';
  await lookBack.at('refused');
  expect(lookBack.of('refused')).toBeUndefined();
  database.answers = 'nothing';
  await lookBack.at('unanswered');
  database.asked = 0;
  const looks = Array.from({ length: 1_000 }, () => lookBack.at('unanswered'));
  await Promise.all(looks);
  expect(database.asked).toBe(0);
  await database.close();
});

shared(
  'a task whose run was gone on with elsewhere while it waited in its queue is not begun, also where the run is known',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const engine = dbos({ url, leaseMs: 60_000, pollMs: 50, concurrency: 1 });
    const started: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const task = (name: string) =>
      new Task({
        name,
        execute: async () => {
          started.push(name);
          await gate;
        },
      });
    const crew = new Crew({ name: 'yard', process: 'parallel', tasks: [task('dig'), task('rake')], engine });
    const run = crew.start();
    await expect.poll(() => started, { timeout: 20_000 }).toEqual(['dig']);
    await rowsOf(url, `UPDATE crewline.runs SET stretch = 2`);
    open();
    const workflows = `SELECT workflow_uuid FROM dbos.workflow_status WHERE status = 'SUCCESS' AND workflow_uuid LIKE '%/rake:1'`;
    await expect.poll(() => rowsOf(url, workflows), { timeout: 20_000 }).toHaveLength(1);
    expect(started).toEqual(['dig']);
    await rowsOf(url, `UPDATE crewline.runs SET stretch = 1`);
    await rowsOf(url, `UPDATE dbos.workflow_status SET status = 'ENQUEUED' WHERE workflow_uuid LIKE '%/rake:1'`);
    await run.result;
    expect(started).toEqual(['dig', 'rake']);
    await engine.stop();
  },
);
