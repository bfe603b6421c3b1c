import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, Supervised, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 4 };
const HOW = ['exit', 'memory', 'loop', 'json'];
const PATIENCE_MS = 180_000;

test.skipIf(postgres === undefined)(
  'tasks that end every process that works them, use it up or never yield are given up after three, and others go on',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const given = { url, kind: 'poisonous', how: HOW, notes: notes.file, engine: ENGINE };
    const crew = new Supervised(2, { ...given, heapMb: 64, serve: { endWhenBlocked: true } });
    const result = await new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } }).says(
      'status',
    );
    expect(result).toMatchObject({ status: 'partial', output: 'fine', count: { failed: 4, done: 1 } });
    const failures = { exit: 'POISONED', memory: 'POISONED', loop: 'POISONED', json: 'OUTPUT_NOT_JSON' };
    expect(result['failures']).toEqual(failures);
    for (const how of HOW) {
      const begun = notes.lines.filter((line) => line.endsWith(` ${how}`)).length;
      expect(begun, how).toBeLessThanOrEqual(3);
    }
    // It says so itself, aborts, or is ended where it cannot end itself: that may take a little longer than the run.
    while (!crew.ends.includes('SIGKILL')) await sleep(20);
    expect(crew.ends).toEqual(expect.arrayContaining([7, 'SIGABRT', 'SIGKILL']));
  },
  PATIENCE_MS,
);

test.skipIf(postgres === undefined)(
  'a task that gets further each time is begun as often as it takes, one that does not is given up',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const given = { url, kind: 'stepping', steps: 3, ms: 1, notes: notes.file, engine: { pollMs: 50 } };
    const starter = () => new CrewProcess({ ...given, submit: 'start', engine: { ...given.engine, work: false } });
    const [further, stuck] = [starter(), starter()];
    const ids = [await further.says('runId'), await stuck.says('runId')].map(({ runId }) => String(runId));
    // As if each had been begun three times by processes that were killed, and the one had got its first step done.
    const begun = `INSERT INTO crewline.tries (run_id, stretch, key, tries) SELECT run_id, 1, 'steps:1', 3 FROM crewline.runs WHERE run_id = $1`;
    const step = `INSERT INTO crewline.records (run_id, stretch, kind, key, name, value) VALUES ($1, 1, 'step', 'steps', 'user.step.0', '{"value":100}')`;
    const counted = (id: string) => rowsOf(url, `${begun} RETURNING 1`, [id]).catch(() => []);
    for (const id of ids) while ((await counted(id)).length === 0) await sleep(10);
    await rowsOf(url, step, ids.slice(0, 1));
    await workers(1, given);
    expect(await stuck.says('status')).toMatchObject({ status: 'failed', failures: { steps: 'POISONED' } });
    expect(await further.says('status')).toMatchObject({ status: 'done', output: 103 });
    expect(notes.lines.map((line) => line.split(' ').at(-1))).toEqual(['1', '2']);
  },
);
