import { afterEach, expect, test } from 'vitest';
import { rowsOf } from '../../postgres/rows.ts';
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

test.skipIf(postgres === undefined)(
  'who names no limits of a queue keeps to those of others, and who names others is told so',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const serving = (concurrency?: number) => {
      const queues = { default: concurrency === undefined ? {} : { concurrency } };
      return { url, kind: 'wide', width: 1, engine: { ...QUICK, queues } };
    };
    const [first] = await workers(1, serving(1));
    const [silent] = await workers(1, serving());
    const served = await rowsOf(url, 'SELECT limits FROM crewline.workers ORDER BY started');
    const limits = served.map((row) => Object.values(JSON.parse(String(row['limits']))));
    const adopted = { concurrency: 1, isAdopted: true };
    expect(limits).toEqual(
      [
        [{}, { concurrency: 1 }],
        [{}, adopted],
      ].map((those) => expect.arrayContaining(those)),
    );
    const starter = new CrewProcess({ ...serving(), submit: 'start' });
    expect(await starter.says('status')).toMatchObject({ status: 'done' });
    const [other] = await workers(1, serving(3));
    const what =
      /^Queue "default" of crew "shared" is served with 3 at once by this process, and with 1 at once by \S+: name the same/;
    expect(other?.log).toEqual([expect.stringMatching(what)]);
    expect([first?.log, silent?.log, starter.log]).toEqual([[], [], []]);
    // Once nobody names a limit any more, none is taken from who only kept to it.
    first?.kill('SIGTERM');
    other?.kill('SIGTERM');
    await Promise.all([first?.ended, other?.ended]);
    const [last] = await workers(1, serving());
    expect(last?.log).toEqual([expect.stringContaining('without a limit by this process, and with 1 at once by')]);
  },
);
