import { lstat, readdir } from 'node:fs/promises';
import type { HeldFolder } from './held-folder.ts';
import { type Workspace, withFolder } from './workspace.ts';

/** A file met on the way. `path` is relative to the workspace. */
export interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/** What a walk met. */
export interface Found {
  /** Sorted by path. */
  readonly files: readonly FoundFile[];
  /** Folders not entered by the rule, sorted. */
  readonly skipped: readonly string[];
  /** Folders not entered because they lie too deep, sorted. */
  readonly tooDeep: readonly string[];
  readonly links: number;
  /** True when there is more than the walk may meet; `files` then has what lies nearest to the start. */
  readonly cut: boolean;
}

/** How far a walk goes. */
export interface WalkOptions {
  /** Levels of folders, 1 for the start alone. */
  readonly depth: number;
  /** Names of folders that are not entered. */
  readonly skip: readonly string[];
  readonly signal: AbortSignal;
}

/** Enough for any project; a home folder ends here after about a second. */
const MOST_FILES = 20_000;
const FOLDERS_AT_ONCE = 8;

/** Paths in a fixed order, the same on every system and in every language. */
function byPath(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Meets the files below `start`, level by level, so that what is cut lies deepest. Links are counted, never followed.
 * @throws {CrewError} `PATH_FORBIDDEN` or `FILE_UNREADABLE` for `start`; a folder below it that vanishes or may not be read is passed over.
 */
export async function walk(workspace: Workspace, start: string, options: WalkOptions): Promise<Found> {
  const files: FoundFile[] = [];
  const skipped: string[] = [];
  const tooDeep: string[] = [];
  let links = 0;
  const first = await withFolder(workspace, start, async (folder, names) => readFolder(folder, names));
  let level: readonly Contents[] = [first];
  for (let depth = 1; level.length > 0; depth += 1) {
    const folders: string[] = [];
    for (const contents of level) {
      files.push(...contents.files);
      links += contents.links;
      for (const [name, path] of contents.folders) {
        if (options.skip.includes(name)) skipped.push(path);
        else if (depth >= options.depth) tooDeep.push(path);
        else folders.push(path);
      }
    }
    if (files.length > MOST_FILES) break;
    level = await readAll(workspace, folders, options.signal);
  }
  const cut = files.length > MOST_FILES;
  const kept = cut ? files.slice(0, MOST_FILES) : files;
  return {
    files: kept.sort((a, b) => byPath(a.path, b.path)),
    skipped: skipped.sort(byPath),
    tooDeep: tooDeep.sort(byPath),
    links,
    cut,
  };
}

interface Contents {
  readonly files: readonly FoundFile[];
  /** Name and path. */
  readonly folders: readonly (readonly [string, string])[];
  readonly links: number;
}

async function readAll(workspace: Workspace, folders: readonly string[], signal: AbortSignal): Promise<Contents[]> {
  const all: Contents[] = [];
  for (let next = 0; next < folders.length; next += FOLDERS_AT_ONCE) {
    signal.throwIfAborted();
    const batch = folders.slice(next, next + FOLDERS_AT_ONCE);
    const settled = await Promise.allSettled(batch.map((path) => withFolder(workspace, path, readFolder)));
    for (const one of settled) if (one.status === 'fulfilled') all.push(one.value);
  }
  return all;
}

async function readFolder(folder: HeldFolder, names: readonly string[]): Promise<Contents> {
  const entries = (await readdir(folder.at(), { withFileTypes: true })).sort((a, b) => byPath(a.name, b.name));
  const pathOf = (name: string): string => [...names, name].join('/');
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ name }) => ({ path: pathOf(name), bytes: await sizeOf(folder.at(name)) })),
  );
  return {
    files,
    folders: entries.filter((entry) => entry.isDirectory()).map(({ name }) => [name, pathOf(name)] as const),
    links: entries.filter((entry) => entry.isSymbolicLink()).length,
  };
}

/** A file that vanished since its folder was read counts as empty. */
async function sizeOf(path: string): Promise<number> {
  return lstat(path).then(
    (stat) => stat.size,
    () => 0,
  );
}
