import type { Run } from '../index.ts';
import type { RunResult } from '../spec/outcome.ts';
import { cleanText } from '../telemetry/clean.ts';
import { countOf, formatTokens } from '../telemetry/format.ts';
import type { Usage } from '../usage.ts';
import { type Command, CREW_OPTIONS } from './command.ts';
import { readInputs } from './inputs.ts';
import { Interrupt } from './interrupt.ts';
import { loadCrew } from './load-crew.ts';
import { readOptions } from './options.ts';
import { listen, type Progress, progressFor } from './progress.ts';
import { openRecording } from './recording.ts';
import { redactor } from './redact.ts';
import { describeError, exitCodeOf } from './report.ts';
import type { Session } from './session.ts';

/** Exit code of a run that was told to stop. */
const INTERRUPTED = 130;

const args = {
  ...CREW_OPTIONS,
  json: { type: 'boolean', description: 'Events as JSON lines on standard output, instead of the result' },
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
      const underWay = crew.start({ inputs, settle: true });
      listen(underWay, progress);
      ({ result, asked } = await settle(underWay, progress));
    } finally {
      progress.close();
    }
    for (const note of [unusedModel(given.model, result.usage), recording.tell()]) {
      if (note !== undefined) session.stderr.write(`${note}\n`);
    }
    return tell(result, { session, redact, json, asked });
  },
};

async function settle(underWay: Run<RunResult>, progress: Progress): Promise<{ result: RunResult; asked: boolean }> {
  const interrupt = new Interrupt({
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

interface Telling {
  readonly session: Session;
  readonly redact: (text: string) => string;
  readonly json: boolean;
  /** Whether somebody wanted the run to stop. */
  readonly asked: boolean;
}

/** Prints how a run ended; the exit code says it too. */
function tell(result: RunResult, { session, redact, json, asked }: Telling): number {
  const { stdout, stderr, colours } = session;
  const done = result.status === 'done';
  if (!json) {
    if (done) printResult(result.raw, session);
    else stderr.write(finishedWork(result, session));
  }
  if (result.error !== null && !(asked && result.error.code === 'CANCELLED')) {
    stderr.write(redact(describeError(result.error, { colours: colours.stderr, debug: session.debug })));
  }
  if (!json) stderr.write(`${colours.stderr.dim(usageLine(result.usage))}\n`);
  if (done) return stdout.failure === undefined ? 0 : 1;
  if (asked && result.status === 'cancelled') return INTERRUPTED;
  return result.error === null ? 1 : exitCodeOf(result.error);
}

/** A terminal gets the text without escape sequences; a file or a pipe gets it exactly. */
function printResult(raw: string, { stdout, stderr }: Session): void {
  if (raw === '') return;
  if (stdout.isTerminal && stderr.isTerminal) stderr.write('\n');
  stdout.write(stdout.isTerminal ? `${cleanText(raw, 'block').trimEnd()}\n\n` : raw.endsWith('\n') ? raw : `${raw}\n`);
}

/** What was finished before a run failed or was stopped: it has been paid for. */
function finishedWork(result: RunResult, { stderr, colours }: Session): string {
  const finished = Object.values(result.tasks).filter((task) => task.status === 'done' && task.raw !== '');
  if (finished.length === 0) return '';
  const parts = finished.map((task) => {
    const text = stderr.isTerminal ? cleanText(task.raw, 'block') : task.raw;
    return `${colours.stderr.bold(`── ${task.name} ──`)}\n${text.trimEnd()}\n`;
  });
  return `\nFinished before the run ended:\n\n${parts.join('\n')}\n`;
}

/** `--model` is for agents that name none; where all do, it changed nothing, and who wrote it should know. */
function unusedModel(model: string | undefined, { modelCalls, byModel }: Usage): string | undefined {
  if (model === undefined || modelCalls === 0 || Object.hasOwn(byModel, model)) return undefined;
  return `--model ${cleanText(model)} was not used: the crew names its models itself (${Object.keys(byModel)
    .map((name) => cleanText(name))
    .join(', ')}).`;
}

function usageLine(usage: Usage): string {
  if (usage.modelCalls === 0) return 'No model was called.';
  const models = Object.keys(usage.byModel).map((name) => cleanText(name));
  return `${countOf(usage.modelCalls, 'model call')} · ${tokensLine(usage)} · ${models.join(', ')}`;
}

/** A call that failed, and a model that does not count, leave nothing to tell. */
function tokensLine({ inputTokens, outputTokens, cachedInputTokens }: Usage): string {
  if (inputTokens === 0 && outputTokens === 0) return 'tokens unknown';
  const cached = cachedInputTokens === 0 ? '' : ` (${formatTokens(cachedInputTokens)} cached)`;
  return `${formatTokens(inputTokens)} tokens in${cached}, ${formatTokens(outputTokens)} out`;
}
