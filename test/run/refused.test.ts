import { Crew, Task } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Store } from '../../src/engines/sqlite/store.ts';
import { failure } from '../serve.ts';
import { store } from './kept.ts';

const statusesIn = async (file: string) => {
  const open = await Store.open(file, { now: Date.now, readOnly: true });
  const runs = open.runs();
  const stored = runs.map(({ runId, status }) => ({ status, takeovers: open.records(runId).takeovers.length }));
  await open.close();
  return stored;
};

test('a decision on no such call is refused before anything is written: the run has failed as before', async () => {
  const { file, engine } = store();
  const tasks = [new Task({ name: 'a', execute: () => Promise.reject(new Error('down')) })];
  const crew = new Crew({ name: 'failing', tasks, engine: engine() });
  const { runId } = await crew.kickoff({ settle: true });
  const refused = await failure(crew.resume(runId, { decisions: { nope: 'skip' } }));
  expect(refused).toMatchObject({ code: 'OPTION_INVALID', runId });
  expect(await statusesIn(file)).toEqual([{ status: 'failed', takeovers: 0 }]);
});

test('a decision on no such call is refused for a run that is done, too', async () => {
  const { engine } = store();
  const crew = new Crew({ name: 'done', tasks: [new Task({ name: 'a', execute: () => 1 })], engine: engine() });
  const { runId } = await crew.kickoff();
  expect(await failure(crew.resume(runId, { decisions: { nope: 'skip' } }))).toMatchObject({ code: 'OPTION_INVALID' });
});

test('a run whose inputs are refused has failed, and says why; resumed it is refused and has failed again; it can be pruned', async () => {
  const { file, engine } = store();
  const own = engine();
  const tasks = [new Task({ name: 'a', execute: () => 1 })];
  const crew = new Crew({ name: 'strict', tasks, inputs: z.object({ x: z.string().max(1) }), engine: own });
  expect(await failure(crew.kickoff({ inputs: { x: 'long' } }))).toMatchObject({ code: 'INPUT_INVALID' });
  const read = async () => {
    const open = await Store.open(file, { now: Date.now, readOnly: true });
    const [{ runId = '' } = {}] = open.runs();
    const { end, takeovers } = open.records(runId);
    await open.close();
    return { runId, end, takeovers };
  };
  const refused = await read();
  const end = {
    status: 'failed',
    result: { status: 'failed', error: { code: 'INPUT_INVALID', message: expect.stringContaining('x') } },
  };
  expect(refused).toMatchObject({ end, takeovers: [] });
  expect(await failure(crew.resume(refused.runId))).toMatchObject({ code: 'INPUT_INVALID' });
  expect(await read()).toMatchObject({ end, takeovers: [{}] });
  const open = await Store.open(file, { now: Date.now });
  expect(open.prune({ before: Date.now() + 1_000 })).toBe(1);
  await open.close();
  await own.stop();
});
