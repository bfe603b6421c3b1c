import { afterEach, expect, test } from 'vitest';
import { AGAIN, CrewProcess, killAll, Notes, workers } from '../engines/dbos/processes.ts';
import { sharedPostgres } from '../postgres/shared.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const WIDTH = 6;
const DEPTH = 4;
const SLOTS = 2;

test.skipIf(postgres === undefined)(
  'work is spread over three processes, one of them dies in the middle, and every task is done: again only what it had under way',
  AGAIN,
  async () => {
    const notes = new Notes();
    const job = {
      url: (await postgres?.freshDatabase()) ?? '',
      kind: 'layered',
      width: WIDTH,
      depth: DEPTH,
      ms: 60,
      notes: notes.file,
      engine: { leaseMs: 1_500, pollMs: 50, concurrency: SLOTS },
    };
    const [victim, ...others] = await workers(3, job);
    const starter = new CrewProcess({ ...job, submit: 'start', engine: { ...job.engine, work: false } });
    await notes.until(
      (lines) => lines.some((line) => line.startsWith(`${victim?.child.pid} `)) && lines.length >= WIDTH,
    );
    victim?.kill('SIGKILL');
    expect(await starter.says('status')).toMatchObject({ status: 'done', count: { done: WIDTH * DEPTH }, error: null });
    const times = new Map<string, number>();
    for (const line of notes.lines) {
      const [, task = ''] = line.split(' ');
      times.set(task, (times.get(task) ?? 0) + 1);
    }
    expect(times.size).toBe(WIDTH * DEPTH);
    const again = [...times.values()].filter((count) => count > 1);
    expect(again.length).toBeLessThanOrEqual(SLOTS);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
    const pids = new Set(notes.lines.map((line) => Number(line.split(' ')[0])));
    expect([...pids].sort()).toEqual([victim, ...others].map((worker) => Number(worker?.child.pid)).sort());
  },
);
