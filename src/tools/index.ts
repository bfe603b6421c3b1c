/** `crewline/tools`: tools over the files of one workspace folder, and over values that several tasks share. */
export type { FolderOption } from './folder-option.ts';
export { type ListFilesOptions, listFiles } from './list-files.ts';
export { type ReadFileOptions, readFile } from './read-file.ts';
export { type SearchFilesOptions, searchFiles } from './search-files.ts';
export {
  memoryStore,
  type SharedEntry,
  type SharedStateOptions,
  type SharedStore,
  type SharedWrite,
  sharedState,
} from './shared-state.ts';
export { SKIPPED_FOLDERS } from './skipped-folders.ts';
export { type WriteFileOptions, writeFile } from './write-file.ts';
