import { afterEach, expect, test } from 'vitest';
import { Crew } from '../../../src/crew.ts';
import { type DbosOptions, dbos } from '../../../src/engines/dbos.ts';
import type { CrewEvent } from '../../../src/events.ts';
import type { Engine } from '../../../src/spec/engine.ts';
import type { LogEntry } from '../../../src/spec/service.ts';
import { Task } from '../../../src/task.ts';
import { programOf, silent } from '../../../src/testing/engine-probe.ts';
import { rowsOf } from '../../postgres/rows.ts';
import { sharedPostgres } from '../../postgres/shared.ts';

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);
const engines: Engine[] = [];
afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.stop();
});

function engineAt(url: string, options: Partial<DbosOptions> = {}): Engine {
  const engine = dbos({ url, pollMs: 50, ...options });
  engines.push(engine);
  return engine;
}

shared('two engines of one address share a process, and an engine of another is refused there', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const [one, other] = [engineAt(url), engineAt(url)];
  await one.start(programOf({ crew: 'one', run: async () => 1 }));
  await other.start(programOf({ crew: 'other', run: async () => 2 }));
  await expect(other.start(programOf({ crew: 'one', run: async () => 3 }))).rejects.toMatchObject({
    code: 'CREW_DUPLICATE',
  });
  const refused = dbos({ url: `${url}_other` }).start(programOf({ crew: 'third', run: async () => 3 }));
  await expect(refused).rejects.toMatchObject({ code: 'ENGINE_IN_USE' });
  const otherwise = dbos({ url, concurrency: 3 }).start(programOf({ crew: 'third', run: async () => 3 }));
  await expect(otherwise).rejects.toMatchObject({
    code: 'ENGINE_IN_USE',
    message: expect.stringContaining('concurrency: 16'),
  });
  const results = [
    await one.submit('one', {}, { runId: 'run_1', events: silent() }),
    await other.submit('other', {}, { runId: 'run_2', events: silent() }),
  ];
  expect(await Promise.all(results.map(async (handle) => (await handle.result()).output))).toEqual([1, 2]);
});

shared('the same run started twice is one run, and another under its id is refused', async () => {
  const engine = engineAt((await postgres?.freshDatabase()) ?? '');
  let begun = 0;
  await engine.start(programOf({ run: async () => (begun += 1) }));
  const submit = (inputs: object) => engine.submit('newsroom', { ...inputs }, { runId: 'run_1', events: silent() });
  const handles = await Promise.all([submit({ topic: 'tea' }), submit({ topic: 'tea' })]);
  expect(await Promise.all(handles.map(async (handle) => (await handle.result()).output))).toEqual([1, 1]);
  expect(begun).toBe(1);
  await expect(submit({ topic: 'coffee' })).rejects.toMatchObject({ code: 'RUN_DUPLICATE' });
});

shared('what happened to a run can be read again, numbered without a gap to its end', async () => {
  const engine = engineAt((await postgres?.freshDatabase()) ?? '');
  const one = new Task({ name: 'one', execute: async ({ step }) => step('s', async () => 1) });
  const two = new Task({ name: 'two', context: ['one'], execute: ({ context }) => context });
  const crew = new Crew({ name: 'told', tasks: [one, two], engine });
  const run = crew.start();
  await run.result;
  const events: CrewEvent[] = [];
  for await (const event of engine.handle(run.runId).eventsFrom?.(1) ?? []) events.push(event);
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 1));
  expect(events.map(({ type }) => type)).toEqual([
    ...['run.start', 'task.ready', 'task.start', 'task.end', 'task.ready', 'task.start', 'task.end', 'run.end'],
  ]);
});

shared('a process that works nothing is no worker, and a crew in memory has none', async () => {
  const engine = engineAt((await postgres?.freshDatabase()) ?? '', { work: false });
  const task = new Task({ name: 'one', execute: () => 1 });
  await expect(new Crew({ name: 'idle', tasks: [task], engine }).serve()).rejects.toMatchObject({
    code: 'ENGINE_NOT_SHARED',
  });
  const alone = new Crew({ name: 'alone', tasks: [task] });
  await expect(alone.serve()).rejects.toMatchObject({ code: 'ENGINE_NOT_SHARED' });
  const mistyped: object = { endWhenBlocked: 'yes' };
  await expect(alone.serve(mistyped)).rejects.toMatchObject({ code: 'OPTION_INVALID' });
});

shared('what concerns the process is told to who serves there, and harms nothing where that throws', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const engine = engineAt(url, { version: '1', queues: { default: {}, slow: { perMinute: 9 } } });
  await engine.start(programOf({ crew: 'first', run: async () => 1 }));
  const limits = { 'tasks of logged@1 in default': {}, 'tasks of logged@1 in slow': { concurrency: 2 } };
  const other = "INSERT INTO crewline.workers (id, host, pid, limits) VALUES ('other', 'elsewhere', 1, $1)";
  await rowsOf(url, other, [JSON.stringify(limits)]);
  const crew = new Crew({ name: 'logged', tasks: [new Task({ name: 'one', execute: () => 1 })], engine });
  const heard: LogEntry[] = [];
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  await crew.serve({
    onLog: (entry) => {
      heard.push(entry);
      throw new Error('no more paper');
    },
  });
  const message =
    'Queue "slow" of crew "logged" is served with 9 a minute by this process, and with 2 at once by other: name the same limits in both, or neither holds.';
  expect(heard).toEqual([{ level: 'warn', message }]);
  expect((await warned).message).toBe('onLog threw, and the run went on: no more paper');
  expect((await crew.kickoff()).output).toBe(1);
});

shared('a run is gone on with by its own crew only, and by a changed one only when that is accepted', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  let isDown = true;
  const gather = new Task({ name: 'gather', execute: () => 'gathered' });
  const publish = (name: string) =>
    new Task({
      name,
      context: [gather],
      execute: ({ context }) => {
        if (isDown) throw new Error('down');
        return `${context.gather} and ${name}`;
      },
    });
  const crewOf = (name: string, last: string) => {
    const engine = engineAt(url);
    return { engine, crew: new Crew({ name, tasks: [gather, publish(last)], engine }) };
  };
  const was = crewOf('press', 'publish');
  const run = was.crew.start({ settle: true });
  expect(await run.result).toMatchObject({ status: 'failed' });
  await was.engine.stop();
  isDown = false;
  await expect(crewOf('stranger', 'publish').crew.resume(run.runId)).rejects.toMatchObject({ code: 'RUN_UNKNOWN' });
  const { crew } = crewOf('press', 'print');
  await expect(crew.resume(run.runId)).rejects.toMatchObject({ code: 'RUN_CHANGED' });
  expect((await crew.resume(run.runId, { acceptChanges: true })).output).toBe('gathered and print');
});

shared('an engine that was stopped joins the others again, also while it is still leaving', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const engine = engineAt(url);
  const again = new Task({ name: 'again', execute: () => 1 });
  const crew = new Crew({ name: 'again', tasks: [again], engine });
  expect((await crew.kickoff()).output).toBe(1);
  const leaving = engine.stop();
  const other = new Crew({ name: 'other', tasks: [again], engine: engineAt(url) });
  expect((await other.kickoff()).output).toBe(1);
  await leaving;
  expect((await crew.kickoff()).output).toBe(1);
});

shared('what is not done when a service has been told to stop is ended there, and its run told so', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  let seen: AbortSignal | undefined;
  const execute = ({ signal }: { readonly signal: AbortSignal }) => {
    seen = signal;
    return new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  const crew = new Crew({ name: 'endless', tasks: [new Task({ name: 'endless', execute })], engine: engineAt(url) });
  const service = await crew.serve();
  const run = crew.start();
  for await (const { type } of run) if (type === 'task.start') break;
  const result = expect(run.result).rejects.toMatchObject({ code: 'WORKER_LOST' });
  await service.stop({ drainMs: 50 });
  expect(seen?.aborted).toBe(true);
  await result;
});
