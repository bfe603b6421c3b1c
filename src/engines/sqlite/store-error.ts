import { CrewError, messageOf } from '../../errors.ts';
import { isObject } from '../../internal/json.ts';

/** How long a connection waits while another one writes. */
export const BUSY_MS = 5_000;

/** Primary result codes of SQLite that say what is wrong around the file. https://sqlite.org/rescode.html */
const OUTSIDE: ReadonlyMap<number, string> = new Map([
  [3, 'It may not be accessed. Check who owns the file and its folder, and their permissions.'],
  [5, `Another process kept it locked for ${BUSY_MS / 1_000} seconds. Try again once that is done.`],
  [6, `Another process kept it locked for ${BUSY_MS / 1_000} seconds. Try again once that is done.`],
  [7, 'There is no memory left.'],
  [8, 'It is read-only. Check the permissions of the file and its folder, and how its disk is mounted.'],
  [10, 'The disk reports an error. Check it, and how much space is left on it.'],
  [13, 'The disk is full. Make room on it, then go on.'],
  [14, 'It cannot be opened. Check that the folder exists, and the permissions of both.'],
  [15, 'Locks do not work there, as on many network disks. Keep it on a disk of this machine.'],
  [22, 'It is larger than its disk can hold.'],
  [23, 'It may not be accessed. Check who owns the file and its folder, and their permissions.'],
]);

/** The same, by what the file system calls it. */
const OUTSIDE_SQLITE: Readonly<Record<string, number>> = {
  EACCES: 3,
  EPERM: 3,
  EROFS: 8,
  EIO: 10,
  ENOSPC: 13,
  EDQUOT: 13,
  ENOENT: 14,
  ENOTDIR: 14,
  EISDIR: 14,
  EEXIST: 14,
  EMFILE: 14,
};

/**
 * What a driver threw, as an error of ours. The statements are fixed and were right when they were written, so whatever
 * SQLite finds wrong that does not come from around the file comes from damage in it.
 */
export function storeError(thrown: unknown, file: string, code: 'STORE_FAILED' | 'STORE_WRITE'): CrewError {
  if (thrown instanceof CrewError) return thrown;
  const doing = code === 'STORE_WRITE' ? 'written' : 'read';
  const result = resultCode(thrown);
  const outside = result === undefined ? undefined : OUTSIDE.get(result & 0xff);
  const details = { cause: thrown, resumable: code === 'STORE_WRITE' };
  if (outside !== undefined) {
    return new CrewError(code, `The store ${file} cannot be ${doing}. ${outside} (${messageOf(thrown)})`, details);
  }
  if (result === undefined && !isOutOfRange(thrown)) {
    return new CrewError(code, `The store ${file} cannot be ${doing}: ${messageOf(thrown)}`, details);
  }
  return damaged(file, `SQLite finds it malformed (${messageOf(thrown)})`, { cause: thrown });
}

/** The error for what is in the file but cannot be what was written. */
export function damaged(
  file: string,
  what: string,
  { runId, cause }: { readonly runId?: string; readonly cause?: unknown } = {},
): CrewError {
  const rescue = `crewline runs salvage${runId === undefined ? '' : ` ${runId}`}`;
  return new CrewError(
    'STORE_CORRUPT',
    `The store ${file} is damaged: ${what}. Nothing of it was used. \`${rescue}\` shows what can still be trusted; or put back a copy of the file.`,
    { runId, cause },
  );
}

/** A whole number that JavaScript cannot hold: none that we wrote. */
function isOutOfRange(thrown: unknown): boolean {
  return thrown instanceof RangeError && 'code' in thrown && thrown.code === 'ERR_OUT_OF_RANGE';
}

/**
 * SQLite's extended result code, or the one that fits a failure of the file system. Node's driver and libsql have a field
 * for it; libsql has only words where it cannot open a file.
 */
function resultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const told = isObject(thrown) ? (thrown['errcode'] ?? thrown['rawCode']) : undefined;
  if (typeof told === 'number') return told;
  if ('code' in thrown && typeof thrown.code === 'string' && Object.hasOwn(OUTSIDE_SQLITE, thrown.code)) {
    return OUTSIDE_SQLITE[thrown.code];
  }
  const words = /^ConnectionFailed\(.*: (\d+)"\)$/s.exec(thrown.message);
  return words?.[1] === undefined ? undefined : Number(words[1]);
}
