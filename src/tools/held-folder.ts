import { constants, existsSync } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux gives every open file a path; one below an open folder cannot be redirected by swapping folders for links. */
const OPEN_FILES = '/proc/self/fd';
// Windows knows neither flag; there the checks by path below do the work.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const FOLDER_ONLY = constants.O_DIRECTORY ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** Something on the way is a link or was swapped while we looked; nothing was followed. */
export class LinkMet extends Error {
  override readonly name = 'LinkMet';
}

/**
 * A folder that is held while names in it are used, so that nobody can swap it for a link in between.
 *
 * On Linux it is held open, and `at(name)` leads through the open folder: free of races. Elsewhere names are used by
 * path, each checked before and after to be no link, which narrows a race to nothing that a model could win.
 */
export class HeldFolder {
  readonly #path: string;
  readonly #handle: FileHandle | undefined;

  private constructor(path: string, handle: FileHandle | undefined) {
    this.#path = path;
    this.#handle = handle;
  }

  /** Holds a folder given by its real, absolute path. `byPath` forces the way of systems other than Linux. */
  static async hold(path: string, byPath = !existsSync(OPEN_FILES)): Promise<HeldFolder> {
    if (byPath) return new HeldFolder(path, undefined);
    return new HeldFolder(path, await open(path, constants.O_RDONLY | FOLDER_ONLY));
  }

  /** A path to use at once for `name`, or for the folder itself. */
  at(name = ''): string {
    return join(this.#handle === undefined ? this.#path : `${OPEN_FILES}/${this.#handle.fd}`, name);
  }

  /** Holds the folder `name` in here. @throws {LinkMet} when it is a link. */
  async enter(name: string): Promise<HeldFolder> {
    const path = join(this.#path, name);
    if (this.#handle === undefined) {
      await refuseLinks(path);
      return new HeldFolder(path, undefined);
    }
    try {
      return new HeldFolder(path, await open(this.at(name), constants.O_RDONLY | FOLDER_ONLY | NO_FOLLOW));
    } catch (error) {
      if ((await lstat(this.at(name))).isSymbolicLink()) throw new LinkMet(name, { cause: error });
      throw error;
    }
  }

  /** Makes the folder `name` in here unless it is there, and holds it. @throws {LinkMet} when it is a link. */
  async make(name: string): Promise<HeldFolder> {
    await mkdir(this.at(name)).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error;
    });
    return this.enter(name);
  }

  /** Opens the file `name` for reading; a pipe does not block. @throws {LinkMet} when it is a link. */
  async openFile(name: string): Promise<FileHandle> {
    let handle: FileHandle;
    try {
      handle = await open(this.at(name), constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
    } catch (error) {
      if (codeOf(error) === 'ELOOP') throw new LinkMet(name, { cause: error });
      throw error;
    }
    if (this.#handle === undefined) await this.#sameFile(name, handle);
    return handle;
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  async #sameFile(name: string, handle: FileHandle): Promise<void> {
    const path = this.at(name);
    try {
      await refuseLinks(path);
      const [opened, there] = await Promise.all([handle.stat({ bigint: true }), lstat(path, { bigint: true })]);
      if (opened.dev !== there.dev || opened.ino !== there.ino) throw new LinkMet(name);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

async function refuseLinks(path: string): Promise<void> {
  if ((await realpath(path)) !== path) throw new LinkMet(path);
}

/** The code of a system error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
