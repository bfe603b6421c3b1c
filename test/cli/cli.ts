import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt, jiti, root } from '../built.ts';
import { temporaryFolder } from '../temporary-folders.ts';

/** What is to be run: the built command line, or the source, by jiti. */
function program(): string[] {
  return isBuilt() ? [join(root, 'dist/cli/main.js')] : [jiti, join(root, 'src/cli/main.ts')];
}

const PROGRAM = program();
let folderOfCrews: string | undefined;

/** Where the crews of these tests lie, and runs may be kept; gone after the tests of the file that asked for it. */
function crewsFolder(): string {
  if (folderOfCrews !== undefined && existsSync(folderOfCrews)) return folderOfCrews;
  const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
  const folder = temporaryFolder('crewline-crews-');
  folderOfCrews = folder;
  for (const name of readdirSync(fixtures)) symlinkSync(join(fixtures, name), join(folder, name));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** How one call ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a call is made. The environment is empty but for what a process needs, and for what is given. */
export interface CallOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts the command line as a child process. */
export function startCli(
  words: readonly string[],
  { cwd = crewsFolder(), env = {} }: CallOptions = {},
): ChildProcessWithoutNullStreams {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [...PROGRAM, ...words], { cwd, env: { PATH, HOME, ...env } });
}

/** Resolves when the process has ended and its streams are read. */
export function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })));
}

/** One call of the command line, to its end. */
export function cli(words: readonly string[], options?: CallOptions): Promise<Ended> {
  return ended(startCli(words, options));
}

/** Resolves once the process has written this to standard error. */
export function says(child: ChildProcessWithoutNullStreams, what: string): Promise<void> {
  let seen = '';
  return new Promise((resolve) => {
    child.stderr.on('data', (text) => {
      seen += String(text);
      if (seen.includes(what)) resolve();
    });
  });
}

/** A new folder with these files, gone after the tests of the file that asked for it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder('crewline-cli-');
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
