import { Crew, Task } from 'crewline';
import { dbos } from 'crewline/dbos';
import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { AGAIN, CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 1_500, pollMs: 50, concurrency: 4 };
const CHANGED = ['t2_0', 't2_1', 't2_2', 't3_0', 't3_1', 't3_2'];

/** Tasks that were worked, each as often as it was. */
const worked = (notes: Notes) => notes.lines.map((line) => line.split(' ')[1]).toSorted();

shared(
  'what is taken over from an earlier run is the new one’s own before anything builds on it, also when its driver is killed',
  AGAIN,
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const [before, after, last] = [new Notes(), new Notes(), new Notes()];
    const layers = { url, crew: 'layers', kind: 'layered', width: 3, depth: 4, ms: 100, engine: ENGINE };
    const only = { ...ENGINE, work: false };
    const [old] = await workers(1, { ...layers, notes: before.file });
    const first = new CrewProcess({ ...layers, submit: 'start', engine: only });
    expect(await first.says('status')).toMatchObject({ status: 'done', count: { done: 12 }, reused: [] });
    old?.kill('SIGKILL');

    // Half of the tasks are others now. It drives what it starts, and is killed while they are under way.
    const changed = { ...layers, changed: CHANGED, notes: after.file };
    await workers(2, changed);
    const reuse = String(first.said[0]?.['runId']);
    const driver = new CrewProcess({
      ...changed,
      submit: 'start',
      start: { reuse },
      engine: { ...ENGINE, queues: {} },
    });
    await after.until((lines) => lines.length >= 4);
    driver.kill('SIGKILL');
    const second = String(driver.said[0]?.['runId']);
    const followed = await new CrewProcess({ ...changed, submit: second, engine: only }).says('status');
    expect(followed).toMatchObject({ status: 'done', output: 15, count: { done: 12 } });
    expect(Object(followed)['reused'].toSorted()).toEqual(['t0_0', 't0_1', 't0_2', 't1_0', 't1_1', 't1_2'].toSorted());
    expect(worked(after)).toEqual(CHANGED);

    // And of that one, a task with those that depend on it, by whoever is there.
    await workers(1, { ...changed, notes: last.file, engine: { ...ENGINE, version: 'replayed' } });
    const replay = { submit: 'replay', source: second, replay: { from: 't2_0' } };
    const again = new CrewProcess({ ...changed, ...replay, engine: { ...only, version: 'replayed' } });
    expect(await again.says('status')).toMatchObject({ status: 'done', output: 15, count: { done: 12 } });
    expect(worked(last)).toEqual(['t2_0', 't3_0', 't3_2']);
  },
);

shared('who took long in earlier runs goes first in later ones, and a forecast makes no table to look', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const started: string[] = [];
  const task = (name: string, ms: number) =>
    new Task({
      name,
      execute: async () => {
        started.push(name);
        await new Promise((resolve) => setTimeout(resolve, ms));
      },
    });
  const yard = () => {
    const engine = dbos({ url, ...ENGINE, concurrency: 1 });
    const tasks = [task('dig', 10), task('rake', 10), task('paint', 150)];
    return { engine, crew: new Crew({ name: 'yard', process: 'parallel', tasks, engine }) };
  };
  expect((await yard().crew.forecast()).expected).toBeNull();
  for (const first of ['dig', 'paint']) {
    const { engine, crew } = yard();
    started.length = 0;
    try {
      await crew.kickoff();
    } finally {
      await engine.stop();
    }
    // Which of the quick ones took longer is the machine's affair.
    expect([started[0], started.length]).toEqual([first, 3]);
  }
  const { expected } = await yard().crew.forecast();
  expect(expected?.runs).toBe(2);
  expect(expected?.wallMs).toBeGreaterThan(100);
});
