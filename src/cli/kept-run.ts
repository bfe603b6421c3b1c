import type { Failure, RunResult } from '../spec/outcome.ts';
import type { Colours } from '../telemetry/format.ts';
import { engineHint } from './engine-choice.ts';
import { shownCommand, typed } from './shown-command.ts';

/** Where runs are kept, and how they can be gone on with. */
export interface KeptRuns {
  /** In words. */
  readonly keptIn: string;
  /** What is to be known of its commands. */
  readonly hint: string | undefined;
  /** The command that goes on with one. */
  command(runId: string): string;
  /** The command that shows one, where the others name no engine that it would be found by. */
  readonly look: ((runId: string) => string) | undefined;
  /** What a command that answers a question of one needs besides the question. */
  readonly answers: { readonly crew: string | undefined; readonly engine: string | undefined };
}

/** The command that shows what a run waits for, or says what becomes of a call. */
export function waitCommand(
  { runId, id, code }: { readonly runId: string; readonly id: string; readonly code: WaitCode },
  engine: string | undefined,
): string {
  if (code === 'REVIEW_PENDING') return shownCommand(['reviews', runId], engine);
  return `${shownCommand(['resume', runId], engine)} --decide ${typed([`${id}=<skip, retry or its result>`])}`;
}

/** Why a run waits for somebody. */
export type WaitCode = 'REVIEW_PENDING' | 'NEEDS_DECISION';

/** What `crewline resume` needs besides the run's id. */
interface ResumeNeeds {
  readonly crew: string | undefined;
  readonly engine?: string | undefined;
  readonly model?: string | undefined;
  /** What `--engine` calls the engine that the crew has of its own. */
  readonly ownName?: string | undefined;
}

export function keptRuns(keptIn: string, { crew, engine, model, ownName }: ResumeNeeds): KeptRuns {
  const from = crew === undefined ? [] : [crew];
  const models = model === undefined ? '' : ` --model ${typed([model])}`;
  const command = (runId: string) => `${shownCommand(['resume', runId, ...from], engine)}${models}`;
  const look = ownName === undefined ? undefined : (runId: string) => shownCommand(['runs', 'show', runId], ownName);
  return { keptIn, hint: engineHint(engine ?? ownName), look, answers: { crew, engine }, command };
}

/** What is said of a run that could go on. */
export function sayCommand(runId: string, { keptIn, hint, look, command }: KeptRuns): string {
  const lines = [
    `Run ${runId} is kept in ${keptIn}. To go on with it: ${command(runId)}`,
    ...(look === undefined ? [] : [`To look at it: ${look(runId)}`]),
    ...(hint === undefined ? [] : [hint]),
  ];
  return lines.join('\n');
}

/** Where a run that has ended is kept, and, where it could go on, how; undefined where that is not worth a word. */
export function tellKept(
  { runId, status, tasks }: RunResult,
  kept: KeptRuns,
  { colours, json }: { readonly colours: Colours; readonly json: boolean },
): string | undefined {
  if (status === 'done' || status === 'partial') {
    const how = kept.look === undefined ? '.' : `: ${kept.look(runId)}`;
    return json ? undefined : colours.dim(`Run ${runId} is kept in ${kept.keptIn}${how}`);
  }
  const decisions = Object.values(tasks).flatMap(({ error }) => decisionLines(error, runId, kept));
  const reviews = Object.values(tasks).flatMap(({ error }) => reviewLines(error, runId, kept));
  return [...reviews, sayCommand(runId, kept), ...decisions].join('\n');
}

/** A question that a run waits to have answered. */
export interface OpenQuestion {
  readonly runId: string;
  readonly id: string;
  readonly taskName: string;
  readonly kind: 'output' | 'tool';
  readonly crew?: string | undefined;
  readonly engine?: string | undefined;
  /** Of an output: whether it is a text. @default true */
  readonly isText?: boolean;
}

/** The command that answers it, and what else can be said: to be filled in, so it is no command to be pasted. */
export function answerCommands(question: OpenQuestion): readonly string[] {
  const { runId, id, taskName, kind, crew, engine, isText = true } = question;
  const from = crew === undefined ? [] : [crew];
  const answer = shownCommand(['answer', runId, kind === 'tool' ? id : taskName, ...from], engine);
  const edit = kind === 'tool' ? '' : ` --edit '<${isText ? 'text' : 'json'}>' or`;
  return [`  ${answer} --approve`, `  or, instead of --approve:${edit} --send-back '<reason>'`];
}

function reviewLines(error: Failure | null, runId: string, { answers }: KeptRuns): readonly string[] {
  if (error?.code !== 'REVIEW_PENDING' || error.taskName === undefined) return [];
  const id = 'callId' in error && typeof error.callId === 'string' ? error.callId : error.taskName;
  const kind = /\/review\.[\d.]+$/.test(id) ? 'output' : 'tool';
  const { taskName } = error;
  return [`To answer what ${taskName} asks:`, ...answerCommands({ runId, id, taskName, kind, ...answers })];
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
