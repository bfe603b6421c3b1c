import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { modelServer, respondInOrder } from '../../src/testing/server.ts';
import { cli, folderWith } from '../cli/cli.ts';
import { spellingsOf, tracesOf } from './spellings.ts';

const KEY = 'sk-canary-7Yh2+Kq.9Lm';
const TOKEN = 'hush-canary/5Rt8+1Vb=';
const TRACES = [...tracesOf(KEY), ...tracesOf(TOKEN)];

test.each([
  ['lines', []],
  ['JSON lines', ['--json', '--deltas']],
  ['stacks', ['--debug']],
])('the command line writes no secret of its environment: as %s, and in what it records', async (_, words) => {
  const echo = [KEY, TOKEN]
    .flatMap((value) => spellingsOf(value, 'Bearer ', ' sent').map(({ text }) => text))
    .join(' and ');
  const server = await modelServer({
    respond: respondInOrder([
      { text: `Let me see ${KEY}.`, toolCalls: [{ name: 'search', arguments: { with: KEY } }] },
      { status: 401, error: { message: `You sent authorization: ${echo}`, code: KEY } },
    ]),
  });
  onTestFinished(() => server.close());
  const file = join(folderWith({}), 'calls.json');
  const env = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: server.url, SEARCH_TOKEN: TOKEN };
  const { code, stdout, stderr } = await cli(['run', './leaky.ts', '--model', 'm', '--record', file, ...words], {
    cwd: join(import.meta.dirname, '../cli/fixtures'),
    env,
  });
  expect(code).toBe(1);
  expect(server.requests.length).toBeGreaterThan(0);
  const recorded = readFileSync(file, 'utf8');
  expect(`${stdout}${stderr}`).toContain('[secret]');
  expect(recorded).toContain('[secret]');
  for (const [name, bytes] of Object.entries({ stdout, stderr, recorded })) {
    expect(
      TRACES.filter((trace) => bytes.includes(trace)),
      name,
    ).toEqual([]);
  }
});
