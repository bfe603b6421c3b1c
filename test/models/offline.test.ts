import { expect, test } from 'vitest';
import { CrewError, DefinitionError } from '../../src/errors.ts';
import { offline } from '../../src/models/offline.ts';
import type { ModelRequest } from '../../src/spec/model.ts';
import { callOptions, collectParts, drive, taskMessage } from './offline-drive.ts';

const NOTICE = 'not a language model';

function asking(content: string, more: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'user', content }], stream: false, ...more };
}

test('it is a model named offline that obeys schemas, and needs nothing', () => {
  expect(offline()).toMatchObject({ name: 'offline', jsonSchema: true });
  expect(() => offline({ partLength: 0 })).toThrow(DefinitionError);
});

test('the same request gets the same answer and the same usage', async () => {
  const request = asking(taskMessage('Say something about rain.', 'A sentence'));
  const first = await collectParts(request);
  expect(await collectParts(request)).toEqual(first);
  expect(first.at(-1)).toEqual({
    type: 'end',
    finishReason: 'stop',
    usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
  });
});

test('a streamed answer comes in several parts that make the same text', async () => {
  const content = taskMessage('Say something about rain.', 'A text');
  const whole = await collectParts(asking(content));
  const parts = await collectParts(asking(content, { stream: true }));
  const text = (all: typeof parts): string => all.map((part) => (part.type === 'text' ? part.text : '')).join('');
  expect(parts.length).toBeGreaterThan(3);
  expect(whole).toHaveLength(2);
  expect(text(parts)).toBe(text(whole));
});

test('a cancelled call ends with an error that names the task', async () => {
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  const parts = offline().generate(asking('x'), { ...callOptions, signal: controller.signal });
  const ended = (async () => {
    for await (const _ of parts);
  })();
  await expect(ended).rejects.toThrow(CrewError);
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED', taskName: 'task', agent: 'Agent' });
});

test('a stream stops when it is cancelled midway', async () => {
  const controller = new AbortController();
  const request = asking(taskMessage('Say something about rain and snow.', 'A text'), { stream: true });
  const seen: string[] = [];
  const ended = (async () => {
    for await (const part of offline({ partLength: 5 }).generate(request, {
      ...callOptions,
      signal: controller.signal,
    })) {
      seen.push(part.type);
      controller.abort();
    }
  })();
  await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(seen).toEqual(['text']);
});

test('without anything to read it says so, repeats the task, and says what it is', async () => {
  const { text } = await drive(taskMessage('Write a poem about the sea.', 'A poem'));
  expect(text).toContain('There was nothing to read for this task');
  expect(text).toContain('Write a poem about the sea.');
  expect(text.split(NOTICE)).toHaveLength(2);
});

test('a long description is material of its own', async () => {
  const story = [
    'Otters are mammals that live in rivers and along coasts.',
    'A sea otter weighs up to 45 kilograms and has the densest fur of any animal.',
    'They crack shells with stones that they keep under an arm.',
    'Otters hold hands while they sleep so that they do not drift apart.',
    'In the nineteenth century they were hunted until fewer than 2000 were left.',
  ];
  const { text } = await drive(taskMessage(`Sum this up: ${story.join(' ')}`, 'At most 2 sentences'));
  expect(text).toContain('45 kilograms');
  expect(text).not.toContain('\n');
});

test('words without our headings are the task all the same', async () => {
  const { text } = await drive('Tell me something about rivers.');
  expect(text).toContain('Tell me something about rivers.');
});

test('every call of a conversation has an id of its own', async () => {
  const tools = [{ name: 'list_files', description: 'Lists files', parameters: { type: 'object', properties: {} } }];
  const [call] = await collectParts(asking(taskMessage('Take an inventory.', 'A list'), { tools }));
  expect(call).toEqual({ type: 'toolCall', id: 'call_1_0', name: 'list_files', arguments: '{}' });
});
