import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli, folderWith } from './cli.ts';

const CREW = ['run', './agents.ts', '--input', 'topic=tea'];

test('a run is recorded, and replayed without a model: the same result, the same calls, no key', async () => {
  const file = join(folderWith({}), 'tea.json');
  const recorded = await cli([...CREW, '--record', file, '--model', 'offline']);
  expect(recorded).toMatchObject({ code: 0, stderr: expect.stringMatching(/\d+ calls recorded in .*tea\.json\./) });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  // No --model, and none in the environment: the recording names one.
  const replayed = await cli([...CREW, '--from-recording', file]);
  expect(replayed).toMatchObject({ code: 0, stdout: recorded.stdout });
  expect(replayed.stderr).toContain('offline');
  expect(replayed.stderr).not.toContain('not asked for');
});

test('a replay whose request has changed fails with what is different', async () => {
  const file = join(folderWith({}), 'tea.json');
  await cli([...CREW, '--record', file, '--model', 'offline']);
  const { code, stderr } = await cli(['run', './agents.ts', '--input', 'topic=coffee', '--from-recording', file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/✗ The recording .*tea\.json has no answer to call turn\.1\.model of task "research"/);
  expect(stderr).toMatch(/- .*about tea/);
  expect(stderr).toMatch(/\+ .*about coffee/);
  expect(stderr).toMatch(/RECORDING_MISS · task research · agent Analyst/);
  expect(stderr).toMatch(/recorded calls? not asked for: (?!.*research\/turn\.1\.model)/);
  // Whole once, with what is different; where it happened only how it begins.
  expect(stderr.match(/^ .*RECORDING_MISS: The recording .*…$/gm)).toHaveLength(2);
  expect(stderr.match(/about coffee/g)).toHaveLength(1);
  expect(stderr).toContain('No model was called.');
});

test('an agent with a model of its own is recorded and replayed too, errors and all', async () => {
  const file = join(folderWith({}), 'mine.json');
  const failed = await cli(['run', './models.ts', '--record', file], { env: { TEST_MODEL: 'fails' } });
  expect(failed.code).toBe(1);
  const replayed = await cli(['run', './models.ts', '--from-recording', file]);
  expect(replayed.code).toBe(1);
  expect(replayed.stderr).toContain('the server is down');
});

test('wrong recordings are wrong usage: nothing is spent', async () => {
  const folder = folderWith({ 'broken.json': '{"crewline": "rec' });
  const file = join(folder, 'broken.json');
  const both = await cli([...CREW, '--record', file, '--from-recording', file, '--model', 'offline']);
  expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining('not both') });
  const broken = await cli([...CREW, '--from-recording', file]);
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('is not JSON') });
  const missing = await cli([...CREW, '--from-recording', join(folder, 'none.json')]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('does not exist') });
  const nowhere = await cli([...CREW, '--record', join(folder, 'no', 'where.json'), '--model', 'offline']);
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no folder') });
  expect(readFileSync(file, 'utf8')).toBe('{"crewline": "rec');
});

test('a secret of the environment does not reach the file, and the replay without it is the same', async () => {
  const folder = folderWith({});
  const file = join(folder, 'secret.json');
  const key = 'hush-hush-canary-0815';
  const words = ['run', './agents.ts', '--input', `topic=tea and ${key}`];
  const env = { SEARCH_TOKEN: key };
  expect((await cli([...words, '--record', file, '--model', 'offline'], { env })).code).toBe(0);
  expect(readFileSync(file, 'utf8')).not.toContain(key);
  writeFileSync(join(folder, 'copy.json'), readFileSync(file));
  const other = ['run', './agents.ts', '--input', 'topic=tea and another-key-of-today'];
  const replayed = await cli([...other, '--from-recording', file], { env: { SEARCH_TOKEN: 'another-key-of-today' } });
  expect(replayed.code).toBe(0);
});
