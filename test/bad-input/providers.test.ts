import { createServer } from 'node:http';
import { Crew, type CrewError, type Model, ModelError, openai, Task } from 'crewline';
import { modelServer, type Reply } from 'crewline/testing';
import { expect, onTestFinished, test, vi } from 'vitest';
import { agent, failure, serve } from '../serve.ts';

/** What a user reads when a crew of one task works with this model. */
async function errorWith(model: Model | string): Promise<CrewError> {
  const worker = agent('Worker', { model });
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: worker });
  const error = await failure(new Crew({ name: 'newsroom', agents: [worker], tasks: [only] }).kickoff());
  expect(error).toMatchObject({ taskName: 'only', agent: 'Worker' });
  expect(error).toBeInstanceOf(ModelError);
  return error;
}

/** The same with the address, which differs from run to run, written as HOST. */
async function saysWith(model: Model | string): Promise<string> {
  const { code, message } = await errorWith(model);
  return `${code} ${message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')}`;
}

async function saysAbout(reply: Reply, listens = false): Promise<string> {
  const { server, model } = await serve(reply, { retries: 0 });
  const worker = agent('Worker', { model });
  if (!listens) return saysWith(model);
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: worker });
  const run = new Crew({ name: 'newsroom', agents: [worker], tasks: [only] }).start();
  run.on('model.delta', () => undefined);
  const { code, message } = await failure(run.result);
  expect(server.requests).toHaveLength(1);
  return `${code} ${message.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')}`;
}

test('a wrong key', async () => {
  const server = await modelServer({ apiKey: 'the right one' });
  onTestFinished(() => server.close());
  const key = 'sk-wrong-0123456789';
  const error = await errorWith(openai({ model: 'm', baseURL: server.url, apiKey: key }));
  expect(error.code).toBe('AUTH');
  expect(error.message.replace(/127\.0\.0\.1:\d+/, 'HOST')).toBe(
    'm at HOST answered 401: Incorrect API key provided. Set OPENAI_API_KEY to a valid key, or pass apiKey to openai({ … }).',
  );
  expect(JSON.stringify([error, error.cause, error.stack])).not.toContain(key);
  expect(server.requests).toHaveLength(1);
});

test('no key', async () => {
  vi.stubEnv('OPENAI_API_KEY', '');
  vi.stubEnv('OPENAI_BASE_URL', '');
  try {
    expect(await saysWith('gpt-5-mini')).toBe(
      'AUTH gpt-5-mini needs a key for api.openai.com. Set OPENAI_API_KEY, or pass apiKey; for a server of your own set OPENAI_BASE_URL, or pass baseURL.',
    );
  } finally {
    vi.unstubAllEnvs();
  }
});

test('a wrong base URL: nothing listens there', async () => {
  const closed = await modelServer();
  await closed.close();
  expect(await saysWith(openai({ model: 'm', baseURL: closed.url, apiKey: 'k', retries: 0 }))).toBe(
    'PROVIDER_DOWN m at HOST cannot be reached: nothing listens at HOST. Check the base URL, http://HOST/v1 (option baseURL, or OPENAI_BASE_URL).',
  );
});

test('a wrong base URL: there is no such host', async () => {
  expect(
    await saysWith(openai({ model: 'm', baseURL: 'http://no-such-host.invalid/v1', apiKey: 'k', retries: 0 })),
  ).toMatch(
    /^PROVIDER_DOWN m at no-such-host\.invalid cannot be reached: (?:there is no host no-such-host\.invalid|the name no-such-host\.invalid could not be looked up)\. Check the base URL, http:\/\/no-such-host\.invalid\/v1 \(option baseURL, or OPENAI_BASE_URL\)\.$/,
  );
});

test('a wrong base URL: the server does not know the path', async () => {
  const { server } = await serve();
  expect(await saysWith(openai({ model: 'm', baseURL: server.url.replace('/v1', ''), apiKey: 'k' }))).toBe(
    'REQUEST_REFUSED m at HOST answered 404: Unknown request URL: POST /chat/completions. There is no model "m" at http://HOST, or the base URL is wrong; most end in /v1.',
  );
});

test('a wrong base URL: it redirects elsewhere, which is not followed', async () => {
  const there = createServer((_, response) => response.writeHead(301, { location: 'https://example.com/' }).end());
  await new Promise<void>((resolve) => there.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void there.close());
  const { port } = Object(there.address());
  expect(await saysWith(openai({ model: 'm', baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k' }))).toBe(
    'REQUEST_REFUSED m at HOST answered 301: redirect to https://example.com/. Redirects are not followed; correct the base URL, http://HOST/v1.',
  );
});

const PAGE = '<!doctype html><html><body>Welcome to nginx</body></html>';
const USELESS = `BAD_RESPONSE m at HOST gave an answer that cannot be used: it is not JSON. It begins: ${PAGE} This is a web page: the base URL http://HOST/v1 is probably wrong; most end in /v1.`;

test.each([false, true])('an answer that is HTML is never taken for an answer (streamed: %s)', async (listens) => {
  expect(await saysAbout({ raw: PAGE, contentType: 'text/html' }, listens)).toBe(USELESS);
});

test('an error page that is HTML', async () => {
  expect(await saysAbout({ status: 404, body: PAGE, headers: { 'content-type': 'text/html' } })).toBe(
    'REQUEST_REFUSED m at HOST answered 404: a web page. There is no model "m" at http://HOST/v1, or the base URL is wrong; most end in /v1.',
  );
});

test.each([false, true])(
  'an answer that is empty, cut or withheld is never taken for an answer (streamed: %s)',
  async (listens) => {
    expect(await saysAbout('', listens)).toMatch(/^BAD_RESPONSE /);
    expect(await saysAbout({ raw: '' }, listens)).toMatch(/^BAD_RESPONSE /);
    expect(await saysAbout({ text: ' ', finishReason: 'length' }, listens)).toMatch(/^OUTPUT_TRUNCATED /);
    expect(await saysAbout({ text: 'some', finishReason: 'content_filter' }, listens)).toMatch(/^CONTENT_FILTERED /);
    expect(await saysAbout({ cut: listens ? 'stream' : 'body' }, listens)).toMatch(/^STREAM_TRUNCATED /);
  },
);

test('a model of one’s own that throws', async () => {
  const broken: Model = {
    name: 'mine',
    // biome-ignore lint/correctness/useYield: it throws before its first part
    async *generate() {
      throw new TypeError('no such thing');
    },
  };
  expect(await saysWith(broken)).toBe('MODEL_FAILED Model "mine" failed: no such thing');
});
