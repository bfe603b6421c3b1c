import { z } from 'zod';
import { CrewError } from '../errors.ts';
import { checkOptions, positive, refuse } from '../internal/checks.ts';
import { shippedTool, type Tool } from '../tool.ts';
import { type FolderOption, folderOf, folderOption } from './folder-option.ts';
import { shownPath } from './path-rules.ts';
import { readPart, shownBytes, shownCount, type TextPart } from './read-text.ts';
import { openInside } from './workspace.ts';

/** Options of `readFile`. */
export interface ReadFileOptions {
  /** The workspace: nothing outside it can be read. */
  readonly folder: FolderOption;
  /** Size of one answer in bytes. A longer file comes in parts, by line. @default 262144 (256 KB) */
  readonly maxBytes?: number;
}

/** A file beyond this is no text for a model; counting its lines would take seconds. */
const LARGEST_FILE = 64 * 1024 ** 2;
const input = z.object({
  path: z.string().describe('File to read, relative to the workspace, such as "src/index.ts".'),
  offset: z.number().int().min(1).optional().describe('Number of the first line to read, from 1. Default 1.'),
  limit: z.number().int().min(1).optional().describe('Number of lines to read. Default: as many as fit.'),
});

/**
 * A tool `read_file`: the text of one file, or some of its lines. What does not fit is left out with a note that says
 * how to go on.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function readFile(options: ReadFileOptions): Tool {
  refuse(checkOptions('readFile', options, { folder: folderOption, maxBytes: positive }, ['folder']), 'readFile');
  const { maxBytes = 256 * 1024 } = options;
  return shippedTool({
    name: 'read_file',
    description: 'Reads a text file of the workspace folder.',
    input,
    effect: 'read',
    async execute({ path, offset = 1, limit = Number.MAX_SAFE_INTEGER }, scope) {
      const handle = await openInside({ folder: folderOf(options.folder, scope) }, path);
      try {
        const { size } = await handle.stat();
        if (size > LARGEST_FILE) {
          const message = `${shownPath(path)} has ${shownBytes(size)}; at most ${shownBytes(LARGEST_FILE)} can be read. Search it by another tool, or read a smaller file.`;
          throw new CrewError('FILE_TOO_LARGE', message);
        }
        const part = await readPart(handle, { firstLine: offset, lines: limit, maxBytes, signal: scope.signal });
        if (part === undefined)
          throw new CrewError('FILE_UNREADABLE', `${shownPath(path)} is not a text file. Read another one.`);
        return told(part, path, size);
      } finally {
        await handle.close();
      }
    },
  });
}

function told(part: TextPart, path: string, size: number): string {
  if (part.text === '') {
    return part.firstLine === 1
      ? `[${shownPath(path)} is empty.]`
      : `[${shownPath(path)} has no line ${shownCount(part.firstLine)}.]`;
  }
  if (!part.more) return part.text;
  const lines = `Lines ${shownCount(part.firstLine)} to ${shownCount(part.lastLine)} of ${shownPath(path)}, which has ${shownBytes(size)}.`;
  const next = part.lineCut
    ? `The last line is cut; the next is offset ${part.lastLine + 1}.`
    : `Go on with offset ${part.lastLine + 1}.`;
  return `${part.text.endsWith('\n') ? part.text : `${part.text}\n`}[${lines} ${next}]`;
}
