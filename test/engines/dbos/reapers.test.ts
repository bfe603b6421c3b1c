import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { rowsOf, withClient } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const reaping = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 4 };

/**
 * Keeps a dead process from being declared so until that many others are about to, all at once; then `meanwhile` happens.
 * They have looked who lives before.
 */
async function heldUp(url: string, dead: string, { reapers, meanwhile }: Holding): Promise<void> {
  await withClient(url, async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM crewline.workers WHERE id = $1 FOR UPDATE', [dead]);
    const waiting = `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%SET dead = true%'`;
    while (Number((await rowsOf(url, waiting))[0]?.['count']) < reapers) await sleep(10);
    await meanwhile();
    await client.query('COMMIT');
  });
}

interface Holding {
  readonly reapers: number;
  meanwhile(): Promise<unknown>;
}

async function idOf(url: string, worker: CrewProcess | undefined): Promise<string> {
  const [row] = await rowsOf(url, 'SELECT id FROM crewline.workers WHERE pid = $1', [worker?.child.pid]);
  return String(row?.['id']);
}

reaping(
  'of two that find a process dead in the same moment one takes over, and its task is done once more',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const given = { url, kind: 'stepping', steps: 2, ms: 400, notes: notes.file, engine: ENGINE };
    const all = await workers(3, given);
    const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
    await notes.until((lines) => lines.length >= 2);
    const victim = all.find(({ child }) => notes.lines[1]?.startsWith(`${child.pid} `));
    victim?.kill('SIGKILL');
    const dead = await idOf(url, victim);
    // The process that waits for the run looks after the others, too.
    await heldUp(url, dead, { reapers: 3, meanwhile: async () => undefined });
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 1 });
    expect(notes.lines.map((line) => line.split(' ').at(-1))).toEqual(['0', '1', '1']);
    const ends = await rowsOf(
      url,
      "SELECT key, count(*)::int AS count FROM crewline.records WHERE kind = 'task' GROUP BY 1",
    );
    expect(ends.map(({ count }) => count)).toEqual([1, 1]);
  },
);

reaping('who joins while somebody looks for work that nobody does is left its work', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const [reaper] = await workers(1, { url, kind: 'layered', width: 1, depth: 1, engine: ENGINE });
  const id = await idOf(url, reaper);
  const join = 'INSERT INTO crewline.workers (id, host, pid) VALUES ($1, $1, 1)';
  await rowsOf(url, join, ['silent']);
  const seen = async () =>
    (await rowsOf(url, 'SELECT seen::text FROM crewline.workers WHERE id = $1', [id]))[0]?.['seen'];
  const meanwhile = async () => {
    await rowsOf(url, join, ['newcomer']);
    await rowsOf(
      url,
      `INSERT INTO dbos.workflow_status (workflow_uuid, status, name, queue_name, executor_id, application_version, application_name)
       VALUES ('its work', 'PENDING', 'crewline.task', 'q', 'newcomer', 'crewline-1', 'crewline')`,
    );
  };
  await heldUp(url, 'silent', { reapers: 1, meanwhile });
  // That look is over once the reaper says again that it lives.
  const before = await seen();
  while ((await seen()) === before) await sleep(10);
  expect(await rowsOf(url, 'SELECT status, executor_id FROM dbos.workflow_status')).toEqual([
    { status: 'PENDING', executor_id: 'newcomer' },
  ]);
  expect(await rowsOf(url, "SELECT dead FROM crewline.workers WHERE id = 'silent'")).toEqual([{ dead: true }]);
});

reaping(
  'what a living process has taken without knowing it, because the answer was lost, is worked by others',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const given = { url, kind: 'layered', width: 2, depth: 2, notes: notes.file, engine: ENGINE };
    // It lives, and serves another crew.
    const [other] = await workers(1, { ...given, crew: 'other' });
    const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
    await run.says('runId');
    const taken = `UPDATE dbos.workflow_status SET status = 'PENDING', executor_id = $1, owner_xid = 'lost'
    WHERE status = 'ENQUEUED' RETURNING workflow_uuid`;
    const id = await idOf(url, other);
    while ((await rowsOf(url, taken, [id])).length === 0) await sleep(10);
    await workers(1, given);
    expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 4 } });
    expect(notes.lines).toHaveLength(4);
    expect(other?.child.exitCode).toBeNull();
  },
);
