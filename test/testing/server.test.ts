import { expect, onTestFinished, test } from 'vitest';
import { type ModelServer, type ModelServerOptions, modelServer } from '../../src/testing/server.ts';

async function start(options: ModelServerOptions = {}): Promise<ModelServer> {
  const server = await modelServer(options);
  onTestFinished(() => server.close());
  return server;
}

const USER = { role: 'user', content: 'Hello there' };

/** A plain call, as any client would make it. */
function post(server: ModelServer, body: object, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${server.url}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'm', messages: [USER], ...body }),
  });
}

test('a text is answered as a chat completion, with usage counted from the characters', async () => {
  const server = await start({ respond: 'Hi, you!' });
  const response = await post(server, {});
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toMatchObject({
    object: 'chat.completion',
    model: 'm',
    choices: [{ message: { role: 'assistant', content: 'Hi, you!' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
  });
});

test('the same reply is streamed to who asks for a stream', async () => {
  const server = await start({ respond: { text: 'Hi, you!', chunks: 2 } });
  const text = await (await post(server, { stream: true })).text();
  const events = text.trim().split('\n\n');
  expect(events.at(-1)).toBe('data: [DONE]');
  expect(
    events.filter((event) => event.includes('"content":"Hi, "') || event.includes('"content":"you!"')),
  ).toHaveLength(2);
  expect(text).toContain('"finish_reason":"stop"');
  expect(text).toContain('"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}');
});

test('a handler sees the conversation, and its answer may depend on it', async () => {
  const server = await start({
    respond: ({ messages, lastUser, tools, model, stream, index }) =>
      JSON.stringify([messages.length, lastUser, tools, model, stream, index]),
  });
  const tools = [{ type: 'function', function: { name: 'search' } }];
  const body: unknown = await (
    await post(server, { tools, messages: [{ role: 'system', content: 'Be.' }, USER] })
  ).json();
  expect(body).toMatchObject({ choices: [{ message: { content: '[2,"Hello there",["search"],"m",false,0]' } }] });
});

test('calls are recorded in order, without their key', async () => {
  const server = await start();
  await post(server, { seed: 1 }, { authorization: 'Bearer secret', 'x-mine': 'yes' });
  await post(server, { seed: 2 });
  expect(server.requests.map((request) => request.body)).toMatchObject([{ seed: 1 }, { seed: 2 }]);
  expect(server.requests[0]).toMatchObject({ path: '/v1/chat/completions', headers: { 'x-mine': 'yes' } });
  expect(server.requests[1]?.at).toBeGreaterThanOrEqual(server.requests[0]?.at ?? Number.POSITIVE_INFINITY);
  expect(JSON.stringify(server.requests)).not.toContain('secret');
});

test('with a key set, every other key is refused', async () => {
  const server = await start({ apiKey: 'right' });
  expect((await post(server, {}, { authorization: 'Bearer wrong' })).status).toBe(401);
  expect((await post(server, {}, { authorization: 'Bearer right' })).status).toBe(200);
});

test('tool calls are answered with ids, and arguments as JSON text', async () => {
  const server = await start({ respond: { toolCalls: [{ name: 'search', arguments: { q: 'x' } }] } });
  expect(await (await post(server, {})).json()).toMatchObject({
    choices: [
      {
        message: {
          content: null,
          tool_calls: [{ id: 'call_0_0', type: 'function', function: { name: 'search', arguments: '{"q":"x"}' } }],
        },
        finish_reason: 'tool_calls',
      },
    ],
  });
});

const CALL = { role: 'assistant', tool_calls: [{ id: 'a', function: { name: 'search', arguments: '{}' } }] };
const RESULT = { role: 'tool', tool_call_id: 'a', content: 'found' };

test.each([
  ['an unanswered tool call', [USER, CALL], 'must be followed by tool messages'],
  ['a tool call answered too late', [USER, CALL, USER, RESULT], 'must be followed by tool messages'],
  ['a tool call answered twice', [USER, CALL, RESULT, RESULT], 'answered twice'],
  ['an answer nobody asked for', [USER, RESULT], 'must be a response to a preceding message'],
  ['an unknown role', [{ role: 'boss', content: 'Go' }], 'there is no role'],
  ['no messages', [], 'at least one message'],
])('a conversation with %s is refused, as real servers do', async (_, messages, says) => {
  const server = await start();
  const response = await post(server, { messages });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain(says);
});

test('a conversation whose tool calls are all answered is let in, with the name of each tool', async () => {
  const server = await start({
    respond: ({ messages }) => `${messages.map((one) => (one.role === 'tool' ? one.name : one.role))}`,
  });
  expect(await (await post(server, { messages: [USER, CALL, RESULT] })).text()).toContain('user,assistant,search');
});

test('statuses, headers and odd bodies are answered as told', async () => {
  const server = await start({
    respond: { status: 429, headers: { 'retry-after': '2' }, error: { message: 'Slow', code: 'rate' } },
  });
  const refused = await post(server, {});
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '2']);
  expect(await refused.json()).toMatchObject({ error: { message: 'Slow', code: 'rate' } });
  server.respond({ raw: ['<ht', 'ml>'], contentType: 'text/html' });
  const odd = await post(server, {});
  expect([odd.headers.get('content-type'), await odd.text()]).toEqual(['text/html', '<html>']);
});

test('a path that is not there, and a handler that throws, are errors', async () => {
  const server = await start({
    respond: () => {
      throw new Error('oh no');
    },
  });
  expect((await fetch(server.url.replace('/v1', '/chat/completions'), { method: 'POST' })).status).toBe(404);
  const response = await post(server, {});
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('the handler threw: oh no');
});

test.each(['headers', 'body', 'stream'] as const)('a connection can be reset in the %s', async (cut) => {
  const server = await start({ respond: { cut, afterBytes: 10 } });
  const read = async () => (await post(server, { stream: cut === 'stream' })).text();
  await expect(read()).rejects.toThrow();
});

test('calls at the same time are counted, and delays take their time from the clock given', async () => {
  const timers: (() => void)[] = [];
  const runtime = {
    now: () => 0,
    monotonic: () => 0,
    random: () => 0,
    uuid: () => '',
    timer: (_: number, fn: () => void) => {
      timers.push(fn);
      return () => {};
    },
  };
  const server = await start({ runtime, respond: { text: 'late', delayMs: 3_600_000 } });
  const all = Promise.all([1, 2, 3].map(async () => (await post(server, {})).status));
  while (timers.length < 3) await new Promise((resolve) => setImmediate(resolve));
  expect([server.concurrency, server.sockets]).toEqual([3, 3]);
  for (const fire of timers) fire();
  expect(await all).toEqual([200, 200, 200]);
  expect([server.peakConcurrency, server.peakSockets]).toEqual([3, 3]);
});

test('closing cuts calls under way, and may be done twice', async () => {
  const server = await start({ respond: { hang: true } });
  const asked = post(server, {});
  asked.catch(() => undefined);
  while (server.concurrency === 0) await new Promise((resolve) => setImmediate(resolve));
  await server.close();
  await server[Symbol.asyncDispose]();
  await expect(asked).rejects.toThrow();
  expect(server.sockets).toBe(0);
});
