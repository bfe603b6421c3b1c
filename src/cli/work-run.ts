import type { Run } from '../index.ts';
import type { Json } from '../spec/json.ts';
import type { RunResult } from '../spec/outcome.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Usage } from '../usage.ts';
import { terminalApprover } from './approver.ts';
import { type KeptRuns, keptRuns, sayCommand, tellKept } from './kept-run.ts';
import { type LoadedCrew, loadCrew, type Settling } from './load-crew.ts';
import { placeCrew } from './placed-crew.ts';
import { listen, progressFor } from './progress.ts';
import { NO_RECORDING, type RunRecording } from './recording.ts';
import { redactor } from './redact.ts';
import { isCrewError } from './report.ts';
import { terminalReviewer } from './reviewer.ts';
import type { Session } from './session.ts';
import { settle } from './settle.ts';
import { tellResult } from './tell-result.ts';
import { terminalDesk } from './terminal-desk.ts';

/** Options of every command that works a run. */
export const WORK_OPTIONS = {
  json: { type: 'boolean', description: 'Events as JSON lines on standard output, instead of the result' },
  'exit-on-hup': { type: 'boolean', description: 'Stop in an orderly way when the terminal is closed' },
  deltas: { type: 'boolean', description: 'With --json, also every piece of every answer (model.delta)' },
} as const;

/** What was given of them, and of what decides where the run is kept. */
interface WorkGiven {
  readonly json?: boolean | undefined;
  readonly 'exit-on-hup'?: boolean | undefined;
  readonly deltas?: boolean | undefined;
  readonly engine?: string | undefined;
  readonly model?: string | undefined;
}

/** A run that can begin. */
export interface PreparedRun {
  readonly start: (crew: LoadedCrew, options: Settling) => Run<RunResult>;
  /** What it is given; nothing for one that has its inputs already. */
  readonly inputs?: Json;
}

/** One run to be worked. */
export interface RunWork {
  /** Name or path of the crew. */
  readonly crew: string;
  readonly given: WorkGiven;
  readonly session: Session;
  /** Opens what its models are called through. @default they are called themselves */
  readonly recording?: () => Promise<RunRecording>;
  /** Looks at what was given, before anything is made for the run. */
  readonly prepare: (crew: LoadedCrew) => PreparedRun;
}

/**
 * Works a run to its end, told as it goes: the result on standard output, all else on standard error. Resolves to the exit
 * code.
 */
export async function workRun(work: RunWork): Promise<number> {
  const { given, session } = work;
  if (given.model !== undefined) process.env['CREWLINE_MODEL'] = given.model;
  // First of all: whatever follows may come to know of a secret.
  const redact = redactor(session.env);
  const recording = (await work.recording?.()) ?? NO_RECORDING;
  const found = await loadCrew(work.crew, session.cwd);
  const { start, inputs = {} } = work.prepare(found.crew);
  const placed = await placeCrew(found, given.engine, { cwd: session.cwd, inputs });
  if (placed.note !== undefined) session.stderr.write(`${placed.note}\n`);
  // A crew with an engine of its own is found by nobody who only has the id.
  const needs = placed.isOwn ? { ...given, crew: work.crew, engine: undefined } : { ...given, crew: undefined };
  const { keptIn, ownName } = placed;
  const kept = keptIn === undefined ? undefined : keptRuns(keptIn, { ...needs, ownName });
  try {
    return await follow(work, { crew: recording.through(placed.crew), start, recording, kept, redact });
  } finally {
    await placed.close();
  }
}

/** A run about to begin. */
interface Ready {
  readonly crew: LoadedCrew;
  readonly start: PreparedRun['start'];
  readonly recording: RunRecording;
  readonly kept: KeptRuns | undefined;
  /** Takes secrets out of what is shown. */
  readonly redact: (text: string) => string;
}

async function follow({ given, session }: RunWork, { crew, start, recording, kept, redact }: Ready): Promise<number> {
  const json = given.json === true;
  const progress = progressFor({ session, plan: crew.plan(), json, deltas: given.deltas === true, redact });
  // Whatever ends the process, the terminal gets its cursor back.
  process.once('exit', progress.close);
  const say = (line: string | undefined) => {
    if (line !== undefined) session.stderr.write(`${line}\n`);
  };
  let ended: { readonly result: RunResult; readonly asked: boolean };
  try {
    const desk = terminalDesk(session, progress);
    const asking = desk && { desk, session, redact };
    // Where nobody is there, a run that is kept pauses until somebody has answered, from wherever.
    const review = asking === undefined ? false : terminalReviewer(asking);
    const underWay = start(crew, { settle: true, review, ...(asking && { approve: terminalApprover(asking) }) });
    listen(underWay, progress);
    const left = () => kept && sayCommand(underWay.runId, kept);
    const over = settle(underWay, { progress, onHangUp: given['exit-on-hup'] === true ? 'stop' : 'stay', left });
    ended = await over.finally(() => desk?.idle());
  } catch (thrown) {
    progress.close();
    // It could not go on, and has a result that nobody could write down.
    if (kept !== undefined && isCrewError(thrown) && thrown.resumable && thrown.runId !== undefined) {
      say(sayCommand(thrown.runId, kept));
    }
    throw thrown;
  } finally {
    progress.close();
  }
  const { result, asked } = ended;
  const [told] = await Promise.allSettled([recording.tell()]);
  say(unusedModel(given.model, result.usage));
  if (told.status === 'fulfilled') say(told.value);
  const code = tellResult(result, { session, redact, json, asked });
  if (kept !== undefined) say(tellKept(result, kept, { colours: session.colours.stderr, json }));
  // The result has been paid for, and is told whatever became of its recording.
  if (told.status === 'rejected') throw told.reason;
  return code;
}

/** `--model` is for agents that name none; where all do, it changed nothing, and who wrote it should know. */
function unusedModel(model: string | undefined, { modelCalls, byModel }: Usage): string | undefined {
  if (model === undefined || modelCalls === 0 || Object.hasOwn(byModel, model)) return undefined;
  return `--model ${cleanText(model)} was not used: the crew names its models itself (${Object.keys(byModel)
    .map((name) => cleanText(name))
    .join(', ')}).`;
}
