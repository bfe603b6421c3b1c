import { expect, test } from 'vitest';
import { rowsOf } from '../postgres/rows.ts';
import { sharedPostgres } from '../postgres/shared.ts';
import { cli, ended, says, startCli } from './cli.ts';

const postgres = await sharedPostgres();
const shared = test.skipIf(postgres === undefined);

shared(
  'a worker works what crewline run starts, ends in order when it is told to, and runs can be pruned',
  async () => {
    const url = (await postgres?.freshDatabase()) ?? '';
    const env = { CREWLINE_POSTGRES_URL: url };
    const worker = startCli(['worker', '--module', './code.ts', '--engine', 'dbos', '--concurrency', '2'], { env });
    const stopped = ended(worker);
    await says(worker, 'Working code.');
    const run = await cli(['run', './code.ts', '--input', 'topic=tea', '--engine', `dbos:${url}`]);
    expect(run).toMatchObject({ code: 0, stdout: 'left of tea, {"times":1}\n' });
    worker.kill('SIGTERM');
    expect(await stopped).toMatchObject({ code: 0, stdout: '' });
    expect(await rowsOf(url, 'SELECT crew, status FROM crewline.runs')).toEqual([{ crew: 'code', status: 'done' }]);
    await rowsOf(url, "UPDATE crewline.runs SET updated = now() - interval '2 days'");
    const pruned = await cli(['runs', 'prune', '--older-than', '1d', '--engine', 'dbos'], { env });
    expect(pruned).toMatchObject({ code: 0, stdout: '1 run removed.\n' });
    const ours = ['crewline.runs', 'crewline.records', 'crewline.events'];
    const theirs = ['dbos.workflow_status', 'dbos.workflow_input', 'dbos.workflow_output'];
    for (const table of [...ours, ...theirs]) {
      expect(await rowsOf(url, `SELECT count(*)::int AS rows FROM ${table}`), table).toEqual([{ rows: 0 }]);
    }
  },
);

shared('a worker that others have taken for dead ends with code 9', async () => {
  const url = (await postgres?.freshDatabase()) ?? '';
  const worker = startCli(['worker', '--module', './code.ts', '--engine', `dbos:${url}`]);
  const lost = ended(worker);
  await says(worker, 'Working code.');
  await rowsOf(url, 'UPDATE crewline.workers SET dead = true');
  const { code, stderr } = await lost;
  expect(code).toBe(9);
  expect(stderr).toContain('Others have taken this process for dead');
});

shared('a worker that something blocks for longer than the lease is ended', async () => {
  const env = { CREWLINE_POSTGRES_URL: (await postgres?.freshDatabase()) ?? '' };
  const worker = startCli(['worker', '--module', './stuck.ts'], { env: { ...env, STUCK: 'yes' } });
  const signal = new Promise((resolve) => worker.once('exit', (_, by) => resolve(by)));
  await says(worker, 'Working stuck.');
  const run = startCli(['run', './stuck.ts'], { env });
  expect(await signal).toBe('SIGKILL');
  run.kill('SIGKILL');
});

test('a worker that cannot work says why before it begins', async () => {
  const usage = async (words: readonly string[], what: string) => {
    const { code, stderr } = await cli(['worker', ...words]);
    expect(code, words.join(' ')).toBe(2);
    expect(stderr).toContain(what);
  };
  await usage([], '--module is missing');
  await usage(['--module', './code.ts'], 'A worker needs a Postgres that others reach as well');
  await usage(['--module', './code.ts', '--engine', 'dbos'], '--engine dbos needs the address of a Postgres');
  await usage(
    ['--module', './code.ts', '--engine', 'dbos:postgres://nowhere/x', '--concurrency', 'many'],
    'a whole number',
  );
  await usage(
    ['--module', './code.ts', '--engine', 'dbos:postgres://nowhere/x', '--queues', 'a b'],
    '--queues takes names',
  );
  await usage(['--module', './code.ts', '--concurrency', '0'], '--concurrency must be a whole number from 1, not "0"');
  await usage(['--module', './code.ts', '--drain=-1'], '--drain must be a whole number from 0, not "-1"');
  const { code, stderr } = await cli([
    ...['worker', '--module', './code.ts', '--drain', '0', '--engine', 'dbos:postgres://127.0.0.1:9/x'],
  ]);
  expect(code).toBe(1);
  expect(stderr).toContain('ECONNREFUSED');
});
