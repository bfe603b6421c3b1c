import { expect, test } from 'vitest';
import { modelServer, type Reply, type ServerRequest } from '../../src/testing/index.ts';
import { HARBOUR } from './documents.ts';
import { folderOf, runCrew } from './run-crew.ts';

const NOTES = { findings: [{ statement: 'A ticket for the ferry costs 12 euros.', file: 'prices/tickets.md' }] };
const WITHOUT_FILE = '# Ferries\n\nA ticket costs 12 euros.';
const DRAFT = '# Ferries\n\nA ticket costs 12 euros (`prices/tickets.md`).';
const REPORT = '# Ferries\n\nA ticket for the ferry costs 12 euros (`prices/tickets.md`).';

/** What a model would say at each point of the research report. */
function answer({ messages, lastUser }: ServerRequest): Reply {
  const role = /# Role\n(\w+)/.exec(messages[0]?.content ?? '')?.[1];
  if (role === 'Reviewer') return REPORT;
  if (role === 'Writer') return lastUser.includes('Each finding needs its file') ? DRAFT : WITHOUT_FILE;
  if (messages.some((message) => message.role === 'tool')) return JSON.stringify(NOTES);
  return { toolCalls: [{ name: 'read_file', arguments: { path: 'prices/tickets.md' } }] };
}

test('with a server in the environment, the same crew works with a real model', async () => {
  await using server = await modelServer({ respond: answer, apiKey: 'secret' });
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'secret' };
  const inputs = { topic: 'ferry', folder: folderOf(HARBOUR) };
  const { code, stderr, written } = await runCrew('research-report', inputs, env);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(written('out/research-report.md')).toBe(REPORT);
  const bodies = server.requests.map((request) => JSON.stringify(request.body));
  // Two calls to research, a draft sent back once by the guardrail, and a review that reads notes and draft.
  expect(bodies).toHaveLength(5);
  expect(bodies[0]).toContain('"model":"gpt-5-mini"');
  expect(bodies[1]).toContain('children travel free');
  expect(bodies[3]).toContain('Not mentioned: prices/tickets.md');
  expect(bodies[4]).toMatch(/<result task=\\"research\\" mark.*<result task=\\"draft\\" mark/);
});

test('CREWLINE_MODEL names the model, for a server that has others', async () => {
  await using server = await modelServer({ respond: answer });
  const env = { OPENAI_BASE_URL: server.url, CREWLINE_MODEL: 'qwen3:8b' };
  const { code } = await runCrew('research-report', { topic: 'ferry', folder: folderOf(HARBOUR) }, env);
  expect(new Set(server.requests.map(({ body }) => Object(body).model))).toEqual(new Set(['qwen3:8b']));
  expect(code).toBe(0);
});
