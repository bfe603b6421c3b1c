import { resolve } from 'node:path';
import { CrewError } from '../errors.ts';
import { THROUGH_MODELS } from '../internal/through-models.ts';
import { countOf } from '../telemetry/format.ts';
import type { RecordedModel } from '../testing/recorded-model.ts';
import type { LoadedCrew } from './load-crew.ts';

/** What the command line was told about recordings. */
export interface RecordingOptions {
  readonly record: string | undefined;
  readonly fromRecording: string | undefined;
  readonly cwd: string;
}

/** A run's recording: the crew with its models called through it, and what there is to say at the end. */
export interface RunRecording {
  through(crew: LoadedCrew): LoadedCrew;
  /** A line about what was recorded, once it is written, or about what the run did not ask for. @throws {CrewError} `RECORDING_INVALID`. */
  tell(): Promise<string | undefined>;
}

/** Every model is called itself. */
export const NO_RECORDING: RunRecording = { through: (crew) => crew, tell: async () => undefined };

/**
 * Opens the recording that `--record` or `--from-recording` names. A replay needs no model: agents without one get the name
 * of one that was recorded.
 * @throws {CrewError} `USAGE` when both are given; `RECORDING_INVALID`.
 */
export async function openRecording({ record, fromRecording, cwd }: RecordingOptions): Promise<RunRecording> {
  const file = record ?? fromRecording;
  if (file === undefined) return NO_RECORDING;
  if (record !== undefined && fromRecording !== undefined) {
    throw new CrewError('USAGE', 'Give --record or --from-recording, not both.');
  }
  const { recordedModel } = await import('../testing/recorded-model.ts');
  const mode = record === undefined ? 'replay' : 'record';
  const recording = recordedModel(resolve(cwd, file), { mode });
  const [model] = recording.models;
  if (model !== undefined && (process.env['CREWLINE_MODEL'] ?? '') === '') process.env['CREWLINE_MODEL'] = model;
  return {
    through: (crew) => crew[THROUGH_MODELS](recording.of),
    tell: async () => (mode === 'record' ? recorded(recording, file) : unused(recording)),
  };
}

async function recorded(recording: RecordedModel, file: string): Promise<string> {
  await recording.saved();
  const { recorded: calls } = recording;
  return calls === 0 ? 'No model was called: nothing was recorded.' : `${countOf(calls, 'call')} recorded in ${file}.`;
}

function unused({ unused: keys }: RecordedModel): string | undefined {
  if (keys.length === 0) return undefined;
  return `${countOf(keys.length, 'recorded call')} not asked for: ${keys.slice(0, 5).join(', ')}${keys.length > 5 ? ', …' : ''}`;
}
