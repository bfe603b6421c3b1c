import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { CrewError, messageOf } from '../../errors.ts';
import { parseJson } from '../../internal/json.ts';
import { realRuntime } from '../../internal/runtime.ts';
import { readDocument } from './read-recording.ts';
import type { RecordedModels, RecordingData } from './recorded-call.ts';

/** Only for whoever made it: conversations are private. */
const MODE = 0o600;

/** An error about the file itself. */
export function invalid(file: string, problem: string, cause?: unknown): CrewError {
  return new CrewError('RECORDING_INVALID', `The recording ${file} ${problem}`, { cause });
}

/** Reads a recording; undefined when there is none.
 *  @throws {CrewError} `RECORDING_INVALID` naming the place that is wrong. */
export function readRecording(file: string): RecordingData | undefined {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw invalid(file, `cannot be read: ${messageOf(error)}`, error);
  }
  const parsed = parseJson(source.replace(/^\ufeff/, ''));
  if (!parsed.ok) throw invalid(file, `is not JSON: ${parsed.problem}. Delete it, and record again.`);
  const read = readDocument(parsed.value);
  if (typeof read === 'string')
    throw invalid(file, `is not what crewline wrote: ${read}. Delete it, and record again.`);
  return read;
}

/** Finds out early that a file could not be written. @throws {CrewError} `RECORDING_INVALID`. */
export function checkWritable(file: string): void {
  const folder = statSync(dirname(file), { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true) throw invalid(file, `cannot be written: there is no folder ${dirname(file)}.`);
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw invalid(file, 'is a folder.');
}

/**
 * Writes a recording: beside the old one, flushed, then renamed, so that whoever reads it, also after a crash, finds the
 * old one or the whole new one.
 * @throws {CrewError} `RECORDING_INVALID` when that fails.
 */
export function writeRecording(file: string, models: RecordedModels, calls: readonly string[]): void {
  const draft = `${file}.${realRuntime.uuid()}.tmp`;
  const names = [...models].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = JSON.stringify({ crewline: 'recording', version: 1, models: Object.fromEntries(names) }, null, 2);
  const text = `${head.slice(0, -2)},\n  "calls": [${calls.map((call) => `\n${call}`).join(',')}\n  ]\n}\n`;
  try {
    const handle = openSync(draft, 'wx', MODE);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw invalid(file, `cannot be written: ${messageOf(error)}`, error);
  }
}
