import { expect, test } from 'vitest';
import { RUNS } from '../../sizes.ts';
import { startWorker } from './children.ts';
import { newFile, open } from './stores.ts';

/** How many lives a run has. Each is a process of its own. */
const KILLS = Math.max(4, Math.ceil(RUNS / 500));

test('whatever append() had resolved is there after a kill -9, and the rest is whole or absent', async () => {
  const file = newFile();
  const acknowledged: string[][] = [];
  for (let life = 0; life < KILLS; life += 1) {
    const worker = startWorker([file, 'r1', life === 0 ? 'begin' : 'go-on']);
    // At some moment of its work, which goes on while this process wakes up.
    await worker.saying(2 + Math.floor(Math.random() * 300));
    await worker.kill();
    expect(worker.process.signalCode).toBe('SIGKILL');
    acknowledged.push(worker.said.slice(1));
  }
  const store = await open(file);
  const { records, takeovers } = store.records('r1');
  expect(takeovers).toHaveLength(KILLS - 1);
  const starts = [0, ...takeovers.map(({ seq }) => seq), Number.POSITIVE_INFINITY];
  for (const [life, said] of acknowledged.entries()) {
    const [from = 0, to = 0] = starts.slice(life);
    const values = records.filter(({ seq }) => seq > from && seq < to).map(({ value }) => Object(value).number);
    // In order, without a gap, and at least what was said.
    expect(values).toEqual(Array.from(values, (_, number) => number));
    expect(values.length).toBeGreaterThanOrEqual(said.length);
  }
  await store.close();
});
