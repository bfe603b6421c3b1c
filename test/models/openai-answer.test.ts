import { expect, test } from 'vitest';
import { ask, failure, setUp, textOf } from './ask-model.ts';

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;
const delta = (fields: object, finish: string | null = null) =>
  event({ choices: [{ index: 0, delta: fields, finish_reason: finish }] });
const DONE = 'data: [DONE]\n\n';
const choice = (message: object, finish: string | null = 'stop') =>
  JSON.stringify({ choices: [{ index: 0, message, finish_reason: finish }] });

test('a whole answer gives its text, then the end with usage', async () => {
  const { model } = await setUp({
    text: 'Hello there',
    usage: { prompt: 20, completion: 3, cached: 12, reasoning: 1 },
  });
  expect(await ask(model)).toEqual([
    { type: 'text', text: 'Hello there' },
    {
      type: 'end',
      finishReason: 'stop',
      usage: { inputTokens: 20, outputTokens: 3, cachedInputTokens: 12, reasoningTokens: 1 },
    },
  ]);
});

test('a streamed answer gives its text in pieces, then the same end', async () => {
  const { model } = await setUp({
    text: 'Hello there, 👩‍🚀',
    chunks: 5,
    delayBetweenMs: 1,
    usage: { prompt: 20, completion: 3 },
  });
  const parts = await ask(model, { stream: true });
  expect(textOf(parts)).toBe('Hello there, 👩‍🚀');
  expect(parts.filter((part) => part.type === 'text')).toHaveLength(5);
  expect(parts.at(-1)).toEqual({ type: 'end', finishReason: 'stop', usage: { inputTokens: 20, outputTokens: 3 } });
});

test('usage that the server leaves out is left out', async () => {
  const { model } = await setUp({ text: 'fine', usage: null });
  for (const stream of [true, false]) {
    expect((await ask(model, { stream })).at(-1)).toEqual({ type: 'end', finishReason: 'stop' });
  }
});

test('tool calls come after the text, streamed or not', async () => {
  const { model } = await setUp({
    text: 'Let me look.',
    toolCalls: [
      { name: 'search', arguments: { q: 'crews' }, id: 'a' },
      { name: 'read', arguments: { path: 'x.md' }, id: 'b' },
    ],
  });
  for (const stream of [true, false]) {
    const parts = await ask(model, { stream });
    expect(textOf(parts)).toBe('Let me look.');
    expect(parts.filter((part) => part.type !== 'text')).toMatchObject([
      { type: 'toolCall', id: 'a', name: 'search', arguments: '{"q":"crews"}' },
      { type: 'toolCall', id: 'b', name: 'read', arguments: '{"path":"x.md"}' },
      { type: 'end', finishReason: 'toolCalls' },
    ]);
  }
});

test.each([
  ['length', 'length'],
  ['content_filter', 'filter'],
  ['stop', 'stop'],
  ['eos', 'stop'],
])('an answer that ends with %s is reported as %s', async (finishReason, reported) => {
  const { model } = await setUp({ text: 'So far so', finishReason });
  for (const stream of [true, false]) {
    const parts = await ask(model, { stream });
    expect(textOf(parts)).toBe('So far so');
    expect(parts.at(-1)).toMatchObject({ type: 'end', finishReason: reported });
  }
});

test('tool calls cut by the length limit are not given', async () => {
  const { model } = await setUp({ toolCalls: [{ name: 'search', arguments: '{"q":"cu' }], finishReason: 'length' });
  for (const stream of [true, false]) {
    expect(await ask(model, { stream })).toMatchObject([{ type: 'end', finishReason: 'length' }]);
  }
});

test('a refusal gives its words and is reported as one', async () => {
  const { model } = await setUp({ text: '', refusal: 'I cannot help with that.' });
  for (const stream of [true, false]) {
    const parts = await ask(model, { stream });
    expect(textOf(parts)).toBe('I cannot help with that.');
    expect(parts.at(-1)).toMatchObject({ type: 'end', finishReason: 'refusal' });
  }
});

test('a server that cannot stream and answers with JSON is understood', async () => {
  const { model } = await setUp({ raw: choice({ content: 'whole' }), contentType: 'application/json' });
  expect(textOf(await ask(model, { stream: true }))).toBe('whole');
});

test('keys that reach a prototype are dropped', async () => {
  const { model } = await setUp({ raw: `{"__proto__":{"polluted":true},${choice({ content: 'fine' }).slice(1)}` });
  expect(textOf(await ask(model))).toBe('fine');
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test.each([
  ['text that is no JSON', 'Service temporarily confused', 'not JSON. It begins: Service temporarily confused'],
  ['an empty body', '', 'its body is empty'],
  ['no choices', '{"choices":[]}', 'it has no choices'],
  ['no choices at all', '{"object":"list"}', 'it has no choices'],
  ['a choice that is a text', '{"choices":["hi"]}', 'its choice is not an object'],
  ['no message', '{"choices":[{"finish_reason":"stop"}]}', 'its choice has no message'],
  ['null as content', choice({ content: null }), 'neither text nor tool calls'],
  ['blank content', choice({ content: ' \n' }), 'neither text nor tool calls'],
  ['content of a wrong type', choice({ content: 7 }), 'its content is not a text'],
  ['no finish_reason', choice({ content: 'hi' }, null), 'it has no finish_reason'],
  ['an end in error', choice({ content: 'hi' }, 'error'), 'finish_reason "error"'],
  ['tool calls of a wrong type', choice({ tool_calls: 'search' }), 'tool_calls is not a list'],
  ['a tool call without a function', choice({ tool_calls: [{ id: 'a' }] }), 'names no function'],
  ['a list', '[]', 'it is not a JSON object'],
  ['absurd depth', `${'['.repeat(2000)}${']'.repeat(2000)}`, 'it is not JSON'],
])('a 200 with %s is a bad response that may be retried', async (_, raw, says) => {
  const { model } = await setUp({ raw });
  const error = await failure(ask(model));
  expect(error).toMatchObject({ code: 'BAD_RESPONSE', retryable: true, status: 200, taskName: 'research' });
  expect(error.message).toContain(says);
});

test.each([true, false])('a web page is a bad response with a hint at the base URL (stream: %s)', async (stream) => {
  const { model } = await setUp({ raw: '<!DOCTYPE html><html><body>Welcome</body></html>', contentType: 'text/html' });
  const error = await failure(ask(model, { stream }));
  expect(error.code).toBe('BAD_RESPONSE');
  expect(error.message).toMatch(/This is a web page: the base URL http:.* is probably wrong; most end in \/v1/);
});

test('a body larger than 32 MB is a bad response', async () => {
  const { model } = await setUp({ raw: Array.from({ length: 33 }, () => new Uint8Array(1024 * 1024).fill(32)) });
  for (const stream of [true, false]) {
    const error = await failure(ask(model, { stream }));
    expect(error.code).toBe('BAD_RESPONSE');
    expect(error.message).toMatch(/larger than (32|4) MB/);
  }
});

test.each([
  ['no [DONE]', [delta({ content: 'So far' }), delta({}, 'stop')], 'without its last event, [DONE]'],
  ['no finish_reason', [delta({ content: 'So far' }), DONE], 'without a finish_reason'],
  ['neither', [delta({ content: 'So far' })], 'without a finish_reason'],
  ['a last event cut inside', [delta({ content: 'So far' }), 'data: {"choices":[{"de'], ''],
])('a stream with %s counts as cut, never as an answer', async (_, raw, says) => {
  const { model } = await setUp({ raw });
  const error = await failure(ask(model, { stream: true }));
  expect(error).toMatchObject({ code: 'STREAM_TRUNCATED', retryable: true, text: 'So far' });
  expect(error.message).toContain(says);
});

test.each([
  ['an event that is no JSON', [delta({ content: 'So far' }), 'data: {oops\n\n', DONE], 'it is not JSON'],
  ['a delta of a wrong type', [event({ choices: [{ delta: 'hi' }] }), DONE], 'a delta is not an object'],
  ['nothing in it', [], 'its body is empty'],
  ['no event in it', ['hello\n\nthere'], 'it is not a stream of events. It begins: hello there'],
  ['an empty answer', [delta({}, 'stop'), DONE], 'neither text nor tool calls'],
])('a stream with %s is a bad response', async (_, raw, says) => {
  const { model } = await setUp({ raw });
  const error = await failure(ask(model, { stream: true }));
  expect(error).toMatchObject({ code: 'BAD_RESPONSE', retryable: true });
  expect(error.message).toContain(says);
});

test('a last event without its empty line is enough', async () => {
  const { model } = await setUp({ raw: [delta({ content: 'all' }, 'stop'), 'data: [DONE]'] });
  expect(textOf(await ask(model, { stream: true }))).toBe('all');
});

test('what is not about the answer is passed over: comments, other choices, odd events', async () => {
  const { model } = await setUp({
    raw: [
      ': keep-alive\n\n',
      event({ type: 'ping' }),
      event({ choices: [], prompt_filter_results: [] }),
      event({ choices: [{ index: 1, delta: { content: 'other' } }] }),
      delta({ content: 'one' }),
      delta({ content: null }, 'stop'),
      event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 1 } }),
      DONE,
    ],
  });
  expect(await ask(model, { stream: true })).toEqual([
    { type: 'text', text: 'one' },
    { type: 'end', finishReason: 'stop', usage: { inputTokens: 5, outputTokens: 1 } },
  ]);
});

test.each([
  ['a rate limit', { message: 'Slow down', code: 'rate_limit_exceeded' }, 'RATE_LIMITED', true],
  ['an empty account', { message: 'Pay', type: 'insufficient_quota' }, 'QUOTA_EXHAUSTED', false],
  ['a status as code', { message: 'Upstream died', code: 502 }, 'PROVIDER_DOWN', true],
  ['a bare text', 'model overloaded', 'BAD_RESPONSE', true],
])('an error inside a 200 that says %s is that error', async (_, error, code, retryable) => {
  const { model, server } = await setUp({ raw: JSON.stringify({ error }) });
  expect(await failure(ask(model))).toMatchObject({ code, retryable });
  server.respond({ raw: [delta({ content: 'So far' }), event({ error })] });
  expect(await failure(ask(model, { stream: true }))).toMatchObject({ code, retryable, text: 'So far' });
});
