import { expect, test } from 'vitest';
import { toBody } from '../../src/models/openai-request.ts';
import type { ModelRequest } from '../../src/spec/model.ts';
import { ask, setUp } from './ask-model.ts';

const MESSAGES: ModelRequest['messages'] = [
  { role: 'system', content: 'You are terse.' },
  { role: 'user', content: 'Search.' },
  { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'search', arguments: '{"q":"x"}' }] },
  { role: 'tool', callId: 'c1', name: 'search', content: 'found' },
  { role: 'assistant', content: 'Done.' },
];

test('a conversation with tools reaches the server as chat completions spell it', async () => {
  const { server, model } = await setUp('fine');
  const parameters = { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] };
  await ask(model, { messages: MESSAGES, tools: [{ name: 'search', description: 'Finds.', parameters }] });
  expect(server.requests[0]?.body).toEqual({
    model: 'test-model',
    stream: false,
    messages: [
      { role: 'system', content: 'You are terse.' },
      { role: 'user', content: 'Search.' },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'search', arguments: '{"q":"x"}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'found' },
      { role: 'assistant', content: 'Done.' },
    ],
    tools: [{ type: 'function', function: { name: 'search', description: 'Finds.', parameters } }],
  });
});

test('an output schema becomes a response format, strict where it fits', async () => {
  const { server, model } = await setUp('{}');
  const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
  const loose = { type: 'object', properties: { a: { type: 'string' } } };
  await ask(model, { output: { name: 'research output', schema: closed } });
  await ask(model, { output: { name: 'research', schema: loose } });
  expect(server.requests.map((request) => request.body)).toMatchObject([
    {
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'research_output', strict: true, schema: { ...closed, additionalProperties: false } },
      },
    },
    { response_format: { json_schema: { name: 'research', strict: false, schema: loose } } },
  ]);
});

test("the agent's settings win over the model's, and provider options come last", async () => {
  const { server, model } = await setUp('fine', {
    settings: { temperature: 0.1, seed: 7, providerOptions: { top_k: 3, user: 'a' } },
  });
  await ask(model, {
    settings: {
      temperature: 0.9,
      maxOutputTokens: 50,
      topP: 0.5,
      stop: ['END'],
      reasoningEffort: 'low',
      providerOptions: { user: 'b', seed: 8 },
    },
  });
  expect(server.requests[0]?.body).toMatchObject({
    temperature: 0.9,
    max_tokens: 50,
    top_p: 0.5,
    stop: ['END'],
    seed: 8,
    reasoning_effort: 'low',
    top_k: 3,
    user: 'b',
  });
});

test("OpenAI's own server is told max_completion_tokens", () => {
  const request = { messages: MESSAGES, stream: false, settings: { maxOutputTokens: 50 } };
  const body = toBody(request, { model: 'm', settings: undefined, isOpenAI: true });
  expect(body).toMatchObject({ max_completion_tokens: 50 });
  expect(body).not.toHaveProperty('max_tokens');
});

test('a stream is asked for with its usage', async () => {
  const { server, model } = await setUp('fine');
  await ask(model, { stream: true });
  expect(server.requests[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
});
