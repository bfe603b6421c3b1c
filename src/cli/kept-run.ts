import type { Failure, RunResult } from '../spec/outcome.ts';
import type { Colours } from '../telemetry/format.ts';

/** Where runs are kept, and how they can be gone on with. */
export interface KeptRuns {
  /** In words. */
  readonly keptIn: string;
  /** The command that goes on with one. */
  command(runId: string): string;
}

/** The words of a command as one would type them. */
function typed(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}

/** What `crewline resume` needs besides the run's id. */
interface ResumeNeeds {
  readonly crew: string | undefined;
  readonly engine?: string | undefined;
  readonly model?: string | undefined;
}

export function keptRuns(keptIn: string, { crew, engine, model }: ResumeNeeds): KeptRuns {
  const words = crew === undefined ? [] : [crew];
  if (engine !== undefined) words.push('--engine', engine);
  if (model !== undefined) words.push('--model', model);
  return { keptIn, command: (runId) => typed(['crewline', 'resume', runId, ...words]) };
}

/** One line about a run that could go on. */
export function sayCommand(runId: string, { keptIn, command }: KeptRuns): string {
  return `Run ${runId} is kept in ${keptIn}. To go on with it: ${command(runId)}`;
}

/** Where a run that has ended is kept, and, where it could go on, how; undefined where that is not worth a word. */
export function tellKept(
  { runId, status, tasks }: RunResult,
  kept: KeptRuns,
  { colours, json }: { readonly colours: Colours; readonly json: boolean },
): string | undefined {
  if (status === 'done' || status === 'partial') {
    return json ? undefined : colours.dim(`Run ${runId} is kept in ${kept.keptIn}.`);
  }
  const decisions = Object.values(tasks).flatMap(({ error }) => decisionLines(error, runId, kept));
  return [sayCommand(runId, kept), ...decisions].join('\n');
}

/** A call that nobody knows the end of: what can be said of it. */
function decisionLines(error: Failure | null, runId: string, { command }: KeptRuns): readonly string[] {
  const callId = error !== null && 'callId' in error ? error.callId : undefined;
  if (error?.code !== 'NEEDS_DECISION' || typeof callId !== 'string') return [];
  const decide = (decision: string) => `  ${command(runId)} --decide ${typed([`${callId}=${decision}`])}`;
  return [
    `Call ${callId}, if it was carried out:`,
    decide('skip'),
    'if it was not:',
    decide('retry'),
    'or, with what it came to as JSON:',
    decide('{"its":"result"}'),
  ];
}
