import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { begunBefore, tried } from './begun-before.ts';
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
  'what gets further each time is begun as often as it takes, what does not is given up, also where it got further once',
  async () => {
    const notes = new Notes();
    const step = `INSERT INTO crewline.records (run_id, stretch, kind, key, name, value) VALUES ($1, 1, 'step', 'steps', 'user.step.0', '{"value":100}')`;
    const url = (await postgres?.freshDatabase()) ?? '';
    const job = { url, engine: { pollMs: 50 }, kind: 'stepping', steps: 3, ms: 1, notes: notes.file };
    const runs = await begunBefore(job, [
      [tried('steps:1', 3), tried('', 10), step],
      [tried('steps:1', 3)],
      // It has a step, from before it was begun for the last time.
      [tried('steps:1', 3, 1_000_000), step],
      [tried('', 10)],
    ]);
    await workers(1, job);
    const [further, stuck, stuckThen, undriven] = await Promise.all(
      runs.map(async (run) => ({ ...(await Promise.race([run.says('status'), run.says('thrown')])) })),
    );
    expect(further).toMatchObject({ status: 'done', output: 103 });
    for (const given of [stuck, stuckThen]) {
      expect(given).toMatchObject({ status: 'failed', failures: { steps: 'POISONED' } });
    }
    expect(undriven).toMatchObject({ thrown: 'POISONED' });
    expect(notes.lines.map((line) => line.split(' ').at(-1))).toEqual(['1', '2']);
  },
);

test.skipIf(postgres === undefined)(
  'a process that was told to stop does not count against the runs that it drove',
  async () => {
    const notes = new Notes();
    const url = (await postgres?.freshDatabase()) ?? '';
    const slow = { url, engine: { pollMs: 50 }, kind: 'wide', width: 1, ms: 500, notes: notes.file, drainMs: 0 };
    const [run] = await begunBefore(slow, [[tried('', 9)]]);
    const [first] = await workers(1, slow);
    await notes.until((lines) => lines.length === 1);
    first?.kill('SIGTERM');
    expect(await first?.ended).toBe(0);
    await workers(1, slow);
    expect(await run?.says('status')).toMatchObject({ status: 'done' });
  },
);
