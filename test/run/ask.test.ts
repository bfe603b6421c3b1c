import { ask, tool } from 'crewline';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { agent, failure, messagesOf, serve } from '../serve.ts';

test('a prompt reaches the model as it was written, and its answer is the output', async () => {
  const { server, model } = await serve('{{b}} $& fine');
  const result = await ask(agent('Worker', { model }), 'What is {{a}} $& {{> task}}?');
  expect(result.output).toBe('{{b}} $& fine');
  expect(messagesOf(server, 0)[1]).toEqual({ role: 'user', content: 'What is {{a}} $& {{> task}}?' });
  expect(result.usage.modelCalls).toBe(1);
  expect(result.tasks['answer']?.agent).toBe('Worker');
});

test('messages go on from an earlier conversation', async () => {
  const { server, model } = await serve('Four.');
  const history = [
    { role: 'user', content: 'What is 1 + 1?' },
    { role: 'assistant', content: 'Two.' },
    { role: 'user', content: 'And twice {{that}}?' },
  ] as const;
  const { output } = await ask(agent('Worker', { model }), history);
  expect(output).toBe('Four.');
  const [system, ...rest] = messagesOf(server, 0);
  expect(system?.role).toBe('system');
  expect(rest).toEqual(history);
});

test('with a schema the answer is validated, mended and typed', async () => {
  const { server, model } = await serve(({ index }) => (index === 0 ? '{"n": "two"}' : '{"n": 2}'), {
    jsonSchema: false,
  });
  const { output } = await ask(agent('Worker', { model }), 'Count.', { output: z.object({ n: z.number() }) });
  expect(output.n + 1).toBe(3);
  expect(server.requests).toHaveLength(2);
  expect(messagesOf(server, 0)[1]?.content).toMatch(/^Count\.\n\nAnswer with one JSON value/);
});

test('tools are added to the agent’s', async () => {
  const { server, model } = await serve(({ messages }) =>
    messages.length > 2
      ? 'done'
      : {
          toolCalls: [
            { name: 'own', arguments: {} },
            { name: 'given', arguments: {} },
          ],
        },
  );
  const made = (name: string) => tool({ name, description: 'Works.', input: z.object({}), execute: () => name });
  await ask(agent('Worker', { model, tools: [made('own')] }), 'Go.', { tools: [made('given')] });
  expect(
    messagesOf(server, 1)
      .slice(3)
      .map((message) => message.content),
  ).toEqual(['own', 'given']);
});

test('an agent that delegates elsewhere works alone here', async () => {
  const { server, model } = await serve('done');
  await ask(agent('Worker', { model, allowDelegation: ['Helper'] }), 'Go.');
  expect(server.requests[0]?.body).not.toHaveProperty('tools');
});

test('such an agent asks its model exactly what it would if it never delegated', async () => {
  const { server, model } = await serve('done');
  const look = tool({ name: 'look', description: 'Looks.', input: z.object({}), execute: () => 'seen' });
  const all = {
    ...{ goal: 'Be {{prompt}}', backstory: 'Old.', model, tools: [look], maxTurns: 3, maxPromptChars: 500 },
    settings: { temperature: 0.5, maxOutputTokens: 99, stop: ['END'] },
    prompts: { agent: 'I am {{role}}. {{goal}}' },
  };
  await ask(agent('Worker', all), 'Go.');
  await ask(agent('Worker', { ...all, allowDelegation: true }), 'Go.');
  expect(server.requests[1]?.body).toEqual(server.requests[0]?.body);
  expect(server.requests[0]?.body).toMatchObject({ temperature: 0.5, stop: ['END'], tools: [{}] });
});

test('such an agent keeps its own time', async () => {
  const { model } = await serve({ hang: true });
  const asked = ask(agent('Worker', { model, allowDelegation: true, timeoutMs: 50 }), 'Go.');
  expect(await failure(asked)).toMatchObject({
    code: 'TIMEOUT',
    message: 'Agent "Worker" took longer than its timeoutMs of 50 ms.',
  });
});

test('a signal cancels it', async () => {
  const { server, model } = await serve();
  const asked = ask(agent('Worker', { model }), 'Go.', { signal: AbortSignal.abort('no') });
  expect(await failure(asked)).toMatchObject({ code: 'CANCELLED', message: 'no' });
  expect(server.requests).toHaveLength(0);
});

test('messages that do not end with the user’s are refused', async () => {
  const { server, model } = await serve();
  const asked = ask(agent('Worker', { model }), [{ role: 'assistant', content: 'Hello.' }]);
  expect((await failure(asked)).message).toBe(
    'ask: needs a prompt that is not empty, or messages ending with one of role "user".',
  );
  expect(server.requests).toHaveLength(0);
});

test('many questions may be asked of one agent at once', async () => {
  const { model } = await serve(({ lastUser }) => lastUser.toUpperCase());
  const worker = agent('Worker', { model });
  const words = Array.from({ length: 12 }, (_, at) => `word ${at}`);
  const answers = await Promise.all(words.map((word) => ask(worker, word)));
  expect(answers.map(({ output }) => output)).toEqual(words.map((word) => word.toUpperCase()));
});
