import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const clocks = test.skipIf(postgres === undefined);
/** Far longer than the machine is ever busy, and far shorter than what the clocks are off. */
const ENGINE = { leaseMs: 10_000, pollMs: 50, concurrency: 2 };
const HOUR_MS = 3_600_000;

clocks('processes whose clocks are an hour off share the work, and nobody is taken for dead', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const notes = new Notes();
  const given = { url, kind: 'layered', width: 6, depth: 3, ms: 30, notes: notes.file, engine: ENGINE };
  const [[early], [late], [right]] = await Promise.all([
    workers(1, { ...given, clockMs: -HOUR_MS }),
    workers(1, { ...given, clockMs: HOUR_MS }),
    workers(1, given),
  ]);
  const run = new CrewProcess({ ...given, submit: 'start', clockMs: HOUR_MS, engine: { ...ENGINE, work: false } });
  expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 18 } });
  expect(notes.lines).toHaveLength(18);
  const pids = new Set(notes.lines.map((line) => Number(line.split(' ')[0])));
  expect(pids).toEqual(new Set([early, late, right].map((worker) => worker?.child.pid)));
  for (const worker of [early, late, right]) expect(worker?.said.some((line) => 'lost' in line)).toBe(false);
});

clocks('a clock that jumps while a task works neither ends it nor keeps it, and ends no process', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const given = { url, kind: 'jumping', engine: ENGINE };
  const [worker] = await workers(1, { ...given, clockMs: 0 });
  const result = await new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } }).says(
    'status',
  );
  expect(result).toMatchObject({ status: 'partial', count: { done: 1, failed: 1 } });
  expect(result['failures']).toEqual({ backwards: 'TIMEOUT' });
  expect(worker?.said.some((line) => 'lost' in line)).toBe(false);
});
