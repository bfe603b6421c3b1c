import { CrewError } from '../errors.ts';
import { parseJson } from '../internal/json.ts';
import type { Decision } from '../spec/decision.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { ENGINE_OPTION } from './engine-choice.ts';
import { findRun } from './find-run.ts';
import { readOptions } from './options.ts';
import { WORK_OPTIONS, workRun } from './work-run.ts';

const { model, debug } = CREW_OPTIONS;
const args = {
  run: { type: 'positional', description: 'Id of the run: crewline runs lists them', required: true },
  crew: { type: 'positional', description: 'Its crew, where it cannot be found by itself', required: false },
  'accept-changes': { type: 'boolean', description: 'Go on although the crew has changed' },
  decide: {
    type: 'string',
    description: 'What becomes of a call that was cut off: retry, skip, or its result; may be given many times',
    valueHint: 'call=retry|skip|<json>',
  },
  ...ENGINE_OPTION,
  model,
  ...WORK_OPTIONS,
  debug,
} as const;

/** `crewline resume`: goes on with a run where it stood. */
export const resume: Command = {
  summary: 'Go on with a run that was cut off, paused, cancelled or failed',
  args,
  examples: [
    'crewline resume run_0a1b2c3d',
    'crewline resume run_0a1b2c3d --accept-changes',
    "crewline resume run_0a1b2c3d --decide 'bill/turn.1.tool.0=skip'",
  ],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'resume', args, repeatable: ['decide'] });
    const decisions = readDecisions(valuesOf('decide'));
    const { runId, crew } = await findRun(given, session, ['resume', given.run]);
    const acceptChanges = given['accept-changes'] === true;
    return workRun({
      crew,
      given,
      session,
      prepare: () => ({
        start: (loaded, options) => loaded.reopen(runId, { acceptChanges, decisions, ...options }),
      }),
    });
  },
};

/** @throws {CrewError} `USAGE` with all that is wrong. */
function readDecisions(written: readonly string[]): { readonly [callId: string]: Decision } {
  const decisions = new Map<string, Decision>();
  const problems: string[] = [];
  for (const pair of written) {
    const at = pair.indexOf('=');
    const [callId, said] = [pair.slice(0, at), pair.slice(at + 1)];
    const json = parseJson(said);
    if (at < 1) problems.push(`--decide takes call=retry, call=skip or call=<json>, not "${pair}".`);
    else if (said === 'retry' || said === 'skip') decisions.set(callId, said);
    else if (json.ok) decisions.set(callId, { result: json.value });
    else problems.push(`--decide ${callId} must be retry, skip, or what the call came to as JSON, not "${said}".`);
  }
  if (problems.length > 0) throw new CrewError('USAGE', problems.join('\n'));
  return Object.fromEntries(decisions);
}
