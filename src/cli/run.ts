import type { Run } from '../index.ts';
import type { RunResult } from '../spec/outcome.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Usage } from '../usage.ts';
import { terminalApprover } from './approver.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { readInputs } from './inputs.ts';
import { Interrupt } from './interrupt.ts';
import { loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import { listen, type Progress, progressFor } from './progress.ts';
import { openRecording } from './recording.ts';
import { redactor } from './redact.ts';
import { INTERRUPTED, tellResult } from './tell-result.ts';

const args = {
  ...CREW_OPTIONS,
  json: { type: 'boolean', description: 'Events as JSON lines on standard output, instead of the result' },
  'exit-on-hup': { type: 'boolean', description: 'Stop in an orderly way when the terminal is closed' },
  deltas: { type: 'boolean', description: 'With --json, also every piece of every answer (model.delta)' },
  record: { type: 'string', description: 'Keep every answer of every model in this file', valueHint: 'file.json' },
  'from-recording': {
    type: 'string',
    description: 'Take the answers from this file: no key, no network, no cost',
    valueHint: 'file.json',
  },
} as const;

/** `crewline run`: one kickoff, told as it goes; the result on standard output, all else on standard error. */
export const run: Command = {
  summary: 'Run a crew',
  args,
  examples: [
    'crewline run repo-brief',
    'crewline run newsroom --input topic=tea --model gpt-5-mini',
    'crewline run ./my-crew.ts --inputs inputs.json > report.md',
    'crewline run newsroom --input topic=tea --record tea.json',
    'crewline run newsroom --input topic=tea --from-recording tea.json',
  ],
  async work(words, session) {
    const { args: given, valuesOf } = readOptions(words, { command: 'run', args, repeatable: ['input'] });
    if (given.model !== undefined) process.env['CREWLINE_MODEL'] = given.model;
    // First of all: whatever follows may come to know of a secret.
    const redact = redactor(session.env);
    const recording = await openRecording({
      record: given.record,
      fromRecording: given['from-recording'],
      cwd: session.cwd,
    });
    const crew = recording.through(await loadCrew(given.crew, session.cwd));
    const inputs = readInputs(crew, { pairs: valuesOf('input'), file: given.inputs, cwd: session.cwd });
    const json = given.json === true;
    const progress = progressFor({ session, plan: crew.plan(), json, deltas: given.deltas === true, redact });
    // Whatever ends the process, the terminal gets its cursor back.
    process.once('exit', progress.close);
    let result: RunResult;
    let asked: boolean;
    try {
      const approve = terminalApprover({ session, progress, redact });
      const underWay = crew.start({ inputs, settle: true, ...(approve && { approve }) });
      listen(underWay, progress);
      ({ result, asked } = await settle(underWay, { progress, onHangUp: given['exit-on-hup'] ? 'stop' : 'stay' }));
    } finally {
      progress.close();
    }
    const [told] = await Promise.allSettled([recording.tell()]);
    for (const note of [unusedModel(given.model, result.usage), told.status === 'fulfilled' ? told.value : undefined]) {
      if (note !== undefined) session.stderr.write(`${note}\n`);
    }
    const code = tellResult(result, { session, redact, json, asked });
    // The result has been paid for, and is told whatever became of its recording.
    if (told.status === 'rejected') throw told.reason;
    return code;
  },
};

interface Settling {
  readonly progress: Progress;
  /** What a terminal that is closed means. */
  readonly onHangUp: 'stop' | 'stay';
}

async function settle(
  underWay: Run<RunResult>,
  { progress, onHangUp }: Settling,
): Promise<{ result: RunResult; asked: boolean }> {
  const interrupt = new Interrupt({
    onHangUp,
    first() {
      progress.say('Stopping what is under way. Press Ctrl-C again to leave at once.');
      underWay.cancel('interrupted');
    },
    second() {
      progress.close();
      process.exit(INTERRUPTED);
    },
  });
  // A promise that the crew's own code forgot must not take the run with it.
  const orphan = (reason: unknown): void => progress.say(`A promise was rejected and nobody handled it: ${reason}`);
  interrupt.listen();
  process.on('unhandledRejection', orphan);
  try {
    return { result: await underWay.result, asked: interrupt.asked };
  } finally {
    process.off('unhandledRejection', orphan);
    interrupt.stop();
  }
}

/** `--model` is for agents that name none; where all do, it changed nothing, and who wrote it should know. */
function unusedModel(model: string | undefined, { modelCalls, byModel }: Usage): string | undefined {
  if (model === undefined || modelCalls === 0 || Object.hasOwn(byModel, model)) return undefined;
  return `--model ${cleanText(model)} was not used: the crew names its models itself (${Object.keys(byModel)
    .map((name) => cleanText(name))
    .join(', ')}).`;
}
