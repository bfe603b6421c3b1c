import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { AGAIN, CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 4 };
/** Where nobody is to be taken for dead, however busy the machine is. */
const PATIENT = { ...ENGINE, leaseMs: 15_000 };
const faulty = test.skipIf(postgres === undefined);
/** One for all: each test has a crew of its own in it. */
const url = (await postgres?.freshDatabase()) ?? '';
let crews = 0;

function job(
  kind: string,
  { engine = ENGINE, ...options }: { readonly engine?: object; readonly [option: string]: unknown } = {},
) {
  const notes = new Notes();
  crews += 1;
  return { job: { url, crew: `crew-${crews}`, kind, notes: notes.file, engine, ...options }, notes };
}

function starter<Given extends { readonly url: string; readonly kind: string; readonly engine: object }>(
  given: Given,
  more: object = {},
): CrewProcess {
  return new CrewProcess({ ...given, submit: 'start', engine: { ...given.engine, work: false }, ...more });
}

function pidsOf(lines: readonly string[], what: string): readonly number[] {
  return lines.filter((line) => line.includes(what)).map((line) => Number(line.split(' ')[0]));
}

faulty('a task whose worker is killed goes on in another, from its last step, and that is told', AGAIN, async () => {
  const { job: given, notes } = job('stepping', { steps: 5, ms: 100 });
  const [one, two] = await workers(2, given);
  const run = starter(given);
  await notes.until((lines) => lines.length >= 3);
  const [pid] = pidsOf(notes.lines, 'step 2');
  const [victim, other] = one?.child.pid === pid ? [one, two] : [two, one];
  victim?.kill('SIGKILL');
  await notes.until((lines) => lines.some((line) => line.startsWith(`${other?.child.pid} `)));
  expect(await run.says('status')).toMatchObject({ status: 'done', output: 10 });
  const told = [
    expect.stringMatching(
      /^Process \S+ has said nothing for [\d.]+ s\. After 1\.5 s of silence its work goes on elsewhere\.$/,
    ),
    expect.stringMatching(/^Process \S+ is taken for dead: its work goes on elsewhere\.$/),
  ];
  expect(other?.log).toEqual(told);
  // A step that was under way is done again; those before it are not.
  expect(pidsOf(notes.lines, 'step 0')).toEqual([pid]);
  expect(pidsOf(notes.lines, 'step 1')).toEqual([pid]);
});

faulty('a run whose driver is killed is driven on by another, and no task is done twice', AGAIN, async () => {
  const { job: given, notes } = job('layered', { width: 3, depth: 5, ms: 150 });
  // It drives what it starts, and is killed while tasks are under way.
  const driver = new CrewProcess({ ...given, submit: 'start', engine: { ...ENGINE, queues: {} } });
  const runId = String((await driver.says('runId'))['runId']);
  await workers(2, given);
  await notes.until((lines) => lines.length >= 5);
  driver.kill('SIGKILL');
  const follower = starter(given, { submit: runId });
  expect(await follower.says('status')).toMatchObject({ status: 'done', count: { done: 15 } });
  const names = notes.lines.map((line) => line.split(' ')[1]);
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted());
});

faulty(
  'a worker that stood still for longer than the lease ends itself, and what it writes is refused',
  AGAIN,
  async () => {
    const { job: given, notes } = job('stepping', { steps: 4, ms: 200 });
    const [one, two] = await workers(2, given);
    const run = starter(given);
    await notes.until((lines) => lines.length >= 2);
    const [pid] = pidsOf(notes.lines, 'step 1');
    const [victim, other] = one?.child.pid === pid ? [one, two] : [two, one];
    victim?.kill('SIGSTOP');
    expect(await run.says('status')).toMatchObject({ status: 'done', output: 6 });
    victim?.kill('SIGCONT');
    expect(await victim?.ended).toBe(9);
    expect(victim?.said.at(-1)).toEqual({ lost: 'WORKER_LOST' });
    expect(pidsOf(notes.lines, 'step 3')).toEqual([other?.child.pid]);
  },
);

faulty('a run that is cancelled where it was started is aborted where it is worked', async () => {
  const { job: given, notes } = job('stepping', { engine: PATIENT, steps: 100, ms: 50 });
  await workers(2, given);
  const run = starter(given);
  await notes.until((lines) => lines.length >= 2);
  run.kill('SIGUSR2');
  expect(await run.says('status')).toMatchObject({ status: 'cancelled' });
  const done = notes.lines.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(notes.lines.length).toBe(done);
  expect(done).toBeLessThan(30);
});

faulty('a tool that may be called once only, cut off with its worker, waits for a decision', AGAIN, async () => {
  const { job: given, notes } = job('paying', { ms: 60_000 });
  const [worker] = await workers(1, given);
  const run = starter(given);
  await notes.until((lines) => lines.length >= 1);
  worker?.kill('SIGKILL');
  await workers(1, given);
  const paused = await run.says('status');
  expect(paused).toMatchObject({ status: 'paused', error: { code: 'NEEDS_DECISION' } });
  const { callId } = Object(paused['error']);
  const decisions = { [callId]: 'skip' };
  const again = starter(given, { submit: String(run.said[0]?.['runId']), resume: { decisions } });
  expect(await again.says('status')).toMatchObject({ status: 'done', output: 'paid' });
  expect(notes.lines).toHaveLength(1);
});

faulty('workers of another version, or without the crew, leave a run alone', async () => {
  const { job: given, notes } = job('layered', { engine: PATIENT, width: 2, depth: 1 });
  await workers(1, { ...given, engine: { ...PATIENT, version: 'old' } });
  await workers(1, { ...given, crew: 'another', engine: { ...PATIENT, version: 'new' } });
  const run = starter(given, { engine: { ...PATIENT, work: false, version: 'new' } });
  await run.says('runId');
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(notes.lines).toEqual([]);
  const [right] = await workers(1, { ...given, engine: { ...PATIENT, version: 'new' } });
  expect(await run.says('status')).toMatchObject({ status: 'done' });
  expect(new Set(pidsOf(notes.lines, ''))).toEqual(new Set([right?.child.pid]));
});

faulty('a worker that is told to stop ends its tasks, and gives the runs that it drives to others', async () => {
  const { job: given, notes } = job('layered', { engine: PATIENT, width: 2, depth: 6, ms: 100 });
  const [first] = await workers(1, given);
  const run = starter(given);
  await notes.until((lines) => lines.length >= 3);
  await workers(1, given);
  first?.kill('SIGTERM');
  expect(await first?.ended).toBe(0);
  expect(await run.says('status')).toMatchObject({ status: 'done', count: { done: 12 } });
  const names = notes.lines.map((line) => line.split(' ')[1]);
  expect(new Set(names).size).toBe(names.length);
});
