import type { ErrorCode } from '../error-codes.ts';
import { CrewError, messageOf } from '../errors.ts';
import { filePath, fileSystem } from '../internal/lazy.ts';
import type { PromptSet } from '../spec/prompts.ts';

const EXTENSION = '.hbs';
/** Bytes of one template file. */
const MAX_FILE_BYTES = 256 * 1024;

/**
 * Reads all `*.hbs` files of a folder as prompt templates, to pass as `prompts:` to a crew, an agent or a task.
 * `task.hbs` becomes `task`, `legal/disclaimer.hbs` becomes `legal/disclaimer`. Line ends become `\n`; those that end a file
 * are dropped. A relative folder starts at the working directory. Read once, now: later changes of the files change nothing.
 *
 * @throws {CrewError} `FILE_UNREADABLE` naming the path that cannot be read; `FILE_TOO_LARGE` for a file above 256 KB;
 * `PATH_FORBIDDEN` for a link that leads out of the folder; `TEMPLATE` when there is no template at all.
 */
export function loadPrompts(folder: string): PromptSet {
  const path = filePath().resolve(folder);
  const root = attempt(path, () => fileSystem().realpathSync(path));
  if (!attempt(path, () => fileSystem().statSync(root)).isDirectory()) {
    throw refusal('FILE_UNREADABLE', path, 'is not a folder; pass the folder that holds the .hbs files.');
  }
  const found = new Map<string, string>();
  readFolder(root, { root, path, found, seen: new Set() });
  if (found.size === 0) throw refusal('TEMPLATE', path, 'holds no template: there is no file that ends in .hbs.');
  return Object.freeze(Object.fromEntries(found));
}

interface Search {
  /** The folder with links resolved, and as the user wrote it. */
  readonly root: string;
  readonly path: string;
  readonly found: Map<string, string>;
  /** Folders on the way here, so that a link back up ends. */
  readonly seen: Set<string>;
}

function readFolder(folder: string, search: Search): void {
  const { join } = filePath();
  const real = insideOf(search, folder);
  if (search.seen.has(real)) return;
  search.seen.add(real);
  for (const name of attempt(folder, () => fileSystem().readdirSync(folder)).sort()) {
    const path = join(folder, name);
    const isTemplate = name.endsWith(EXTENSION) && name !== EXTENSION;
    const stat = attempt(path, () => fileSystem().statSync(path, { throwIfNoEntry: isTemplate }));
    if (stat?.isDirectory()) readFolder(path, search);
    else if (isTemplate) search.found.set(nameOf(path, search), readFile(path, search));
  }
}

function nameOf(path: string, { root }: Search): string {
  const { relative, sep } = filePath();
  return relative(root, path).slice(0, -EXTENSION.length).replaceAll(sep, '/');
}

function readFile(path: string, search: Search): string {
  const real = insideOf(search, path);
  const stat = attempt(path, () => fileSystem().statSync(real));
  if (!stat.isFile()) throw refusal('FILE_UNREADABLE', path, 'is not a file.');
  if (stat.size > MAX_FILE_BYTES) {
    throw refusal('FILE_TOO_LARGE', path, `has ${stat.size} bytes; a template may have ${MAX_FILE_BYTES}.`);
  }
  const bytes = attempt(path, () => fileSystem().readFileSync(real));
  const text = attempt(path, () => new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  return text.replaceAll('\r\n', '\n').trimEnd();
}

/** Where a path really is, links resolved. */
function insideOf({ root, path: shown }: Search, path: string): string {
  const { isAbsolute, relative } = filePath();
  const real = attempt(path, () => fileSystem().realpathSync(path));
  const way = relative(root, real);
  if (way === '..' || /^\.\.[\\/]/.test(way) || isAbsolute(way)) {
    throw refusal('PATH_FORBIDDEN', path, `is a link that leads out of ${shown}; copy the file into the folder.`);
  }
  return real;
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new CrewError('FILE_UNREADABLE', `loadPrompts: ${path} ${whyNot(error)}`, { cause: error });
  }
}

function whyNot(error: unknown): string {
  switch (Object(error).code) {
    case 'ENOENT':
      return 'does not exist; pass the folder that holds the .hbs files.';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read: the system denies access.';
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}

function refusal(code: ErrorCode, path: string, message: string): CrewError {
  return new CrewError(code, `loadPrompts: ${path} ${message}`);
}
