import { CrewError } from '../errors.ts';

/** Names that Windows gives to devices, in every folder and with every ending.
 *  https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])$/i;
const LONGEST_PATH = 1024;
const LONGEST_NAME = 255;

/** How a path is told in messages: quoted, short, without control characters. */
export function shownPath(path: string): string {
  const plain = Array.from(path, (char) => (char < ' ' || char === '\u007f' ? '�' : char));
  return JSON.stringify(plain.length > 80 ? `${plain.slice(0, 79).join('')}…` : plain.join(''));
}

/** The error for a path that may not be used. `reason` reads on after the path: `leads outside …`. */
export function forbidden(path: string, reason: string, cause?: unknown): CrewError {
  return new CrewError('PATH_FORBIDDEN', `${shownPath(path)} ${reason}`, { cause });
}

/**
 * The names along a path below the workspace; empty for the workspace itself (`.` or an empty text).
 *
 * The rules are the same on every system, so that a crew which works on Linux works on Windows: names are separated by
 * `/`; absolute paths, `~`, backslashes, control characters, colons, device names and names ending in a dot or a space
 * are refused, and so is every path that climbs above the workspace.
 * @throws {CrewError} `PATH_FORBIDDEN`, with what to do instead.
 */
export function pathNames(path: string): string[] {
  const wrong = wrongWithPath(path);
  if (wrong !== undefined) throw forbidden(path, wrong);
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name === '..') {
      if (names.pop() === undefined)
        throw forbidden(path, 'leads outside the workspace. Use a path below it, such as src/index.ts.');
      continue;
    }
    const bad = wrongWithName(name);
    if (bad !== undefined) throw forbidden(path, bad);
    names.push(name);
  }
  return names;
}

function wrongWithPath(path: string): string | undefined {
  if (path.length > LONGEST_PATH) return `is longer than ${LONGEST_PATH} characters. Use a shorter path.`;
  if (path.startsWith('/') || path.startsWith('\\') || (path[1] === ':' && /^[a-z]$/i.test(path[0] ?? ''))) {
    return 'is an absolute path. Use one relative to the workspace, such as src/index.ts.';
  }
  if (path.startsWith('~')) return 'starts with ~, which means a home folder. Use a path relative to the workspace.';
  if (path.includes('\\')) return 'has a backslash. Separate folders with /.';
  return undefined;
}

function wrongWithName(name: string): string | undefined {
  for (const char of name) {
    if (char < ' ' || char === '\u007f') return 'has a control character. Use plain names.';
  }
  if (/\p{Surrogate}/u.test(name)) return 'has half of a Unicode character. Use plain names.';
  if (name.includes(':')) return 'has a colon. Use names without one.';
  if (name.endsWith('.') || name.endsWith(' '))
    return 'has a name that ends in a dot or a space. Use names without that.';
  // Windows reads `nul.tar.gz` and `nul .txt` as the device, too.
  const stem = (name.split('.')[0] ?? '').trimEnd();
  if (DEVICE_NAME.test(stem)) return `has the name of a Windows device (${stem}). Use another name.`;
  if (Buffer.byteLength(name) > LONGEST_NAME)
    return `has a name of more than ${LONGEST_NAME} bytes. Use a shorter name.`;
  return undefined;
}
