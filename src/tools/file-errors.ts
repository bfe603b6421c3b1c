import { CrewError, messageOf } from '../errors.ts';
import { codeOf, LinkMet } from './held-folder.ts';
import { forbidden, shownPath } from './path-rules.ts';

const WORDS: { readonly [code: string]: string } = {
  ENOENT: 'does not exist (any more). List the folder to see what there is.',
  ENOTDIR: 'passes through something that is a file, not a folder.',
  EEXIST: 'exists already, and overwriting is not allowed here. Choose another name.',
  EACCES: 'may not be opened: the system denies access.',
  EPERM: 'may not be opened: the system denies access.',
  ENAMETOOLONG: 'is too long a name for this disk. Use a shorter one.',
  ENOSPC: 'cannot be written: the disk is full.',
  EROFS: 'cannot be written: the disk is read-only.',
};

/** The error about `path` as its reader should see it: ours as it is, the system's in words. */
export function explained(path: string, error: unknown): unknown {
  if (error instanceof CrewError || (error instanceof Error && error.name === 'AbortError')) return error;
  if (error instanceof LinkMet) {
    return forbidden(path, 'is or passes a link that may not be followed. Use a path without links.', error);
  }
  const code = codeOf(error) ?? '';
  if (code === 'ELOOP') return forbidden(path, 'leads in a circle of links. Use a path without links.', error);
  const because = Object.hasOwn(WORDS, code) ? WORDS[code] : `cannot be used: ${messageOf(error)}`;
  return new CrewError('FILE_UNREADABLE', `${shownPath(path)} ${because}`, { cause: error });
}
