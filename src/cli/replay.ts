import { CrewError } from '../errors.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { findRun } from './find-run.ts';
import { readInputs } from './inputs.ts';
import { readOptions } from './options.ts';
import { WORK_OPTIONS, workRun } from './work-run.ts';

const { model, debug, input } = CREW_OPTIONS;
const args = {
  run: { type: 'positional', description: 'Id of the run: crewline runs lists them', required: true },
  crew: { type: 'positional', description: 'Its crew, where it cannot be found by itself', required: false },
  from: {
    type: 'string',
    description: 'A task to work again, with all that depend on it; may be given many times',
    valueHint: 'task',
  },
  input: { ...input, description: 'An input that is to be another; may be given many times' },
  ...ENGINE_OPTION,
  model,
  ...WORK_OPTIONS,
  debug,
} as const;

/** `crewline replay`: works some tasks of an earlier run again, as a run of its own. */
export const replay: Command = {
  summary: 'Work some tasks of an earlier run again; the rest is kept',
  args,
  examples: ['crewline replay run_0a1b2c3d --from write', 'crewline replay run_0a1b2c3d --from write --input tone=dry'],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'replay', args, repeatable: ['from', 'input'] });
    const from = valuesOf('from');
    if (from.length === 0) throw new CrewError('USAGE', '--from is missing: the task to work again.');
    const { runId, crew } = await findRun(given, session, ['replay', given.run]);
    return workRun({
      crew,
      given,
      session,
      prepare(loaded) {
        const pairs = valuesOf('input');
        const inputs = readInputs(loaded, { pairs, file: undefined, cwd: session.cwd, partial: true });
        return { inputs, start: (ready, options) => ready.startReplay(runId, { from, inputs, ...options }) };
      },
    });
  },
};
