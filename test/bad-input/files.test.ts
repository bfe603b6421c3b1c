import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crew, loadPrompts, Task } from 'crewline';
import { readFile } from 'crewline/tools';
import { expect, onTestFinished, test } from 'vitest';
import { agent, messagesOf, serve } from '../serve.ts';
import { told } from './refused.ts';

async function folderOf(files: { readonly [name: string]: string }): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crewline-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
}

test('a folder of prompts that is not there, is a file, or holds none', async () => {
  const folder = await folderOf({ 'notes.txt': 'n' });
  expect(await told(() => loadPrompts(join(folder, 'prompts')))).toBe(
    `FILE_UNREADABLE loadPrompts: ${folder}/prompts does not exist; pass the folder that holds the .hbs files.`,
  );
  expect(await told(() => loadPrompts(join(folder, 'notes.txt')))).toBe(
    `FILE_UNREADABLE loadPrompts: ${folder}/notes.txt is not a folder; pass the folder that holds the .hbs files.`,
  );
  expect(await told(() => loadPrompts(folder))).toBe(
    `TEMPLATE loadPrompts: ${folder} holds no template: there is no file that ends in .hbs.`,
  );
});

test.skipIf(process.getuid?.() === 0)('a prompt that may not be read', async () => {
  const folder = await folderOf({ 'task.hbs': 'x' });
  await chmod(join(folder, 'task.hbs'), 0);
  expect(await told(() => loadPrompts(folder))).toBe(
    `FILE_UNREADABLE loadPrompts: ${folder}/task.hbs may not be read: the system denies access.`,
  );
});

test('a prompt that is no text', async () => {
  const folder = await folderOf({});
  await writeFile(join(folder, 'task.hbs'), Uint8Array.of(0xff, 0xfe, 0x41));
  expect(await told(() => loadPrompts(folder))).toMatch(
    /^FILE_UNREADABLE loadPrompts: .*\/task\.hbs cannot be read: .*encoded/,
  );
});

test('a file that a tool cannot read is an error that the model sees, and the task goes on', async () => {
  const folder = await folderOf({ 'here.md': 'found' });
  const paths = ['gone.md', '../secret', 'here.md'];
  const { server, model } = await serve(({ messages }) =>
    messages.length > 2 ? 'done' : { toolCalls: paths.map((path) => ({ name: 'read_file', arguments: { path } })) },
  );
  const reader = agent('Reader', { model, tools: [readFile({ folder })] });
  const only = new Task({ name: 'only', description: 'd', expectedOutput: 'e', agent: reader });
  const result = await new Crew({ name: 'newsroom', agents: [reader], tasks: [only] }).kickoff();
  expect(result.raw).toBe('done');
  const answers = messagesOf(server, 1)
    .slice(3)
    .map((message) => message.content);
  const advice = 'If the arguments were the cause, call it again with better ones; otherwise go on without it.';
  expect(answers.slice(0, 2)).toEqual([
    `"read_file" failed: There is no "gone.md". List the folder to see what there is.\n${advice}`,
    `"read_file" failed: "../secret" leads outside the workspace. Use a path below it, such as src/index.ts.\n${advice}`,
  ]);
  expect(answers[2]).toContain('found');
});

test('a tool over files that is given no folder', async () => {
  expect(await told(() => Reflect.apply(readFile, undefined, [{}]))).toBe(
    'OPTION_INVALID readFile: folder is missing.',
  );
});
