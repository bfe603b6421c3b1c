import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, Supervised } from './processes.ts';

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
