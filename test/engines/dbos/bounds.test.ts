import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

const postgres = await sharedPostgres();
const url = (await postgres?.freshDatabase()) ?? '';
/** One task at a time on each machine, so that all of them have to work. */
const ENGINE = { leaseMs: 15_000, pollMs: 50, concurrency: 1 };
const bounded = test.skipIf(postgres === undefined);
afterEach(killAll);

/** Works a run on three machines; how many calls were made, and how many at once. */
async function worked(job: { readonly crew: string; readonly [option: string]: unknown }) {
  const notes = new Notes();
  const given = { url, kind: 'calling', notes: notes.file, engine: ENGINE, ...job };
  await workers(3, given);
  const run = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, work: false } });
  const result = await run.says('status');
  let most = 0;
  let now = 0;
  for (const line of notes.lines) {
    now += line.endsWith('+') ? 1 : -1;
    most = Math.max(most, now);
  }
  const pids = new Set(notes.lines.map((line) => line.split(' ')[0]));
  return { result, most, calls: notes.lines.filter((line) => line.endsWith('+')).length, machines: pids.size };
}

bounded('a model takes no more calls at once than it may, however many machines call it', async () => {
  const limits = { maxConcurrency: 2 };
  const { result, most, calls, machines } = await worked({ crew: 'places', width: 12, ms: 200, limits });
  expect(result).toMatchObject({ status: 'done', count: { done: 12 } });
  expect(calls).toBe(12);
  expect(most).toBe(2);
  expect(machines).toBeGreaterThan(1);
});

bounded('a model is called no more often in a minute than it may, on all machines together', async () => {
  const limits = { requestsPerMinute: 5 };
  const options = { budget: { wallMs: 3_000 } };
  const { result, calls } = await worked({ crew: 'rate', width: 12, ms: 20, limits, options });
  expect(result).toMatchObject({ status: 'paused', error: { code: 'BUDGET_EXCEEDED' } });
  expect(calls).toBe(5);
});

bounded('a budget of a run is spent by all machines together, and exceeded by one call each at most', async () => {
  const options = { budget: { modelCalls: 6 }, maxConcurrency: 3 };
  const { result, calls } = await worked({ crew: 'budget', width: 30, ms: 60, options });
  expect(result).toMatchObject({ status: 'paused', error: { code: 'BUDGET_EXCEEDED' } });
  expect(calls).toBeGreaterThanOrEqual(6);
  expect(calls).toBeLessThanOrEqual(6 + 3);
});
