import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CrewEvent } from '../../src/index.ts';
import { cli, type Ended } from '../cli/cli.ts';
import { temporaryFolder } from '../temporary-folders.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const noNetwork = fileURLToPath(new URL('fixtures/no-network.cjs', import.meta.url));

/** A new folder with these files, also in folders below. */
export function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder('crewline-crews-');
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** How one run of a crew ended. */
export interface CrewRun extends Ended {
  /** What standard output told, with `--json`. */
  readonly events: readonly CrewEvent[];
  /** The text of a file that the crew wrote. */
  written(path: string): string;
}

/**
 * Runs a crew of `crews/` by the command line, as a user does, in a working directory of its own and with `--json`.
 * Without `env` no key and no server are there, and any use of the network ends the run.
 */
export async function runCrew(
  crew: string,
  inputs: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = { NODE_OPTIONS: `--require ${noNetwork}` },
): Promise<CrewRun> {
  const cwd = folderOf({});
  const pairs = Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]);
  const ended = await cli(['run', join(root, 'crews', `${crew}.ts`), '--json', ...pairs], { cwd, env });
  const lines = ended.stdout.split('\n').filter((line) => line !== '');
  return {
    ...ended,
    events: lines.map((line) => JSON.parse(line)),
    written: (path) => readFileSync(join(cwd, path), 'utf8'),
  };
}

/** The Markdown below a heading, up to the next of the same rank. */
export function section(text: string, heading: string): string {
  return text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? '';
}

/** Lines that stand in a text more than once. */
export function repeated(text: string): string[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.filter((line, index) => lines.indexOf(line) !== index);
}
