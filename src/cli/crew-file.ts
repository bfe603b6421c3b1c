import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CrewError } from '../errors.ts';
import { didYouMean } from '../internal/suggest.ts';

/** The folder, below the working directory, where crews are found by name. */
const CREWS = 'crews';
const EXTENSIONS: readonly string[] = ['.ts', '.mts', '.js', '.mjs'];

/**
 * The file of a crew: `crews/<name>.ts` (or `.mts`, `.js`, `.mjs`), `crews/<name>/index.ts`, or a path to a file or to
 * a folder with an `index.ts`.
 * @throws {CrewError} `CREW_FILE` naming the crews that there are.
 */
export function findCrewFile(crew: string, cwd: string): string {
  const isPath = /[\\/]/.test(crew) || EXTENSIONS.some((extension) => crew.endsWith(extension));
  const file = fileAt(isPath ? resolve(cwd, crew) : join(cwd, CREWS, crew));
  if (file !== undefined) return file;
  if (isPath) throw new CrewError('CREW_FILE', `There is no crew file ${crew}: ${resolve(cwd, crew)} does not exist.`);
  const names = crewNames(cwd);
  const known =
    names.length === 0
      ? ` ${join(cwd, CREWS)} has no crews; make crews/${crew}.ts, or give the path of a crew file.`
      : didYouMean(crew, names);
  throw new CrewError('CREW_FILE', `There is no crew "${crew}" in ${CREWS}/.${known}`);
}

function fileAt(path: string): string | undefined {
  const candidates = [path, ...EXTENSIONS.map((extension) => `${path}${extension}`)];
  return [...candidates, ...EXTENSIONS.map((extension) => join(path, `index${extension}`))].find(isFile);
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** The names of the crews in `crews/`, sorted. */
function crewNames(cwd: string): string[] {
  const folder = join(cwd, CREWS);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const names = new Set<string>();
  for (const entry of readdirSync(folder)) {
    if (/\.(?:d|test|spec)\.m?[jt]s$/.test(entry)) continue;
    const extension = EXTENSIONS.find((known) => entry.endsWith(known));
    const name = extension === undefined ? entry : entry.slice(0, -extension.length);
    if (fileAt(join(folder, entry)) !== undefined) names.add(name);
  }
  return [...names].sort();
}
