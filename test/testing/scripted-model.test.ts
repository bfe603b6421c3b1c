import { expect, test } from 'vitest';
import type { ModelCallOptions, ModelPart, ModelRequest } from '../../src/spec/model.ts';
import { type ScriptedModel, scriptedModel } from '../../src/testing/scripted-model.ts';

const REQUEST: ModelRequest = { messages: [{ role: 'user', content: 'Write about otters.' }], stream: false };

function options(changes: Partial<ModelCallOptions> = {}): ModelCallOptions {
  return {
    signal: new AbortController().signal,
    runId: 'run-1',
    taskName: 'write',
    agent: 'Writer',
    key: 'write/turn.1.model',
    ...changes,
  };
}

async function ask(
  model: ScriptedModel,
  changes: Partial<ModelCallOptions> = {},
  request = REQUEST,
): Promise<ModelPart[]> {
  const parts: ModelPart[] = [];
  for await (const part of model.generate(request, options(changes))) parts.push(part);
  return parts;
}

const USAGE = { inputTokens: 10, outputTokens: 5 };

test('each call is answered with the next step, whatever its form', async () => {
  const model = scriptedModel([
    'Otters.',
    {
      toolCalls: [
        { name: 'search', arguments: { q: 1 } },
        { name: 'search', arguments: '{', id: 'mine' },
      ],
    },
    { text: 'Cut', finishReason: 'length', usage: { inputTokens: 1, outputTokens: 2 } },
    (request, { agent }) => `${agent} was asked: ${request.messages[0]?.content}`,
    async () => ({ text: 'later' }),
  ]);
  expect(await ask(model)).toEqual([
    { type: 'text', text: 'Otters.' },
    { type: 'end', finishReason: 'stop', usage: USAGE },
  ]);
  expect(await ask(model)).toEqual([
    { type: 'toolCall', id: 'call_2_1', name: 'search', arguments: '{"q":1}' },
    { type: 'toolCall', id: 'mine', name: 'search', arguments: '{' },
    { type: 'end', finishReason: 'toolCalls', usage: USAGE },
  ]);
  expect((await ask(model)).at(-1)).toEqual({
    type: 'end',
    finishReason: 'length',
    usage: { inputTokens: 1, outputTokens: 2 },
  });
  expect((await ask(model))[0]).toEqual({ type: 'text', text: 'Writer was asked: Write about otters.' });
  expect((await ask(model))[0]).toEqual({ type: 'text', text: 'later' });
  model.verify();
});

test('an error in the script is thrown', async () => {
  const error = new Error('the network is down');
  const model = scriptedModel([error, () => error]);
  await expect(ask(model)).rejects.toBe(error);
  await expect(ask(model)).rejects.toBe(error);
});

test('deltas arrive in pieces while somebody listens, else as one text', async () => {
  const model = scriptedModel([{ deltas: ['Ot', 'ters'] }, { deltas: ['Ot', 'ters'] }]);
  expect(await ask(model, {}, { ...REQUEST, stream: true })).toHaveLength(3);
  expect((await ask(model))[0]).toEqual({ type: 'text', text: 'Otters' });
});

test('steps by task are used by that task only, and steps by task and agent before them', async () => {
  const model = scriptedModel({ write: ['w1', 'w2'], 'write/Editor': ['e1'], research: ['r1'] });
  const texts: unknown[] = [];
  for (const changes of [{}, { agent: 'Editor' }, { taskName: 'research' }, {}])
    texts.push((await ask(model, changes))[0]);
  expect(texts).toMatchObject([{ text: 'w1' }, { text: 'e1' }, { text: 'r1' }, { text: 'w2' }]);
  model.verify();
});

test('a call that the script does not expect fails with what was asked, and again when verified', async () => {
  const model = scriptedModel({ write: ['a'] });
  await ask(model);
  await expect(ask(model)).rejects.toThrow(
    'Unexpected call of model "scripted": the script has no step left for it: all 1 are used. Task "write" (agent "Writer") asked: user: Write about otters.',
  );
  await expect(ask(model, { taskName: 'draw' })).rejects.toThrow('the script has no steps for it, only for "write"');
  expect(() => model.verify()).toThrow(/Task "write".*\n.*no step left[\s\S]*Task "draw"/);
});

test('steps that nobody asked for fail when verified', async () => {
  const model = scriptedModel({ write: ['a', 'b'], draw: ['c'] });
  await ask(model);
  expect(() => model.verify()).toThrow(/1 of the 2 steps of "write"[\s\S]*1 of the 1 steps of "draw"/);
  expect(() => scriptedModel(['a']).verify()).toThrow('1 of the 1 steps were not asked for');
});

test('the calls are kept as they were asked', async () => {
  const model = scriptedModel(['a'], { name: 'fake', jsonSchema: true });
  await ask(model);
  expect(model.calls).toEqual([{ taskName: 'write', agent: 'Writer', key: 'write/turn.1.model', request: REQUEST }]);
  expect([model.name, model.jsonSchema]).toEqual(['fake', true]);
});

test('a call that is no longer wanted is not answered', async () => {
  const model = scriptedModel(['a']);
  await expect(ask(model, { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
});
