import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { withCrewline } from '../built.ts';
import { temporaryFolder } from '../temporary-folders.ts';

const { args, env: at } = withCrewline(fileURLToPath(new URL('fixtures/poison-crew.mjs', import.meta.url)));

/** Works the run in a process of its own, to its end or to that of the process: undefined. */
async function work(
  mode: 'start' | 'resume',
  when: string,
  { store, bad, fails = '' }: { readonly store: string; readonly bad: string; readonly fails?: string },
) {
  const env = { ...at, STORE: store, BAD: bad, FAILS: fails };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [...args, mode, when], { env });
    return JSON.parse(stdout);
  } catch (error) {
    if (Reflect.get(Object(error), 'signal') === 'SIGKILL') return undefined;
    throw error;
  }
}

test.each([
  // Its first beginning is not on record when the process ends in the same tick.
  { when: 'at once', deaths: 4 },
  { when: 'later', deaths: 3 },
])(
  'a task that ends its process $when is not begun for ever: the run goes on without it, and with it once it was mended',
  async ({ when, deaths }) => {
    const store = join(temporaryFolder('crewline-poison-'), 'runs.db');
    const ends: unknown[] = [await work('start', when, { store, bad: 'yes' })];
    for (let n = 1; n <= deaths; n += 1) ends.push(await work('resume', when, { store, bad: 'yes' }));
    expect(ends.slice(0, deaths)).toEqual(new Array(deaths).fill(undefined));
    expect(ends.at(-1)).toEqual({ status: 'partial', deadly: 'POISONED', after: 'skipped', patient: 'patient' });
  },
);

test('a run that a poisonous task has failed begins it again when it is resumed', async () => {
  const store = join(temporaryFolder('crewline-poison-'), 'runs.db');
  await work('start', 'later', { store, bad: 'yes', fails: 'run' });
  for (let n = 0; n < 2; n += 1)
    expect(await work('resume', 'later', { store, bad: 'yes', fails: 'run' })).toBeUndefined();
  expect(await work('resume', 'later', { store, bad: 'no', fails: 'run' })).toMatchObject({
    status: 'failed',
    deadly: 'POISONED',
  });
  const done = { status: 'done', deadly: 'mended', after: 'after', patient: 'patient' };
  expect(await work('resume', 'later', { store, bad: 'no', fails: 'run' })).toEqual(done);
});

test('a task that ends its process while a part of it waits for a person is given up as well', async () => {
  const store = join(temporaryFolder('crewline-poison-'), 'runs.db');
  // The first time it gets as far as what it asks.
  expect(await work('start', 'half', { store, bad: 'yes' })).toBeUndefined();
  for (let n = 0; n < 3; n += 1) expect(await work('resume', 'half', { store, bad: 'yes' })).toBeUndefined();
  const end = await work('resume', 'half', { store, bad: 'yes' });
  expect(end).toMatchObject({ status: 'failed', half: 'POISONED' });
});

test('tasks that wait for a person when their process ends are begun as often as it takes, and all are asked about', async () => {
  const store = join(temporaryFolder('crewline-poison-'), 'runs.db');
  expect(await work('start', 'waiting', { store, bad: 'yes' })).toBeUndefined();
  for (let n = 0; n < 4; n += 1) expect(await work('resume', 'waiting', { store, bad: 'yes' })).toBeUndefined();
  expect(await work('resume', 'waiting', { store, bad: 'no' })).toEqual({ status: 'done', one: 'one', two: 'two' });
});
