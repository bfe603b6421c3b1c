import { lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CrewError } from '../errors.ts';
import { realRuntime } from '../internal/runtime.ts';
import { explained } from './file-errors.ts';
import { codeOf, type HeldFolder, LinkMet } from './held-folder.ts';
import { forbidden, pathNames, shownPath } from './path-rules.ts';
import { locate, type Workspace, within } from './workspace.ts';

/** Where a file may be written. */
export interface WritableWorkspace extends Workspace {
  /** Replace a file that is there. @default false */
  readonly overwrite?: boolean;
}

/**
 * Writes a text file below the workspace, making folders on the way, the workspace itself too. Readers see the old file
 * or the whole new one, never a part, also after a crash (written beside it, flushed, then renamed). A link as the last
 * name is neither followed nor replaced, nothing is written outside, and nothing into `.git`.
 * @returns the path below the workspace where it was really written.
 * @throws {CrewError} `PATH_FORBIDDEN` or `FILE_UNREADABLE`, saying what to do.
 */
export async function writeInside(workspace: WritableWorkspace, path: string, text: string): Promise<string> {
  const asked = pathNames(path);
  if (asked.length === 0) throw forbidden(path, 'is the workspace folder. Name a file in it.');
  try {
    await mkdir(resolve(workspace.folder), { recursive: true });
    const place = await locate(workspace, path, asked.slice(0, -1));
    const below = [...place.missing, ...asked.slice(-1)];
    const names = [...place.names, ...below];
    if (names.some((name) => name.toLowerCase() === '.git')) {
      throw forbidden(path, 'lies in .git, where files can become programs that run later. Write elsewhere.');
    }
    const draft: Draft = { text, overwrite: workspace.overwrite ?? false };
    await within(place, place.names, (start) => writeBelow(start, below, draft));
    return names.join('/');
  } catch (error) {
    throw explained(path, error);
  }
}

interface Draft {
  readonly text: string;
  readonly overwrite: boolean;
}

async function writeBelow(start: HeldFolder, names: readonly string[], draft: Draft): Promise<void> {
  const [first, ...rest] = names;
  if (first === undefined) return;
  if (rest.length === 0) return put(start, first, draft);
  const next = await start.make(first);
  try {
    await writeBelow(next, rest, draft);
  } finally {
    await next.close();
  }
}

async function put(folder: HeldFolder, name: string, { text, overwrite }: Draft): Promise<void> {
  const there = await lstat(folder.at(name)).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (there?.isSymbolicLink()) throw new LinkMet(name);
  if (there !== undefined && !there.isFile()) {
    throw new CrewError('FILE_UNREADABLE', `${shownPath(name)} is no file. Choose another name.`);
  }
  // Taking the name first makes two writers race safely: exactly one of them finds it free.
  if (!overwrite) await (await open(folder.at(name), 'wx')).close();
  const draft = folder.at(`.crewline-${realRuntime.uuid()}.tmp`);
  try {
    const handle = await open(draft, 'wx');
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, folder.at(name));
  } catch (error) {
    for (const left of overwrite ? [draft] : [draft, folder.at(name)]) await unlink(left).catch(() => undefined);
    throw error;
  }
}
