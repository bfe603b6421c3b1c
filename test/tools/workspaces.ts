import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Json } from '../../src/spec/json.ts';
import type { Tool, ToolScope } from '../../src/tool.ts';

export const scope: ToolScope = {
  signal: new AbortController().signal,
  key: 'task/call',
  runId: 'run',
  taskName: 'task',
  inputs: {},
};

/** A fresh folder with these files, gone after the test. */
export async function folderWith(files: { readonly [path: string]: string | Buffer }): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'crewline-tools-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** A workspace beside a secret, with links that lead inside, outside, nowhere and in a circle. */
export async function besideSecret(): Promise<{ root: string; workspace: string }> {
  const root = await folderWith({
    'outside/secret.txt': 'SECRET',
    'ws-evil/x.txt': 'SECRET',
    'ws/a.txt': 'inside',
    'ws/sub/b.txt': 'inside',
  });
  const workspace = join(root, 'ws');
  await symlink('../outside', join(workspace, 'out'));
  await symlink('../outside/secret.txt', join(workspace, 'leak.txt'));
  await symlink('../outside/new.txt', join(workspace, 'dangling.txt'));
  await symlink('../outside/newdir', join(workspace, 'danglingdir'));
  await symlink('loop', join(workspace, 'loop'));
  await symlink('sub', join(workspace, 'alias'));
  await symlink(root, join(workspace, 'sub', 'up'));
  return { root, workspace };
}

/** Runs a tool as the loop does; the text, or the error's code and message. */
export async function use(tool: Tool, input: Json): Promise<string> {
  const checked = await tool.check(input);
  if (!checked.ok) return `refused: ${checked.problems.join('; ')}`;
  try {
    return String(await checked.run(scope));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return `${String(error.code)}: ${error.message}`;
    throw error;
  }
}

/** A hash of everything below a folder: names, kinds, contents. */
export async function treeHash(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const visit = async (path: string): Promise<void> => {
    const stat = await lstat(path);
    hash.update(`${path}\0${stat.mode}\0`);
    if (stat.isSymbolicLink()) hash.update(await readlink(path));
    else if (stat.isDirectory()) for (const name of (await readdir(path)).sort()) await visit(join(path, name));
    else hash.update(await readFile(path));
  };
  await visit(folder);
  return hash.digest('hex');
}
