import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { LONG } from '../../sizes.ts';
import { CrewProcess, type Job, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const cancelled = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 10_000, pollMs: 50, concurrency: 4 };
const WIDE = LONG ? 10_000 : 300;
const RACES = LONG ? 200 : 12;
const PATIENCE_MS = LONG ? 600_000 : 60_000;

async function job(kind: string, options: object = {}): Promise<{ readonly given: Job; readonly notes: Notes }> {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  return { given: { url, kind, notes: notes.file, engine: ENGINE, ...options }, notes };
}

/** Starts it in a process that works nothing. */
function starter(given: Job): CrewProcess {
  return new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
}

/** Resolves once nothing of it waits in a queue or is at work. */
async function nothingLeft(url: string): Promise<void> {
  const left = "SELECT 1 FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING') LIMIT 1";
  while ((await rowsOf(url, left)).length > 0) await sleep(20);
}

cancelled('a run that is cancelled while models are asked ends, and every call under way is told to stop', async () => {
  const { given, notes } = await job('silent', { width: 6 });
  await workers(2, given);
  const run = starter(given);
  await notes.until((lines) => lines.length >= 6);
  run.kill('SIGUSR2');
  expect(await run.says('status')).toMatchObject({ status: 'cancelled', count: { cancelled: 6 } });
  await nothingLeft(given.url);
  expect(notes.lines.filter((line) => line.endsWith('called'))).toHaveLength(6);
  expect(notes.lines.filter((line) => line.endsWith('stopped'))).toHaveLength(6);
});

cancelled('a run that is cancelled while its calls wait for their turn ends without making them', async () => {
  const { given, notes } = await job('calling', { crew: 'turns', width: 4, ms: 20, limits: { requestsPerMinute: 1 } });
  await workers(1, given);
  const run = starter(given);
  await notes.until((lines) => lines.some((line) => line.endsWith('-')));
  run.kill('SIGUSR2');
  expect(await run.says('status')).toMatchObject({ status: 'cancelled', count: { cancelled: 3, done: 1 } });
  await nothingLeft(given.url);
  expect(notes.lines).toHaveLength(2);
});

cancelled(
  'a wide run that is cancelled ends at once with what was done, and nobody begins what is left',
  async () => {
    const { given, notes } = await job('wide', { width: WIDE, ms: 50 });
    await workers(2, given);
    const run = starter(given);
    await notes.until((lines) => lines.length >= 20);
    const begun = performance.now();
    run.kill('SIGUSR2');
    const { status, count } = await run.says('status');
    if (LONG) process.stdout.write(`cancel of ${WIDE} tasks: ${Math.round(performance.now() - begun)} ms\n`);
    const { done = 0, cancelled: cut = 0 } = Object(count);
    expect([status, done + cut]).toEqual(['cancelled', WIDE]);
    expect(cut).toBeGreaterThan(0);
    await nothingLeft(given.url);
    expect(notes.lines.length).toBeLessThan(WIDE);
    const recorded = await rowsOf(given.url, "SELECT key FROM crewline.records WHERE kind = 'task'");
    expect(recorded.length).toBeLessThanOrEqual(notes.lines.length);
  },
  PATIENCE_MS,
);

cancelled(
  'a cancellation that races the end of its run leaves it done or cancelled, and told to end once',
  async () => {
    const { given } = await job('layered', { width: 2, depth: 2, ms: 5 });
    await workers(1, given);
    const races = { races: RACES, withinMs: 250, submit: 'start', engine: { ...ENGINE, work: false } };
    const ends = Object.values(Object((await new CrewProcess({ ...given, ...races }).says('races'))['races'])).map(
      Object,
    );
    expect(ends).toHaveLength(RACES);
    for (const { status, ended, last, tasks } of ends) {
      expect([ended, last]).toEqual([1, 'run.end']);
      if (status === 'done') expect(new Set(tasks)).toEqual(new Set(['done']));
      else expect(status).toBe('cancelled');
    }
    const runs = await rowsOf(given.url, 'SELECT status, count(*)::int AS count FROM crewline.runs GROUP BY 1');
    expect(runs.reduce((sum, { count }) => sum + Number(count), 0)).toBe(RACES);
    expect(runs.map(({ status }) => status).toSorted()).toEqual(
      [...new Set(ends.map(({ status }) => status))].toSorted(),
    );
  },
  PATIENCE_MS,
);
