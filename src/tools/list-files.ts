import { z } from 'zod';
import { CrewError } from '../errors.ts';
import { type Check, checkOptions, positive, refuse } from '../internal/checks.ts';
import { shippedTool, type Tool } from '../tool.ts';
import { type FolderOption, folderOf, folderOption } from './folder-option.ts';
import { pathFilter } from './glob.ts';
import { shownBytes, shownCount } from './read-text.ts';
import { SKIPPED_FOLDERS } from './skipped-folders.ts';
import { type Found, type FoundFile, walk } from './walk.ts';

/** Options of `listFiles`. */
export interface ListFilesOptions {
  /** The workspace: nothing outside it is ever seen. */
  readonly folder: FolderOption;
  /** Files in one answer. Where there are more, those nearest to the start are shown. @default 1000 */
  readonly maxEntries?: number;
  /** Names of folders that are not entered on the way; the model may still name one as the start.
   *  @default SKIPPED_FOLDERS: node_modules, .git, dist, build, coverage and the like */
  readonly skip?: readonly string[];
}

/** A list of folder names. */
export const names: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? undefined : 'a list of folder names';

const DEPTH = 12;
const input = z.object({
  folder: z
    .string()
    .optional()
    .describe('Folder to list, relative to the workspace. Leave out for the whole workspace.'),
  match: z.string().optional().describe('Only files that fit, such as "*.ts", "src/**/*.md" or ".json".'),
  depth: z
    .number()
    .int()
    .min(1)
    .max(32)
    .optional()
    .describe(`Levels of folders, 1 for the folder alone. Default ${DEPTH}.`),
});

/**
 * A tool `list_files`: the files below a folder with their sizes, sorted by path, and what was left out and why.
 *
 * Links are not followed. A walk ends after 20,000 files.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function listFiles(options: ListFilesOptions): Tool {
  refuse(
    checkOptions('listFiles', options, { folder: folderOption, maxEntries: positive, skip: names }, ['folder']),
    'listFiles',
  );
  const { maxEntries = 1000, skip = SKIPPED_FOLDERS } = options;
  return shippedTool({
    name: 'list_files',
    description:
      'Lists the files of the workspace folder with their sizes. Start here to find out what there is to read.',
    input,
    effect: 'read',
    async execute({ folder: start = '.', match, depth = DEPTH }, scope) {
      const fits = filterOf(match);
      const found = await walk({ folder: folderOf(options.folder, scope) }, start, {
        depth,
        skip,
        signal: scope.signal,
      });
      return listing(
        found,
        found.files.filter((file) => fits(file.path)),
        maxEntries,
      );
    },
  });
}

/** The filter for an optional pattern from the model. @throws {CrewError} `FILE_UNREADABLE` when the pattern cannot be used. */
export function filterOf(match: string | undefined): (path: string) => boolean {
  const filter = match === undefined || match === '' ? () => true : pathFilter(match);
  if (typeof filter === 'string')
    throw new CrewError('FILE_UNREADABLE', `match: ${filter}. Use a simpler one, such as "*.ts".`);
  return filter;
}

function listing(found: Found, files: readonly FoundFile[], maxEntries: number): string {
  const shown = nearest(files, maxEntries);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const lines = shown.map((file) => `${file.path}  ${shownBytes(file.bytes)}`);
  const notes = [`${shownCount(files.length)} file${files.length === 1 ? '' : 's'}, ${shownBytes(bytes)} in all.`];
  if (shown.length < files.length)
    notes.push(`Only the ${shownCount(shown.length)} nearest to the start are shown. Narrow with folder or match.`);
  if (found.cut) notes.push('There are more files than were counted. Narrow with folder.');
  if (found.skipped.length > 0) notes.push(`Not entered by rule: ${few(found.skipped)}. Name one as folder to see it.`);
  if (found.tooDeep.length > 0) notes.push(`Not entered, too deep: ${few(found.tooDeep)}.`);
  if (found.links > 0) notes.push(`${shownCount(found.links)} link${found.links === 1 ? '' : 's'} not followed.`);
  return [...lines, ...notes.map((note) => `[${note}]`)].join('\n');
}

/** Those with the fewest folders above them, in their order. */
function nearest(files: readonly FoundFile[], count: number): readonly FoundFile[] {
  if (files.length <= count) return files;
  const depths = files.map((file) => file.path.split('/').length);
  const order = files.map((_, index) => index).sort((a, b) => (depths[a] ?? 0) - (depths[b] ?? 0) || a - b);
  const kept = new Set(order.slice(0, count));
  return files.filter((_, index) => kept.has(index));
}

function few(paths: readonly string[]): string {
  const first = paths.slice(0, 10).map((path) => `${path}/`);
  return paths.length > first.length ? `${first.join(', ')} and ${paths.length - first.length} more` : first.join(', ');
}
