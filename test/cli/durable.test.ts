import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Crew, Task } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.ts';
import { Output } from '../../src/cli/output.ts';
import { replay } from '../../src/cli/replay.ts';
import { exitCodeOf } from '../../src/cli/report.ts';
import { resume } from '../../src/cli/resume.ts';
import { run } from '../../src/cli/run.ts';
import { runs } from '../../src/cli/runs.ts';
import { runsPrune } from '../../src/cli/runs-prune.ts';
import { openDatabase } from '../../src/engines/sqlite/driver.ts';
import { Store } from '../../src/engines/sqlite/store.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';
import { cli, ended, folderWith, says, startCli } from './cli.ts';

const noSqlite = fileURLToPath(new URL('fixtures/no-sqlite.cjs', import.meta.url));

/** Two tasks; the second fails while there is a file `down`, and goes on for ever while there is a file `hangs`. */
const PRESS = `
import { appendFileSync, existsSync } from 'node:fs';
import { Crew, Task } from 'crewline';

const gather = new Task({
  name: 'gather',
  execute: () => {
    appendFileSync('calls.txt', 'gather ');
    return ['one', 'two'];
  },
});
const publish = new Task({
  name: 'publish',
  context: [gather],
  execute: ({ context }) => {
    appendFileSync('calls.txt', 'publish ');
    if (existsSync('down')) throw new Error('the server is down');
    if (existsSync('hangs')) return new Promise(() => setInterval(() => {}, 60_000));
    return context.gather.length + ' published';
  },
});
export default new Crew({ name: 'press', tasks: [gather, publish] });
`;

/** The one command that a line on standard error gives to go on with a run, as words after `crewline`. */
function commandIn(stderr: string): string[] {
  const [, command = ''] = /To go on with it: crewline (.*)/.exec(stderr) ?? [];
  return command.split(' ');
}

/** The database of the runs of a folder. */
const storeIn = (cwd: string) => join(cwd, '.crewline/runs.db');

async function runsIn(file: string) {
  const store = await Store.open(file, { now: Date.now, readOnly: true });
  const runs = store.runs();
  await store.close();
  return runs;
}

test.concurrent('a run is kept where nobody looks by accident, and goes on by the command that it names', async () => {
  const cwd = folderWith({ 'press.mjs': PRESS, down: '' });
  const failed = await cli(['run', './press.mjs'], { cwd });
  expect(failed.code).toBe(1);
  expect(failed.stderr).toMatch(
    /Run run_\S+ is kept in \.crewline\/runs\.db\. To go on with it: crewline resume run_\S+\n$/,
  );
  expect(readFileSync(join(cwd, '.crewline/.gitignore'), 'utf8')).toBe('*\n');
  expect(statSync(storeIn(cwd)).mode & 0o777).toBe(0o600);

  rmSync(join(cwd, 'down'));
  const words = commandIn(failed.stderr);
  writeFileSync(join(cwd, 'press.mjs'), PRESS.replace(' published', ' sent'));
  const changed = await cli(words, { cwd });
  expect(changed.code).toBe(2);
  expect(changed.stderr).toMatch(/task "publish", execute was [\s\S]* published[\s\S]*, and is [\s\S]* sent/);
  expect(changed.stderr).toContain('--accept-changes');

  const resumed = await cli([...words, '--accept-changes'], { cwd });
  expect(resumed).toMatchObject({ code: 0, stdout: '2 sent\n' });
  expect(resumed.stderr).toMatch(/Run run_\S+ is kept in \.crewline\/runs\.db\.\n$/);
  expect(readFileSync(join(cwd, 'calls.txt'), 'utf8')).toBe('gather publish publish ');
  // All is in the file itself, whatever is done with it next.
  expect(statSync(`${storeIn(cwd)}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
});

test.concurrent('a run whose process was killed is listed as cut off, and is finished from any folder that names its store', async () => {
  const cwd = folderWith({ 'press.mjs': PRESS, hangs: '' });
  const child = startCli(['run', './press.mjs', '--engine', 'sqlite:kept.db'], { cwd });
  const end = ended(child);
  await says(child, 'publish  started');
  child.kill('SIGKILL');
  await end;
  const engine = ['--engine', `sqlite:${join(cwd, 'kept.db')}`];
  const { stdout } = await cli(['runs', ...engine], { cwd });
  expect(stdout).toMatch(/^run +crew +status +started +tasks done +cost\nrun_\S+ +press +cut off +\S+ \S+Z +1 of 2\n$/);
  const [, runId = ''] = /\n(run_\S+)/.exec(stdout) ?? [];
  rmSync(join(cwd, 'hangs'));
  const elsewhere = folderWith({});
  const resumed = await cli(['resume', runId, join(cwd, 'press.mjs'), ...engine], { cwd: elsewhere });
  expect(resumed).toMatchObject({ code: 0, stdout: '2 published\n' });
  expect(existsSync(storeIn(elsewhere))).toBe(false);
});

test.concurrent('a run that was interrupted says how it goes on, also to who does not wait for its end', async () => {
  const cwd = folderWith({ 'press.mjs': PRESS, hangs: '' });
  const child = startCli(['run', './press.mjs', '--model', 'offline'], { cwd });
  const end = ended(child);
  await says(child, 'publish  started');
  child.kill('SIGINT');
  await says(child, 'again');
  child.kill('SIGINT');
  const { code, stderr } = await end;
  expect(code).toBe(130);
  expect(stderr).toMatch(/To go on with it: crewline resume run_\S+ --model offline\n$/);
});

/** A tool that may be called once only, and never comes back while there is a file `hangs`. */
const OFFICE = `
import { existsSync } from 'node:fs';
import { Agent, Crew, Task, tool } from 'crewline';

const model = {
  name: 'mine',
  async *generate({ messages }) {
    const reply = messages.find((message) => message.role === 'tool');
    if (reply === undefined) yield { type: 'toolCall', id: 'a', name: 'pay', arguments: '{}' };
    else yield { type: 'text', text: 'paid' };
    yield { type: 'end', finishReason: reply === undefined ? 'toolCalls' : 'stop' };
  },
};
const pay = tool({
  name: 'pay',
  description: 'Pays',
  input: { type: 'object' },
  execute: () => {
    console.error('at it');
    return existsSync('hangs') ? new Promise(() => setInterval(() => {}, 60_000)) : 'paid';
  },
});
const clerk = new Agent({ role: 'Clerk', goal: 'Pay', backstory: 'Old', model, tools: [pay] });
export default new Crew({
  name: 'office',
  agents: [clerk],
  tasks: [new Task({ name: 'bill', description: 'Pay', expectedOutput: 'Text', agent: clerk })],
});
`;

test.concurrent('a call that may not be made twice waits for a word, and the commands to say it are printed', async () => {
  const cwd = folderWith({ 'office.mjs': OFFICE, hangs: '' });
  const child = startCli(['run', './office.mjs'], { cwd });
  const end = ended(child);
  await says(child, 'at it');
  child.kill('SIGKILL');
  await end;
  const [{ runId } = { runId: '' }] = await runsIn(storeIn(cwd));
  const asks = await cli(['resume', runId], { cwd });
  expect(asks.code).toBe(3);
  expect(asks.stderr).toContain(`crewline resume ${runId} --decide bill/turn.1.tool.0=skip\n`);
  expect(asks.stderr).toContain(`--decide bill/turn.1.tool.0=retry\n`);
  const [, decision = ''] = /--decide '(bill\/[^=]*=.*)'/.exec(asks.stderr) ?? [];
  const decided = await cli(['resume', runId, '--decide', decision], { cwd });
  expect(decided).toMatchObject({ code: 0, stdout: 'paid\n' });
});

test.concurrent('one run is shown whole, what can be trusted of a damaged one is told, and old ones go', async () => {
  const cwd = folderWith({});
  const engine = sqlite({ file: join(cwd, '.crewline/runs.db') });
  const gather = new Task({ name: 'gather', execute: () => ['one', 'two'] });
  const publish = new Task({ name: 'publish', context: [gather], execute: () => 'published' });
  const crew = new Crew({ name: 'press', tasks: [gather, publish], engine });
  const { runId } = await crew.kickoff({ inputs: { topic: 'tea' } });
  await engine.stop();
  const shown = await cli(['runs', 'show', runId], { cwd });
  expect(shown.stdout).toMatch(/crew +press\n +status +done\n[\s\S]*inputs +\{"topic":"tea"\}/);
  expect(shown.stdout).toMatch(/ {2}gather {3}done · \d+ms\n {2}publish {2}done · \d+ms\n$/);

  const db = await openDatabase(storeIn(cwd));
  db.exec(`UPDATE records SET value = replace(value, 'two', 'six') WHERE label LIKE '["task","gather"%'`);
  db.close();
  expect(await crew.resume(runId).catch(String)).toContain(`crewline runs salvage ${runId}`);
  await engine.stop();
  const salvaged = await cli(['runs', 'salvage', runId, '--out', 'saved.json'], { cwd });
  expect(salvaged).toMatchObject({ code: 0, stdout: '' });
  expect(salvaged.stderr).toMatch(
    /^\d rows? can be trusted\. What is wrong: row \d: it is not what was written there\.\n$/,
  );
  const saved = JSON.parse(readFileSync(join(cwd, 'saved.json'), 'utf8'));
  expect(saved.run).toMatchObject({ runId, crew: 'press', inputs: { topic: 'tea' } });
  expect(saved.run.definition).toMatchObject({ 'task "publish", execute': expect.stringContaining('published') });
  expect(saved.records[0]).toMatchObject({ kind: 'note', key: 'gather', value: null });
  expect(saved.records).not.toContainEqual(expect.objectContaining({ kind: 'task', key: 'gather' }));

  expect((await cli(['runs', 'prune', '--older-than', '0h'], { cwd })).stdout).toBe('1 run removed.\n');
  expect(await runsIn(storeIn(cwd))).toEqual([]);
});

test.concurrent('without SQLite a run lives in memory, and says once what would keep it; who asked for it is refused', async () => {
  const cwd = folderWith({ 'press.mjs': PRESS });
  const env = { NODE_OPTIONS: `--require ${noSqlite}` };
  const [plain, asked] = await Promise.all([
    cli(['run', './press.mjs'], { cwd, env }),
    cli(['run', './press.mjs', '--engine', 'sqlite'], { cwd, env }),
  ]);
  expect(plain).toMatchObject({ code: 0, stdout: '2 published\n' });
  expect(plain.stderr.match(/npm install libsql/g)).toHaveLength(1);
  expect(plain.stderr).not.toContain('Run run_');
  expect(asked.code).toBe(2);
  expect(asked.stderr).toMatch(/npm install libsql\n {2}ENGINE_DRIVER_MISSING/);
});

test.concurrent('a crew that has an engine of its own keeps it, and what goes on with its runs names the crew', async () => {
  const own = PRESS.replace("'crewline';", "'crewline';\nimport { sqlite } from 'crewline/sqlite';").replace(
    'tasks: [gather, publish]',
    "tasks: [gather, publish], engine: sqlite({ file: 'own.db' })",
  );
  const cwd = folderWith({ 'press.mjs': own, down: '' });
  const failed = await cli(['run', './press.mjs', '--engine', 'memory'], { cwd });
  expect(failed.stderr).toContain('--engine memory was not used: the crew has an engine of its own.');
  expect(existsSync(join(cwd, '.crewline'))).toBe(false);
  rmSync(join(cwd, 'down'));
  const words = commandIn(failed.stderr);
  expect(words).toEqual(['resume', expect.stringMatching(/^run_/), './press.mjs']);
  const [, look = ''] = /is kept in own\.db\..*\nTo look at it: crewline (.*)/.exec(failed.stderr) ?? [];
  expect(look).toBe(`runs show ${words[1]} --engine sqlite:own.db`);
  expect((await cli(look.split(' '), { cwd })).stdout).toMatch(/gather +done/);
  expect((await cli(words, { cwd })).code).toBe(0);
});

test.concurrent('a plan says how long runs took, where any are kept, and makes no file to look', async () => {
  const folder = folderWith({ 'press.ts': PRESS });
  const before = await cli(['plan', './press.ts'], { cwd: folder });
  expect(before.stdout).not.toContain('expected');
  expect(existsSync(join(folder, '.crewline'))).toBe(false);
  await cli(['run', './press.ts'], { cwd: folder });
  const after = await cli(['plan', './press.ts'], { cwd: folder });
  expect(after.stdout).toMatch(/^expected +about \d+ ms, by the last run$/m);
});

test.concurrent('a task of an earlier run is worked again, and a run takes over what would be the same', async () => {
  const cwd = folderWith({ 'press.mjs': PRESS });
  const made = await cli(['run', './press.mjs'], { cwd });
  const [, runId = ''] = /Run (run_\S+) is kept/.exec(made.stderr) ?? [];
  const again = await cli(['replay', runId, '--from', 'publish'], { cwd });
  expect(again).toMatchObject({ code: 0, stdout: '2 published\n' });
  expect(again.stderr).toMatch(new RegExp(`gather   done, reused from ${runId}\n.*publish  started`));
  expect(readFileSync(join(cwd, 'calls.txt'), 'utf8')).toBe('gather publish publish ');
  const reused = await cli(['run', './press.mjs', '--reuse', runId, '--json'], { cwd });
  const events = reused.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.filter(({ type }) => type === 'task.reused')).toMatchObject([
    { taskName: 'gather', from: runId },
    { taskName: 'publish', from: runId },
  ]);
  expect(readFileSync(join(cwd, 'calls.txt'), 'utf8')).toBe('gather publish publish ');
});

const NO_RUN = `There is no run run_1: nothing has been kept in .crewline/runs.db yet.
Of a crew with an engine of its own, name the crew too.`;

test('wrong words about runs are wrong usage: nothing is touched', async () => {
  const cwd = folderWith({});
  const calls: readonly (readonly [Command, readonly string[], string])[] = [
    [
      run,
      ['--engine', 'postgres'],
      '--engine takes memory, sqlite, sqlite:<file>, dbos:<postgres url> or dbos (with CREWLINE_POSTGRES_URL), not "postgres".',
    ],
    [
      run,
      ['--engine', 'sqlite:'],
      '--engine takes memory, sqlite, sqlite:<file>, dbos:<postgres url> or dbos (with CREWLINE_POSTGRES_URL), not "sqlite:".',
    ],
    [resume, [], NO_RUN],
    [
      resume,
      ['--engine', 'memory'],
      'Runs in memory are gone with their process. Give --engine sqlite (.crewline/runs.db).',
    ],
    [
      resume,
      ['--decide', 'bill=what'],
      '--decide bill must be retry, skip, or what the call came to as JSON, not "what".',
    ],
    [resume, ['--decide', 'bill'], '--decide takes call=retry, call=skip or call=<json>, not "bill".'],
    [
      runsPrune,
      ['--older-than', 'soon'],
      '--older-than must be a time, not "soon": a number and h, d or w, such as 30d.',
    ],
    [runsPrune, [], '--older-than is missing: a number and h, d or w, such as 30d.'],
    [replay, [], '--from is missing: the task to work again.'],
    [replay, ['--from', 'a'], NO_RUN],
    [runs, ['--limit', '0'], '--limit takes a whole number above 0, not "0".'],
  ];
  const { stdout, stderr } = { stdout: new Output(process.stdout), stderr: new Output(process.stderr) };
  const session = {
    stdin: process.stdin,
    stdout,
    stderr,
    colours: { stdout: NO_COLOURS, stderr: NO_COLOURS },
    env: {},
    cwd,
    debug: false,
  };
  for (const [command, words, message] of calls) {
    const needed =
      command === run
        ? [fileURLToPath(new URL('fixtures/failing.ts', import.meta.url))]
        : command === resume || command === replay
          ? ['run_1']
          : [];
    const thrown = await command.work([...needed, ...words], session).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ message });
    expect(exitCodeOf(thrown)).toBe(2);
  }
  expect(readdirSync(cwd)).toEqual([]);
});
