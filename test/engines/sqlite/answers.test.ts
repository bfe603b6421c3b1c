import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/engines/sqlite/driver.ts';
import { RUNS } from '../../sizes.ts';
import { begin, errorOf, newFile, open } from './stores.ts';

const QUESTION = { id: 'letter/review.1', asking: 'first' };

test('the first answer to an asking counts, whoever gives it; what is asked anew is open again', async () => {
  const file = newFile();
  const [one, other] = [await open(file), await open(file)];
  begin(one);
  expect(one.answers.give('r1', QUESTION, { approve: true })).toEqual({ approve: true });
  expect(other.answers.give('r1', QUESTION, { edit: 'no' })).toEqual({ approve: true });
  const again = { ...QUESTION, asking: 'second' };
  expect(other.answers.give('r1', again, { edit: 'yes' })).toEqual({ edit: 'yes' });
  expect(one.answers.of('r1')).toEqual([{ ...again, value: { edit: 'yes' }, at: 1_000 }]);
  expect((await errorOf(() => one.answers.give('r2', QUESTION, null))).code).toBe('RUN_UNKNOWN');
  await Promise.all([one.close(), other.close()]);
});

test('an answer comes back as it was written, whatever it is and whatever it answers', async () => {
  const store = await open(newFile());
  begin(store);
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(text, text, fc.jsonValue(), async (id, asking, value) => {
      const written = JSON.parse(JSON.stringify(value));
      store.answers.give('r1', { id, asking: `${asking} ${Math.random()}` }, written);
      expect(store.answers.of('r1').find((answer) => answer.id === id)?.value).toEqual(written);
    }),
    { numRuns: Math.ceil(RUNS / 10) },
  );
  await store.close();
});

test('answers go with their run when that is pruned', async () => {
  const file = newFile();
  const store = await open(file);
  const lease = begin(store);
  store.answers.give('r1', QUESTION, { approve: true });
  await lease.end('done', null);
  expect(store.prune({ before: 2_000 })).toBe(1);
  await store.close();
  const db = await openDatabase(file);
  expect(db.prepare('SELECT count(*) AS n FROM answers').get()).toEqual({ n: 0 });
  db.close();
});

test.each([
  ['value', 'value = \'{"approve":false}\''],
  ['question', "id = 'letter/review.2'"],
  ['asking', "asking = 'second'"],
  ['time', 'at = 7'],
  ['seal', "seal = x'00'"],
])(
  'an answer whose %s was changed is refused by name, and what can be trusted is told without it',
  async (_, change) => {
    const file = newFile();
    const store = await open(file);
    begin(store);
    store.answers.give('r1', QUESTION, { approve: true });
    store.answers.give('r1', { id: 'other/review.1', asking: 'first' }, { approve: true });
    const db = await openDatabase(file);
    db.exec(`UPDATE answers SET ${change} WHERE id = 'letter/review.1'`);
    db.close();
    for (const read of [() => store.answers.of('r1'), () => store.records('r1')]) {
      expect(await errorOf(read)).toMatchObject({
        code: 'STORE_CORRUPT',
        message: expect.stringMatching(/answer to "letter\/review\.\d": it is not what was written/),
      });
    }
    const { answers, problems, run } = store.salvage('r1');
    expect(answers.map(({ id }) => id)).toEqual(['other/review.1']);
    expect(problems).toHaveLength(1);
    expect(run?.inputs).toEqual({ topic: 'owls' });
    await store.close();
  },
);

test('a file from before there were answers is read as it is, and takes them once somebody writes it', async () => {
  const file = newFile();
  const first = await open(file);
  await begin(first).release();
  await first.close();
  const db = await openDatabase(file);
  db.exec('DROP TABLE answers; PRAGMA user_version = 1');
  db.close();
  const reader = await open(file, { readOnly: true });
  expect(reader.records('r1').answers).toEqual([]);
  expect(reader.salvage('r1').problems).toEqual([]);
  await reader.close();
  const writer = await open(file);
  writer.answers.give('r1', QUESTION, { approve: true });
  expect(writer.records('r1').answers).toHaveLength(1);
  await writer.close();
});
