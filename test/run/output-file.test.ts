import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Crew, type CrewEvent, Task } from 'crewline';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { agent, serve } from '../serve.ts';

const asked = { expectedOutput: 'One line.' } as const;

/** A working directory of the test's own. Threads cannot change directory, so what asks for it is told this one. */
async function workingDirectory(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'crewline-'));
  const spy = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  onTestFinished(async () => {
    spy.mockRestore();
    await rm(folder, { recursive: true });
  });
  return folder;
}

test('the answer is written to a file whose name is a template, in folders made on the way', async () => {
  const folder = await workingDirectory();
  const { model } = await serve('The {{report}}.');
  const worker = agent('Worker', { model });
  const name = new Task({ name: 'name', output: z.object({ slug: z.string() }), execute: () => ({ slug: 'otters' }) });
  const write = new Task({
    name: 'write',
    description: 'Write.',
    ...asked,
    agent: worker,
    outputFile: 'out/{{year}}/{{tasks.name.output.slug}}.md',
  });
  const code = new Task({ name: 'code', execute: () => ({ n: 1 }), outputFile: 'out/code.json' });
  const crew = new Crew({ name: 'files', agents: [worker], tasks: [name, write, code], process: 'parallel' });
  await crew.kickoff({ inputs: { year: 2025 } });
  const { tasks } = await crew.kickoff({ inputs: { year: 2025 } });
  expect([tasks.name.outputFile, tasks.write.outputFile]).toEqual([null, 'out/2025/otters.md']);
  expect(await readFile(join(folder, 'out/2025/otters.md'), 'utf8')).toBe('The {{report}}.');
  expect(await readFile(join(folder, 'out/code.json'), 'utf8')).toBe('{"n":1}');
  expect(await readdir(join(folder, 'out/2025'))).toEqual(['otters.md']);
});

test.each([
  ['../escape.md', '"../escape.md" leads outside the workspace. Use a path below it, such as src/index.ts.'],
  ['/tmp/escape.md', '"/tmp/escape.md" is an absolute path. Use one relative to the workspace, such as src/index.ts.'],
  ['a/../../escape.md', '"a/../../escape.md" leads outside the workspace. Use a path below it, such as src/index.ts.'],
  ['link/escape.md', '"link/escape.md" is or passes a link that may not be followed. Use a path without links.'],
  [
    '.git/hooks/pre-commit',
    '".git/hooks/pre-commit" lies in .git, where files can become programs that run later. Write elsewhere.',
  ],
])('an input cannot lead the output file out of the working directory: %s', async (file, message) => {
  const folder = await workingDirectory();
  const outside = await mkdtemp(join(tmpdir(), 'crewline-outside-'));
  onTestFinished(() => rm(outside, { recursive: true }));
  await symlink(outside, join(folder, 'link'));
  const only = new Task({ name: 'only', execute: () => 'text', outputFile: '{{file}}' });
  const run = new Crew({ name: 'files', tasks: [only] }).start({ inputs: { file }, settle: true });
  const ends: CrewEvent[] = [];
  run.on('task.end', (event) => ends.push(event));
  const result = await run.result;
  expect(result.error).toMatchObject({ code: 'PATH_FORBIDDEN', taskName: 'only', cause: { code: 'PATH_FORBIDDEN' } });
  expect(result.error?.message).toBe(`task "only", outputFile: ${message}`);
  expect(result.tasks.only).toMatchObject({ status: 'failed', output: null, raw: 'text' });
  expect(await readdir(outside)).toEqual([]);
  expect(existsSync(join(folder, '..', 'escape.md'))).toBe(false);
  expect(ends).toMatchObject([{ status: 'failed', error: { code: 'PATH_FORBIDDEN' } }]);
});

test('an answer that cannot be written fails its task, and is kept', async () => {
  const folder = await workingDirectory();
  await mkdir(join(folder, 'taken'));
  const only = new Task({ name: 'only', execute: () => 'text', outputFile: 'taken' });
  const { tasks } = await new Crew({ name: 'files', tasks: [only] }).kickoff({ settle: true });
  expect(tasks.only).toMatchObject({ status: 'failed', raw: 'text', outputFile: null });
  expect(tasks.only.error).toMatchObject({ code: 'FILE_UNREADABLE', taskName: 'only' });
});
