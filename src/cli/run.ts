import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { findRunId } from './find-run.ts';
import { readInputs } from './inputs.ts';
import { readOptions } from './options.ts';
import { openRecording } from './recording.ts';
import { WORK_OPTIONS, workRun } from './work-run.ts';

const args = {
  ...CREW_OPTIONS,
  ...ENGINE_OPTION,
  ...WORK_OPTIONS,
  reuse: {
    type: 'string',
    description: 'An earlier run: only what would come out otherwise is worked',
    valueHint: 'run',
  },
  record: { type: 'string', description: 'Keep every answer of every model in this file', valueHint: 'file.json' },
  'from-recording': {
    type: 'string',
    description: 'Take the answers from this file: no key, no network, no cost',
    valueHint: 'file.json',
  },
} as const;

/** `crewline run`: one kickoff. */
export const run: Command = {
  summary: 'Run a crew',
  args,
  examples: [
    'crewline run repo-brief',
    'crewline run newsroom --input topic=tea --model gpt-5-mini',
    'crewline run ./my-crew.ts --inputs inputs.json > report.md',
    'crewline run newsroom --input topic=tea --record tea.json',
    'crewline run newsroom --input topic=tea --from-recording tea.json',
    'crewline run newsroom --input topic=tea --reuse run_0a1b2c3d',
    'crewline run newsroom --input topic=tea --engine memory',
  ],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'run', args, repeatable: ['input'] });
    const { cwd } = session;
    const reuse = given.reuse && (await findRunId({ run: given.reuse, engine: given.engine }, session));
    return workRun({
      crew: given.crew,
      given,
      session,
      recording: () => openRecording({ record: given.record, fromRecording: given['from-recording'], cwd }),
      prepare(loaded) {
        const inputs = readInputs(loaded, { pairs: valuesOf('input'), file: given.inputs, cwd });
        return { inputs, start: (crew, options) => crew.start({ inputs, ...(reuse && { reuse }), ...options }) };
      },
    });
  },
};
