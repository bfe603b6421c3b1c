import { z } from 'zod';
import { checkOptions, positive, refuse } from '../internal/checks.ts';
import { shippedTool, type Tool } from '../tool.ts';
import { type FolderOption, folderOf, folderOption } from './folder-option.ts';
import type { HeldFolder } from './held-folder.ts';
import { filterOf, names } from './list-files.ts';
import { isText, readBytes, shownBytes, shownCount } from './read-text.ts';
import { SKIPPED_FOLDERS } from './skipped-folders.ts';
import { type FoundFile, walk } from './walk.ts';
import { withFolder } from './workspace.ts';

/** Options of `searchFiles`. */
export interface SearchFilesOptions {
  /** The workspace: nothing outside it is ever searched. */
  readonly folder: FolderOption;
  /** Matching lines in one answer. @default 200 */
  readonly maxMatches?: number;
  /** Larger files are not searched, and the answer says so. In bytes. @default 1048576 (1 MB) */
  readonly maxFileBytes?: number;
  /** Names of folders that are not entered on the way; the model may still name one as the start.
   *  @default SKIPPED_FOLDERS: node_modules, .git, dist, build, coverage and the like */
  readonly skip?: readonly string[];
}

const DEPTH = 32;
const LONGEST_LINE = 240;
/** One file full of matches must not hide the others. */
const MATCHES_A_FILE = 20;
const FILES_AT_ONCE = 16;
/** Read in one search, in bytes: about a second. */
const MOST_BYTES = 256 * 1024 ** 2;

const input = z.object({
  text: z.string().min(1).max(200).describe('Text to find, exactly as it stands in a line. Not a regular expression.'),
  folder: z
    .string()
    .optional()
    .describe('Folder to search, relative to the workspace. Leave out for the whole workspace.'),
  match: z.string().optional().describe('Only files that fit, such as "*.ts", "src/**/*.md" or ".json".'),
  ignoreCase: z.boolean().optional().describe('True to find upper and lower case alike. Default false.'),
});

/**
 * A tool `search_files`: the lines that contain a text, as `path:line: text`, sorted. Files that are not text or too
 * large are passed over, and the answer says how many.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function searchFiles(options: SearchFilesOptions): Tool {
  const rules = { folder: folderOption, maxMatches: positive, maxFileBytes: positive, skip: names };
  refuse(checkOptions('searchFiles', options, rules, ['folder']), 'searchFiles');
  const { maxMatches = 200, maxFileBytes = 1024 ** 2, skip = SKIPPED_FOLDERS } = options;
  return shippedTool({
    name: 'search_files',
    description: 'Finds the lines that contain a text in the files of the workspace folder.',
    input,
    effect: 'read',
    async execute({ text: wanted, folder: start = '.', match, ignoreCase = false }, scope) {
      const fits = filterOf(match);
      const { signal } = scope;
      const folder = folderOf(options.folder, scope);
      const found = await walk({ folder }, start, { depth: DEPTH, skip, signal });
      const files = found.files.filter((file) => fits(file.path));
      const report = await searchAll(files, { folder, wanted, ignoreCase, maxFileBytes, maxMatches, signal });
      return told(report, maxMatches, maxFileBytes);
    },
  });
}

interface Search {
  readonly folder: string;
  readonly wanted: string;
  readonly ignoreCase: boolean;
  readonly maxFileBytes: number;
  readonly maxMatches: number;
  readonly signal: AbortSignal;
}

interface Report {
  readonly lines: string[];
  /** All matching lines, shown or not. */
  matches: number;
  filesWithMatches: number;
  searched: number;
  tooLarge: number;
  stopped: boolean;
}

async function searchAll(files: readonly FoundFile[], search: Search): Promise<Report> {
  const report: Report = { lines: [], matches: 0, filesWithMatches: 0, searched: 0, tooLarge: 0, stopped: false };
  const small = files.filter((file) => file.bytes <= search.maxFileBytes);
  report.tooLarge = files.length - small.length;
  let bytes = 0;
  for (const batch of batches(small)) {
    search.signal.throwIfAborted();
    bytes += batch.reduce((sum, file) => sum + file.bytes, 0);
    if (bytes > MOST_BYTES) {
      report.stopped = true;
      break;
    }
    for (const lines of await searchFolder(batch, search)) {
      if (lines === undefined) continue;
      report.searched += 1;
      report.matches += lines.length;
      if (lines.length > 0) report.filesWithMatches += 1;
      report.lines.push(...lines.slice(0, MATCHES_A_FILE));
    }
  }
  return report;
}

/** Files that follow each other and lie in one folder, so that the folder is opened once for all of them. */
function* batches(files: readonly FoundFile[]): Generator<readonly FoundFile[]> {
  const folderOf = (file: FoundFile): string => file.path.slice(0, file.path.lastIndexOf('/') + 1);
  for (let start = 0; start < files.length; ) {
    const first = files[start];
    let end = start + 1;
    for (let next = files[end]; next !== undefined && end - start < FILES_AT_ONCE; next = files[end]) {
      if (first === undefined || folderOf(next) !== folderOf(first)) break;
      end += 1;
    }
    yield files.slice(start, end);
    start = end;
  }
}

/** The matching lines of files that lie in one folder; nothing for one that vanished, may not be read or is not text. */
async function searchFolder(files: readonly FoundFile[], search: Search): Promise<(readonly string[] | undefined)[]> {
  const path = files[0]?.path ?? '';
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return withFolder({ folder: search.folder }, folder, (held) =>
    Promise.all(files.map((file) => searchOne(held, file, search))),
  ).catch((): undefined[] => []);
}

async function searchOne(held: HeldFolder, file: FoundFile, search: Search): Promise<readonly string[] | undefined> {
  const handle = await held.openFile(file.path.slice(file.path.lastIndexOf('/') + 1)).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return undefined;
    const bytes = await readBytes(handle, Math.min(stat.size, search.maxFileBytes));
    if (!isText(bytes)) return undefined;
    // Most files do not have it: one look at the bytes is far cheaper than one at each line.
    if (!search.ignoreCase && !bytes.includes(search.wanted)) return [];
    return matchingLines(new TextDecoder().decode(bytes), file.path, search);
  } finally {
    await handle.close();
  }
}

function matchingLines(source: string, path: string, { wanted, ignoreCase }: Search): string[] {
  const fold = (value: string): string => (ignoreCase ? value.toLowerCase() : value);
  const needle = fold(wanted);
  if (!fold(source).includes(needle)) return [];
  const lines: string[] = [];
  for (const [index, line] of source.split('\n').entries()) {
    const at = fold(line).indexOf(needle);
    if (at !== -1) lines.push(`${path}:${index + 1}: ${excerpt(line, at)}`);
  }
  return lines;
}

/** The line, or what stands around the match when it is long. */
function excerpt(line: string, at: number): string {
  const whole = line.trim();
  if (whole.length <= LONGEST_LINE) return whole;
  const from = Math.max(0, at - LONGEST_LINE / 2);
  return `${from > 0 ? '…' : ''}${line.slice(from, from + LONGEST_LINE).trim()}…`;
}

function told(report: Report, maxMatches: number, maxFileBytes: number): string {
  const shown = report.lines.slice(0, maxMatches);
  const notes = [
    report.matches === 0
      ? `Nothing found in ${shownCount(report.searched)} files.`
      : `${shownCount(report.matches)} matching line${report.matches === 1 ? '' : 's'} in ${shownCount(report.filesWithMatches)} of ${shownCount(report.searched)} files.`,
  ];
  if (shown.length < report.matches)
    notes.push(
      `Only ${shownCount(shown.length)} lines are shown, at most ${MATCHES_A_FILE} a file. Narrow with folder or match.`,
    );
  if (report.tooLarge > 0)
    notes.push(
      `Not searched: ${shownCount(report.tooLarge)} file${report.tooLarge === 1 ? '' : 's'} over ${shownBytes(maxFileBytes)}.`,
    );
  if (report.stopped) notes.push('Stopped early: there is too much text. Narrow with folder or match.');
  return [...shown, ...notes.map((note) => `[${note}]`)].join('\n');
}
