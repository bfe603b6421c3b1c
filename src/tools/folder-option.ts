import { CrewError } from '../errors.ts';
import { type Check, either, record, text } from '../internal/checks.ts';
import type { ToolScope } from '../tool.ts';

/**
 * The folder that a file tool works in: its path, relative to the working directory, or `{ input: 'folder' }`, the path
 * that the run's input of that name holds. With an input, one crew works on whatever folder a kickoff names.
 */
export type FolderOption = string | { readonly input: string };

const input: Check = (value) =>
  record(value) === undefined &&
  Object.keys(Object(value)).join() === 'input' &&
  text(Object(value).input) === undefined
    ? undefined
    : "{ input: 'the name of an input' }";

/** A path, or the input that holds one. */
export const folderOption: Check = either(text, input);

/** The path in this run. @throws {CrewError} `INPUT_INVALID` when the run's input holds none. */
export function folderOf(option: FolderOption, { inputs }: Pick<ToolScope, 'inputs'>): string {
  if (typeof option === 'string') return option;
  const path = Object.hasOwn(inputs, option.input) ? inputs[option.input] : undefined;
  if (typeof path === 'string' && text(path) === undefined) return path;
  const message = `This tool works in the folder that the input "${option.input}" names, and this run's inputs name none. Kick the crew off with a path there.`;
  throw new CrewError('INPUT_INVALID', message);
}
