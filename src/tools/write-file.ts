import { z } from 'zod';
import { CrewError } from '../errors.ts';
import { checkOptions, flag, positive, refuse } from '../internal/checks.ts';
import { shippedTool, type Tool } from '../tool.ts';
import { type FolderOption, folderOf, folderOption } from './folder-option.ts';
import { shownPath } from './path-rules.ts';
import { shownBytes } from './read-text.ts';
import { writeInside } from './write-inside.ts';

/** Options of `writeFile`. */
export interface WriteFileOptions {
  /** The workspace: nothing outside it can be written, nor anything in `.git`. Made when missing. */
  readonly folder: FolderOption;
  /** Let the model replace files that are there. @default false */
  readonly overwrite?: boolean;
  /** Size of one file in bytes. @default 1048576 (1 MB) */
  readonly maxBytes?: number;
}

const input = z.object({
  path: z
    .string()
    .min(1)
    .describe('File to write, relative to the workspace, such as "notes/summary.md". Folders are made as needed.'),
  text: z.string().describe('The whole text of the file.'),
});

/**
 * A tool `write_file`: writes one text file whole. Readers see the old file or the new one, never a part.
 * @throws {DefinitionError} naming every option that is wrong.
 */
export function writeFile(options: WriteFileOptions): Tool {
  refuse(
    checkOptions('writeFile', options, { folder: folderOption, overwrite: flag, maxBytes: positive }, ['folder']),
    'writeFile',
  );
  const { overwrite = false, maxBytes = 1024 ** 2 } = options;
  return shippedTool({
    name: 'write_file',
    description: `Writes a text file into the workspace folder. ${overwrite ? 'Replaces a file that is there.' : 'Refuses to replace a file that is there.'}`,
    input,
    // The same text over itself changes nothing; a second try without `overwrite` would find its own file in the way.
    effect: overwrite ? 'idempotent' : 'once',
    risk: 'write',
    async execute({ path, text: content }, scope) {
      const size = Buffer.byteLength(content);
      if (size > maxBytes) {
        throw new CrewError(
          'FILE_TOO_LARGE',
          `The text for ${shownPath(path)} has ${shownBytes(size)}; at most ${shownBytes(maxBytes)} may be written. Write less, or several files.`,
        );
      }
      const folder = folderOf(options.folder, scope);
      return `Wrote ${shownBytes(size)} to ${await writeInside({ folder, overwrite }, path, content)}.`;
    },
  });
}
