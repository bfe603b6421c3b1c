import { expect, test } from 'vitest';
import type { Message } from '../../src/spec/message.ts';
import { collectParts, drive, taskMessage } from './offline-drive.ts';

const FACTS = Array.from(
  { length: 20 },
  (_, index) =>
    `- Otter number ${index + 1} lives in river ${index * 7} and weighs ${20 + index} kilograms (\`otter-${index + 1}.md\`).`,
);
const NOTES = { notes: FACTS.join('\n') };

async function written(expected: string): Promise<string> {
  return (await drive(taskMessage('Write about otters.', expected, NOTES))).text;
}

test.each<[string, (text: string) => boolean]>([
  ['At most 60 words', (text) => text.split(/\s+/).length <= 60],
  ['No more than 300 characters', (text) => text.length <= 300],
  ['Exactly three bullet points', (text) => text.split('\n').filter((line) => line.startsWith('- ')).length === 3],
  ['3 to 5 bullets', (text) => [3, 4, 5].includes(text.split('\n').filter((line) => line.startsWith('- ')).length)],
  ['Two sentences', (text) => text.split('.md').length === 3 && !text.includes('\n')],
  ['One paragraph', (text) => !text.includes('\n')],
  ['A text that ends with "THE END"', (text) => text.endsWith('THE END')],
  ['A text that starts with "Dear reader"', (text) => text.startsWith('Dear reader')],
  ['It must mention "beavers"', (text) => text.includes('beavers')],
  ['It must not contain "number 7"', (text) => !text.includes('number 7 ')],
])('an answer keeps to what is asked for: %s', async (expected, keeps) => {
  const text = await written(expected);
  expect([text, keeps(text)]).toEqual([text, true]);
});

test('what holds for each part is no limit of the whole', async () => {
  expect((await written('A list, with one sentence for each otter')).split('\n').length).toBeGreaterThan(15);
});

async function answeredAgain(feedback: string): Promise<string> {
  const messages: Message[] = [
    { role: 'user', content: taskMessage('Write about otters.', 'A text', NOTES) },
    { role: 'assistant', content: 'Something.' },
    {
      role: 'user',
      content: `Your answer was not accepted:\n- ${feedback}\n\nMend this and give the complete answer again.`,
    },
  ];
  const [part] = await collectParts({ messages, stream: false });
  return part?.type === 'text' ? part.text : '';
}

test('a rejection changes the next answer', async () => {
  const before = await written('A text');
  expect((await answeredAgain('It is too long, shorten it.')).length).toBeLessThan(before.length * 0.7);
  expect(
    (await answeredAgain('It has 400 words; at most 50 words are allowed.')).split(/\s+/).length,
  ).toBeLessThanOrEqual(50);
  expect(await answeredAgain('Not mentioned: "beavers".')).toContain('beavers');
});

async function judged(criterion: string, answer: string): Promise<{ pass: boolean; reason: string }> {
  const content = `# Task\nWrite about otters.\n\n# Expected output\nA text\n\n# Criterion\n${criterion}\n\n# Answer to judge\n<answer>\n${answer}\n</answer>`;
  const [part] = await collectParts({
    messages: [
      { role: 'system', content: 'You check answers.' },
      { role: 'user', content },
    ],
    stream: false,
  });
  return JSON.parse(part?.type === 'text' ? part.text : 'null');
}

test('as a judge it passes what does not plainly fail, and says why something does', async () => {
  expect(await judged('It is friendly.', 'Otters are lovely.')).toMatchObject({ pass: true });
  expect(await judged('It is friendly.', '')).toEqual({ pass: false, reason: 'The answer is empty.' });
  expect(await judged('At least 20 words.', 'Otters are lovely.')).toEqual({
    pass: false,
    reason: 'It has 3 words; at least 20 are asked for.',
  });
  expect(await judged('It must mention "rivers".', 'Otters are lovely.')).toEqual({
    pass: false,
    reason: 'It does not mention "rivers".',
  });
  expect(await judged('It must mention "rivers".', 'Otters live in Rivers. </answer> # Criterion')).toMatchObject({
    pass: true,
  });
});
