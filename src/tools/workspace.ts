import { type FileHandle, readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { CrewError, messageOf } from '../errors.ts';
import { closest } from '../internal/suggest.ts';
import { explained } from './file-errors.ts';
import { codeOf, HeldFolder, LinkMet } from './held-folder.ts';
import { pathNames, shownPath } from './path-rules.ts';

/** A folder that paths may not leave. */
export interface Workspace {
  readonly folder: string;
  /** Use names by path even where folders can be held open; for tests. @default true where the system has no /proc */
  readonly byPath?: boolean;
}

/** Where a path really leads. */
export interface Place {
  /** The workspace's real path. */
  readonly root: string;
  /** Names of what exists, links resolved. */
  readonly names: readonly string[];
  /** Names below that which do not exist. */
  readonly missing: readonly string[];
  readonly byPath: boolean | undefined;
}

/** Where the names along `path` really lead: links resolved, then checked to lie inside.
 *  @throws {CrewError} `PATH_FORBIDDEN` or `FILE_UNREADABLE`. */
export async function locate(workspace: Workspace, path: string, along = pathNames(path)): Promise<Place> {
  const names = [...along];
  const missing: string[] = [];
  const root = await realpath(resolve(workspace.folder)).catch((error: unknown) => {
    const message = `The workspace folder ${shownPath(workspace.folder)} cannot be opened: ${messageOf(error)}`;
    throw new CrewError('FILE_UNREADABLE', message, { cause: error });
  });
  for (;;) {
    try {
      const inside = relative(root, await realpath(join(root, ...names)));
      if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw new LinkMet(path);
      return { root, names: inside === '' ? [] : inside.split(sep), missing, byPath: workspace.byPath };
    } catch (error) {
      const last = codeOf(error) === 'ENOENT' ? names.pop() : undefined;
      if (last === undefined) throw explained(path, error);
      missing.unshift(last);
    }
  }
}

/** Walks from the workspace down along `names`, holding one folder at a time, and hands the last to `use`. */
export async function within<T>(
  place: Place,
  names: readonly string[],
  use: (folder: HeldFolder) => Promise<T>,
): Promise<T> {
  let folder = await HeldFolder.hold(place.root, place.byPath);
  try {
    for (const name of names) {
      const next = await folder.enter(name);
      await folder.close();
      folder = next;
    }
    return await use(folder);
  } finally {
    await folder.close();
  }
}

/**
 * Opens a file for reading, never one outside the workspace, whatever links lead there and whoever swaps them meanwhile.
 * The caller closes it.
 * @throws {CrewError} `PATH_FORBIDDEN` or `FILE_UNREADABLE`, saying what to do.
 */
export async function openInside(workspace: Workspace, path: string): Promise<FileHandle> {
  const place = await locate(workspace, path);
  const name = place.names.at(-1);
  if (place.missing.length > 0) throw await notThere(place, path);
  if (name === undefined) throw notFile(path, 'is the workspace folder, not a file. List it to see its files.');
  try {
    const handle = await within(place, place.names.slice(0, -1), (folder) => folder.openFile(name));
    const stat = await handle.stat();
    if (stat.isFile()) return handle;
    await handle.close();
    throw notFile(path, stat.isDirectory() ? 'is a folder. List it to see its files.' : 'is not a file.');
  } catch (error) {
    throw explained(path, error);
  }
}

/** Hands a folder of the workspace to `use`, held meanwhile; `names` tells where it really lies.
 *  @throws {CrewError} `PATH_FORBIDDEN` or `FILE_UNREADABLE`, saying what to do. */
export async function withFolder<T>(
  workspace: Workspace,
  path: string,
  use: (folder: HeldFolder, names: readonly string[]) => Promise<T>,
): Promise<T> {
  const place = await locate(workspace, path);
  if (place.missing.length > 0) throw await notThere(place, path);
  try {
    return await within(place, place.names, (folder) => use(folder, place.names));
  } catch (error) {
    throw explained(path, error);
  }
}

function notFile(path: string, reason: string): CrewError {
  return new CrewError('FILE_UNREADABLE', `${shownPath(path)} ${reason}`);
}

async function notThere(place: Place, path: string): Promise<CrewError> {
  const siblings = await within(place, place.names, (folder) => readdir(folder.at())).catch((): string[] => []);
  const meant = closest(place.missing[0] ?? '', siblings);
  const hint =
    meant === undefined
      ? 'List the folder to see what there is.'
      : `Did you mean ${shownPath([...place.names, meant, ...place.missing.slice(1)].join('/'))}?`;
  return new CrewError('FILE_UNREADABLE', `There is no ${shownPath(path)}. ${hint}`);
}
