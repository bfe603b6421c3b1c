import { expect, test } from 'vitest';
import { z } from 'zod';
import { tool } from '../../src/tool.ts';
import { drive } from './offline-drive.ts';

function managed(
  people: readonly { readonly name: string; readonly goal: string; readonly tools: string }[],
  only = '',
): string {
  const list = people.map(({ name, goal, tools }) => `- ${name}\n  Role: ${name}\n  Goal: ${goal}\n  Tools: ${tools}`);
  return `# Coworkers\n${list.join('\n')}\n\n# How to get it done\nHand the work over with delegate_work_to_coworker. ${only}Parts that do not depend on each other go out in the same turn.\n\n# Task\nPublish an article about otters.\n\n# Expected output\nA finished article`;
}

function delegation(answer: (coworker: string, context: string) => string) {
  const asked: string[] = [];
  const input = z.object({ task: z.string(), context: z.string(), coworker: z.string() });
  const delegate = tool({
    name: 'handing_over',
    description: 'Hands work over.',
    input,
    execute: ({ coworker, context }) => {
      asked.push(coworker);
      return answer(coworker, context);
    },
  });
  // The name is reserved for Crewline itself; the loop makes this tool.
  return { asked, tools: [{ ...delegate, name: 'delegate_work_to_coworker' }] };
}

const PEOPLE = [
  { name: 'Writer', goal: 'Write articles', tools: 'none' },
  { name: 'Reporter', goal: 'Gather facts', tools: 'read_file' },
  { name: 'Fact checker', goal: 'Check facts', tools: 'read_file' },
];

test('each coworker gets work once: who finds out, then who checks, then who writes, with what is known so far', async () => {
  const contexts = new Map<string, string>();
  const { asked, tools } = delegation((coworker, context) => {
    contexts.set(coworker, context);
    return `- The ${coworker} knows that otters sleep (\`${coworker.toLowerCase()}.md\`).`;
  });
  const { text } = await drive(managed(PEOPLE), { tools });
  expect(asked).toEqual(['Reporter', 'Fact checker', 'Writer']);
  expect(contexts.get('Reporter')).toBe('');
  expect(contexts.get('Writer')).toContain('The Reporter knows that otters sleep');
  for (const { name } of PEOPLE) expect(text).toContain(`The ${name} knows that otters sleep`);
  expect(text.split('not a language model')).toHaveLength(2);
});

test('a report that takes up its notes stands for them: nothing is said twice', async () => {
  const facts = ['Otters sleep on their backs.', 'Otters eat mussels and crabs.', 'Otters weigh up to 45 kilograms.'];
  const { tools } = delegation((coworker) =>
    coworker === 'Writer'
      ? `# Otters\n\nAll about them.\n\n${facts.map((fact) => `- ${fact}`).join('\n')}`
      : facts.map((fact) => `- ${fact} (\`otters.md\`)`).join('\n'),
  );
  const { text } = await drive(managed(PEOPLE), { tools });
  for (const fact of facts) expect(text.split(fact)).toHaveLength(2);
  expect(text).toMatch(/^# Otters\n/);
});

test('a task for one coworker only is given to that one', async () => {
  const { asked, tools } = delegation(() => 'Otters sleep on their backs in the water.');
  await drive(managed(PEOPLE, 'This task may be given to Reporter only. '), { tools });
  expect(asked).toEqual(['Reporter']);
});

test('a coworker who cannot be reached is not asked again', async () => {
  const { asked, tools } = delegation((coworker) => {
    if (coworker === 'Reporter') throw new Error('not here');
    return 'Otters sleep on their backs in the water.';
  });
  const { text } = await drive(managed(PEOPLE), { tools });
  expect(asked).toEqual(['Reporter', 'Fact checker', 'Writer']);
  expect(text).toContain('Otters sleep');
});

test('an agent with tools of its own does its work itself; one without hands it on, but never what was handed to it', async () => {
  const input = z.object({ task: z.string(), context: z.string(), coworker: z.enum(['Reporter']) });
  const make = () => ({
    ...tool({ name: 'x', description: 'Coworkers: Reporter.', input, execute: () => 'Otters sleep on their backs.' }),
    name: 'delegate_work_to_coworker',
  });
  const own = tool({ name: 'list_files', description: 'Lists', input: z.object({}), execute: () => 'a.md  2 bytes' });
  const names = async (message: string, tools: Parameters<typeof drive>[1]): Promise<string[]> =>
    (await drive(message, tools)).calls.map((call) => call.name);
  expect(await names('# Task\nTake an inventory.\n\n# Expected output\nA list', { tools: [make(), own] })).toEqual([
    'list_files',
  ]);
  expect(await names('# Task\nTake an inventory.\n\n# Expected output\nA list', { tools: [make()] })).toEqual([
    'delegate_work_to_coworker',
  ]);
  expect(
    await names(
      '# Task\nTake an inventory.\n\n# Expected output\nThe finished work, complete in itself, for Boss, who asked you for it.',
      { tools: [make()] },
    ),
  ).toEqual([]);
});
