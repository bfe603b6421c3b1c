import {
  closeSync,
  fsync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFile,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
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

/** A recording on its way to its file. */
export interface Writing {
  /** Resolves when it has taken the file's place, or was dropped. Rejects with `RECORDING_INVALID` when that fails. */
  readonly done: Promise<void>;
  /** It is not wanted any more: the file stays as it is. */
  drop(): void;
}

/**
 * Writes a recording: beside the old one, flushed, then renamed, so that whoever reads it, also after a crash, finds the
 * old one or the whole new one.
 * @throws {CrewError} `RECORDING_INVALID` when that fails.
 */
export function writeRecording(file: string, models: RecordedModels, calls: readonly string[]): void {
  const draft = openDraft(file);
  try {
    try {
      writeFileSync(draft.handle, documentOf(models, calls));
      fsyncSync(draft.handle);
    } finally {
      closeSync(draft.handle);
    }
    renameSync(draft.path, file);
  } catch (error) {
    throw unwritten(file, draft, error);
  }
}

/**
 * The same while others work: only opening the draft and renaming it, which take no time, happen at once. What is
 * written is what there is now.
 * @throws {CrewError} `RECORDING_INVALID` when there can be no draft.
 */
export function beginWriting(file: string, models: RecordedModels, calls: readonly string[]): Writing {
  const draft = openDraft(file);
  let isDropped = false;
  const work = async () => {
    try {
      try {
        await writeAll(draft.handle, documentOf(models, calls));
        await flush(draft.handle);
      } finally {
        closeSync(draft.handle);
      }
      if (!isDropped) renameSync(draft.path, file);
    } catch (error) {
      if (!isDropped) throw unwritten(file, draft, error);
    }
  };
  const drop = () => {
    isDropped = true;
    rmSync(draft.path, { force: true });
  };
  return { done: work(), drop };
}

const writeAll = promisify(writeFile);
const flush = promisify(fsync);

/** A file beside the one that it will replace. */
interface Draft {
  readonly path: string;
  readonly handle: number;
}

function openDraft(file: string): Draft {
  const path = `${file}.${realRuntime.uuid()}.tmp`;
  try {
    return { path, handle: openSync(path, 'wx', MODE) };
  } catch (error) {
    throw invalid(file, `cannot be written: ${messageOf(error)}`, error);
  }
}

function unwritten(file: string, draft: Draft, error: unknown): CrewError {
  rmSync(draft.path, { force: true });
  return invalid(file, `cannot be written: ${messageOf(error)}`, error);
}

function documentOf(models: RecordedModels, calls: readonly string[]): string {
  const names = [...models].sort(([a], [b]) => (a < b ? -1 : 1));
  const head = JSON.stringify({ crewline: 'recording', version: 1, models: Object.fromEntries(names) }, null, 2);
  return `${head.slice(0, -2)},\n  "calls": [${calls.map((call) => `\n${call}`).join(',')}\n  ]\n}\n`;
}
