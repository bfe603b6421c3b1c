import { afterEach, expect, test } from 'vitest';
import { sharedPostgres } from '../../postgres/shared.ts';
import { CrewProcess, killAll, Notes, workers } from './processes.ts';

afterEach(killAll);

const postgres = await sharedPostgres();
const twice = test.skipIf(postgres === undefined);
const ENGINE = { leaseMs: 10_000, pollMs: 50, concurrency: 4 };
const ONLY_STARTS = { ...ENGINE, work: false };

twice('a run that two processes start at once is one run, and a third with other inputs is refused', async () => {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  const given = { url, kind: 'layered', width: 3, depth: 2, ms: 50, notes: notes.file, engine: ENGINE };
  await workers(2, given);
  const start = { ...given, submit: 'start', runId: 'same', engine: ONLY_STARTS };
  const both = [new CrewProcess(start), new CrewProcess(start)];
  for (const run of both) expect(await run.says('status')).toMatchObject({ status: 'done', output: 3 });
  expect(notes.lines).toHaveLength(6);
  const other = new CrewProcess({ ...start, inputs: { tag: 'other' } });
  expect(await other.says('thrown')).toMatchObject({ thrown: 'RUN_DUPLICATE' });
  expect(notes.lines).toHaveLength(6);
});

twice('of two answers that come at once from two processes one counts, and the other is told', async () => {
  const notes = new Notes();
  const url = (await postgres?.freshDatabase()) ?? '';
  const given = { url, kind: 'reviewed', notes: notes.file, engine: ENGINE, start: { review: false } };
  await workers(1, given);
  const run = new CrewProcess({ ...given, submit: 'start', engine: ONLY_STARTS });
  expect(await run.says('status')).toMatchObject({ status: 'paused' });
  const submit = String((await run.says('runId'))['runId']);
  const edits = ['one', 'two'];
  const both = edits.map((edit) => {
    const answer = { task: 'letter', given: { edit } };
    return new CrewProcess({ ...given, submit, answer, engine: ONLY_STARTS });
  });
  const told = await Promise.all(both.map(async (process) => (await process.says('answered'))['answered']));
  expect(told.toSorted()).toEqual(['REVIEW_ANSWERED', true]);
  const again = await new CrewProcess({ ...given, submit, engine: ONLY_STARTS }).says('status');
  expect(again).toMatchObject({ status: 'done', output: edits[told.indexOf(true)] });
  expect(notes.lines).toHaveLength(1);
});

twice(
  'steps that go by another order or name in who takes over: what is recorded stands, all else is done',
  async () => {
    const notes = new Notes();
    const url = (await postgres?.freshDatabase()) ?? '';
    // One version, although the code is another: nobody but who writes it can know.
    const engine = { ...ENGINE, leaseMs: 1_500, version: 'same' };
    const given = { url, kind: 'named', notes: notes.file, engine };
    const [old] = await workers(1, { ...given, code: 'old', names: ['a', 'b', 'c', 'd'], ms: 300 });
    const starts = { submit: 'start', code: 'none', names: ['a'], engine: { ...engine, work: false } };
    const run = new CrewProcess({ ...given, ...starts });
    await notes.until((lines) => lines.includes('old c'));
    old?.kill('SIGKILL');
    await workers(1, { ...given, code: 'new', names: ['c', 'b', 'renamed', 'a'], ms: 0 });
    const output = { c: 'new', b: 'old', renamed: 'new', a: 'old' };
    expect(await run.says('status')).toMatchObject({ status: 'done', output });
    expect(notes.lines).toEqual(['old a', 'old b', 'old c', 'new c', 'new renamed']);
  },
);
