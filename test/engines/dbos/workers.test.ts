import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const QUICK = { leaseMs: 15_000, pollMs: 50 };

test.skipIf(postgres === undefined)(
  'a run started by a process that works nothing is worked by two others',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const notes = new Notes();
    const job = {
      url,
      kind: 'layered',
      width: 6,
      depth: 3,
      ms: 20,
      notes: notes.file,
      engine: { ...QUICK, concurrency: 2 },
    };
    const both = await workers(2, job);
    const starter = new CrewProcess({ ...job, submit: 'start', engine: { ...job.engine, work: false } });
    const result = await starter.says('status');
    expect(result).toMatchObject({ status: 'done', count: { done: 18 }, error: null });
    const names = notes.lines.map((line) => line.split(' ')[1]);
    expect(new Set(names).size).toBe(18);
    expect(names).toHaveLength(18);
    const pids = new Set(notes.lines.map((line) => Number(line.split(' ')[0])));
    expect(pids).toEqual(new Set(both.map(({ child }) => child.pid)));
    expect(await starter.ended).toBe(0);
  },
);
