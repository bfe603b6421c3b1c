import { readFile as read } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plainText } from '../../src/models/offline/markdown.ts';
import { listFiles, readFile, searchFiles } from '../../src/tools/index.ts';
import { drive, taskMessage } from './offline-drive.ts';

const TASKS: readonly (readonly [string, string])[] = [
  ['inventory', 'Take an inventory of the repository: what it is for, what kinds of files it has, and where they lie.'],
  ['dependencies', 'Find out what the repository depends on: the packages in its manifest with their versions.'],
  ['architecture', 'Describe the architecture of the code: its entry points and its main modules.'],
  ['tests', 'Find out how the repository is tested: the test runner, where the tests are and how many.'],
  ['risks', 'Look for risks: basics that are missing, TODO and FIXME comments, weak dependencies.'],
];
const REPOSITORIES = [
  '.',
  'node_modules/undici',
  'node_modules/handlebars',
  'node_modules/zod',
  'node_modules/vitest',
  'node_modules/jiti',
  'node_modules/p-limit',
  'node_modules/eventemitter3',
  'prompts',
];

/** By folder: written once, whatever is then looked at in it. */
const written = new Map<string, Promise<string>>();

function brief(folder: string): Promise<string> {
  const text = written.get(folder) ?? writeBrief(folder);
  written.set(folder, text);
  return text;
}

async function writeBrief(folder: string): Promise<string> {
  const tools = [listFiles({ folder }), readFile({ folder }), searchFiles({ folder })];
  const notes = await Promise.all(
    TASKS.map(async ([taskName, description]) => {
      const { text } = await drive(taskMessage(description, 'A sentence that sums up, then a list of findings'), {
        taskName,
        tools,
      });
      return [taskName, text] as const;
    }),
  );
  const message = taskMessage(
    'Write a brief of the repository for a new colleague.',
    'A Markdown document',
    Object.fromEntries(notes),
  );
  return (await drive(message, { taskName: 'brief' })).text;
}

test.each(REPOSITORIES)('the brief of %s is worth reading', async (folder) => {
  const text = await brief(folder);
  expect(text).toMatch(/^# Brief/);
  expect(text.split('not a language model')).toHaveLength(2);
  for (const heading of ['## In short', '## Inventory']) expect(text).toContain(heading);
  const lines = text.split('\n').filter((line) => line.startsWith('- '));
  // Nothing twice, nothing empty, no code and no JSON as prose, every statement a sentence.
  expect(new Set(lines).size).toBe(lines.length);
  for (const line of lines) {
    expect(line.length).toBeGreaterThan(20);
    expect(line).toMatch(/[.!?”](?: \(`[^`]+`\)[.!?]?)?$/);
    const prose = line
      .replaceAll(/“[^”]*”/g, '')
      .split('`')
      .filter((_, index) => index % 2 === 0)
      .join('');
    expect(prose).not.toMatch(/[{}]|=>|undefined|NaN|\[object/);
    expect((line.split('`').length - 1) % 2).toBe(0);
  }
});

test.each(['.', 'node_modules/undici'])(
  'what the brief of %s quotes stands in the files that it names',
  async (folder) => {
    const text = await brief(folder);
    const words = (value: string): string => (value.match(/[\p{L}\p{N}]+/gu) ?? []).join(' ').toLowerCase();
    let quotes = 0;
    for (const line of text.split('\n')) {
      const quote = /“([^”]+)”/.exec(line)?.[1];
      const files = [...line.matchAll(/`([\w@][\w./@-]*\.(?:ts|js|md|json))(?::\d+)?`/g)].map(
        (found) => found[1] ?? '',
      );
      if (quote === undefined || files.length === 0 || quote.includes('…')) continue;
      const [file = ''] = line.includes('README says') || line.includes('package.json') ? files.slice(-1) : files;
      const source = words(plainText((await read(join(folder, file), 'utf8')).replaceAll('{@link', '')));
      expect([line, source.includes(words(quote))]).toEqual([line, true]);
      quotes += 1;
    }
    expect(quotes).toBeGreaterThan(4);
  },
);
