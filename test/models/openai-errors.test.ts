import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { openai } from '../../src/models/openai.ts';
import { judgeConnection } from '../../src/models/openai-verdict.ts';
import type { StatusReply } from '../../src/testing/server.ts';
import { ask, failure, setUp, TEST_KEY } from './ask-model.ts';

const said = (message: string, code: string | null = null, type = 'invalid_request_error') => ({ message, code, type });

test.each<[StatusReply, string, boolean, RegExp]>([
  [{ status: 401, error: said('Incorrect API key.', 'invalid_api_key') }, 'AUTH', false, /Set OPENAI_API_KEY/],
  [{ status: 403, error: said('No access.') }, 'AUTH', false, /No access\. Set OPENAI_API_KEY/],
  [{ status: 402, error: said('Insufficient balance') }, 'QUOTA_EXHAUSTED', false, /no credit left/],
  [{ status: 429, error: said('You exceeded', 'insufficient_quota') }, 'QUOTA_EXHAUSTED', false, /no credit left/],
  [{ status: 429, error: said('Slow down') }, 'RATE_LIMITED', true, /answered 429: Slow down\./],
  [{ status: 400, error: said('temperature is too high') }, 'REQUEST_REFUSED', false, /temperature is too high/],
  [{ status: 422, body: '{"detail":[{"msg":"field required"}]}' }, 'REQUEST_REFUSED', false, /field required/],
  [
    { status: 404, error: said('no such model') },
    'REQUEST_REFUSED',
    false,
    /no model "test-model" at http.*\/v1, or the base/,
  ],
  [
    { status: 404, body: '<html>nginx</html>' },
    'REQUEST_REFUSED',
    false,
    /answered 404: a web page\. .*base URL is wrong/,
  ],
  [
    { status: 400, error: said('Too long', 'context_length_exceeded') },
    'CONTEXT_OVERFLOW',
    false,
    /Shorten the context/,
  ],
  [
    { status: 400, error: said("This model's maximum context length is 4096 tokens.") },
    'CONTEXT_OVERFLOW',
    false,
    /4096/,
  ],
  [{ status: 400, error: said('Filtered', 'content_filter') }, 'CONTENT_FILTERED', false, /Filtered/],
  [{ status: 408, body: '' }, 'TIMEOUT', true, /answered 408 without a word/],
  [{ status: 409, error: said('Locked') }, 'PROVIDER_DOWN', true, /Locked/],
  [{ status: 425, error: said('Early') }, 'PROVIDER_DOWN', true, /Early/],
  [{ status: 500, error: said('Oops', null, 'server_error') }, 'PROVIDER_DOWN', true, /answered 500: Oops\./],
  [{ status: 501, error: said('Never', null, 'server_error') }, 'PROVIDER_DOWN', false, /Never/],
  [{ status: 503, body: 'upstream connect error' }, 'PROVIDER_DOWN', true, /upstream connect error/],
  [{ status: 529, error: said('Overloaded') }, 'PROVIDER_DOWN', true, /Overloaded/],
  [{ status: 500, error: said('Broken'), headers: { 'x-should-retry': 'false' } }, 'PROVIDER_DOWN', false, /Broken/],
  [{ status: 422, error: said('Later'), headers: { 'x-should-retry': 'true' } }, 'REQUEST_REFUSED', true, /Later/],
  [{ status: 400, error: said('Never'), headers: { 'x-should-retry': 'true' } }, 'REQUEST_REFUSED', false, /Never/],
  [
    { status: 302, headers: { location: 'https://elsewhere.example/v1' } },
    'REQUEST_REFUSED',
    false,
    /redirect to https:.*not followed/,
  ],
])('status %o ends as %s', async (reply, code, retryable, says) => {
  const { model, server } = await setUp(reply);
  for (const stream of [false, true]) {
    const error = await failure(ask(model, { stream }));
    expect(error).toMatchObject({ code, retryable, status: reply.status });
    expect(error).toMatchObject({ runId: 'run-1', taskName: 'research', agent: 'Analyst' });
    expect(error.message).toMatch(says);
  }
  expect(server.requests).toHaveLength(2);
});

test('an error carries the id of the request, for the provider to look up', async () => {
  const { model } = await setUp({ status: 500, headers: { 'x-request-id': 'req_123' } });
  const error = await failure(ask(model));
  expect(error.requestId).toBe('req_123');
  expect(error.message).toContain('(request req_123)');
});

test("a provider's words are capped", async () => {
  const { model } = await setUp({ status: 400, error: { message: 'x'.repeat(200_000) } });
  expect((await failure(ask(model))).message.length).toBeLessThan(700);
});

test.each<[string, StatusReply | { raw: string }]>([
  ['its own key', { status: 401, error: { message: `Incorrect key ${TEST_KEY} sent as Bearer ${TEST_KEY}` } }],
  ['its own key at the cut', { status: 401, body: `${' '.repeat(2010)}${TEST_KEY}${'x'.repeat(4000)}` }],
  ['a key that looks like one', { status: 401, error: { message: 'Incorrect key sk-abcd****************wxyz' } }],
  ['its own key in a 200', { raw: `you sent ${TEST_KEY}` }],
  ['its own key as request id', { status: 500, headers: { 'x-request-id': TEST_KEY } }],
])('an error never shows the key: %s', async (_, reply) => {
  const { model } = await setUp(reply);
  const error = await failure(ask(model));
  const shown = [error.message, String(error), JSON.stringify(error), inspect(error, { depth: 9, showHidden: true })];
  expect(shown.join('\n')).not.toMatch(/sk-secret|key-of-the-test|sk-abcd/);
});

test('a server that is not there is named, with a hint at the base URL', async () => {
  const { server, model } = await setUp('never');
  await server.close();
  const error = await failure(ask(model));
  const { host } = new URL(server.url);
  expect(error).toMatchObject({ code: 'PROVIDER_DOWN', retryable: true });
  expect(error.message).toBe(
    `test-model at ${host} cannot be reached: nothing listens at ${host}. Check the base URL, ${server.url} (option baseURL, or OPENAI_BASE_URL).`,
  );
});

test.each([
  ['ENOTFOUND', 'there is no host api.example', false],
  ['EAI_AGAIN', 'the name api.example could not be looked up', true],
  ['UND_ERR_CONNECT_TIMEOUT', 'api.example does not answer', true],
  ['CERT_HAS_EXPIRED', 'the secure connection to api.example failed (oh)', false],
  ['ENETUNREACH', 'oh (api.example)', true],
])('a connection that fails with %s says what happened, and whether it may pass', (code, says, mayPass) => {
  expect(judgeConnection(code, 'api.example', 'oh')).toEqual([says, mayPass]);
});

test('https to a server that speaks http says that the secure connection failed', async () => {
  const { server } = await setUp('never');
  const error = await failure(ask(openai({ model: 'm', baseURL: server.url.replace('http:', 'https:') })));
  expect(error).toMatchObject({ code: 'PROVIDER_DOWN', retryable: false });
  expect(error.message).toMatch(/secure connection to 127\.0\.0\.1:\d+ failed/);
});

test('a server that speaks no HTTP is an error', async () => {
  const server = createServer((socket) => socket.end('220 mail.example ESMTP\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const error = await failure(ask(openai({ model: 'm', baseURL: `http://127.0.0.1:${port}/v1` })));
  expect(error.code).toBe('PROVIDER_DOWN');
});

test('a reset before the answer may be retried', async () => {
  const { model } = await setUp({ cut: 'headers' });
  const error = await failure(ask(model));
  expect(error).toMatchObject({ code: 'PROVIDER_DOWN', retryable: true });
  expect(error.message).toContain('closed the connection');
});

test('a reset in the middle of a body or a stream is a cut answer', async () => {
  const { model, server } = await setUp({ cut: 'body' });
  expect(await failure(ask(model))).toMatchObject({ code: 'STREAM_TRUNCATED', retryable: true });
  server.respond({ cut: 'stream', afterBytes: 300, text: 'So far so good' });
  const error = await failure(ask(model, { stream: true }));
  expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', retryable: true });
  expect(error.message).toContain('broke off in the middle of its answer');
});
