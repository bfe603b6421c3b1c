import type { RunResult, TaskOutcome } from '../spec/outcome.ts';
import { cleanText } from '../telemetry/clean.ts';
import { countOf, formatTokens, formatUsd } from '../telemetry/format.ts';
import type { Usage } from '../usage.ts';
import { describeError, exitCodeOf, PAUSED } from './report.ts';
import type { Session } from './session.ts';

/** Exit code of a run that was told to stop. */
export const INTERRUPTED = 130;

/** What decides how a result is told. */
export interface Telling {
  readonly session: Session;
  /** Takes secrets out of what is shown. */
  readonly redact: (text: string) => string;
  readonly json: boolean;
  /** Whether somebody wanted the run to stop. */
  readonly asked: boolean;
}

/**
 * Prints how a run ended, and what it cost. The exit code says it too: 0 done, also in part, for then the crew said itself
 * that it can do without the rest; 1 failed; 2 wrong usage; 3 paused; 130 interrupted.
 */
export function tellResult(result: RunResult, { session, redact, json, asked }: Telling): number {
  const { stdout, stderr, colours } = session;
  const resolved = result.status === 'done' || result.status === 'partial';
  if (!json) {
    if (resolved && result.raw !== '') printResult(result.raw, session);
    if (!resolved || result.raw === '') stderr.write(finishedWork(result, session));
    stderr.write(redact(missing(result, session)));
  }
  if (result.error !== null && !resolved && !(asked && result.error.code === 'CANCELLED')) {
    stderr.write(
      redact(
        pendingWords(result, session) ?? describeError(result.error, { colours: colours.stderr, debug: session.debug }),
      ),
    );
  }
  if (!json) stderr.write(`${colours.stderr.dim(usageLine(result.usage))}\n`);
  if (resolved) return stdout.failure === undefined ? 0 : 1;
  if (asked && result.status === 'cancelled') return INTERRUPTED;
  if (result.status === 'paused') return PAUSED;
  return result.error === null ? 1 : exitCodeOf(result.error);
}

/** A terminal gets the text without escape sequences; a file or a pipe gets it exactly. */
function printResult(raw: string, { stdout, stderr }: Session): void {
  if (stdout.isTerminal && stderr.isTerminal) stderr.write('\n');
  stdout.write(stdout.isTerminal ? `${cleanText(raw, 'block').trimEnd()}\n\n` : raw.endsWith('\n') ? raw : `${raw}\n`);
}

/** What was finished before a run failed or was stopped: it has been paid for. */
function finishedWork({ status, tasks }: RunResult, { stderr, colours }: Session): string {
  const finished = status === 'done' ? [] : Object.values(tasks).filter((task) => task.status === 'done');
  const parts = finished.flatMap(({ name, raw }) => {
    if (raw === '') return [];
    const text = stderr.isTerminal ? cleanText(raw, 'block') : raw;
    return [`${colours.stderr.bold(`── ${name} ──`)}\n${text.trimEnd()}\n`];
  });
  return parts.length === 0 ? '' : `\nFinished before the run ended:\n\n${parts.join('\n')}\n`;
}

/** What a run that is done in part went without, and because of whom. */
function missing({ status, tasks }: RunResult, { colours }: Session): string {
  const without = status === 'partial' ? Object.values(tasks).filter((task) => task.status !== 'done') : [];
  const sign = colours.stderr.yellow('■');
  return without.map((task) => `${sign} ${task.name} ${inBlock(fateOf(task))}\n`).join('');
}

/** Who waits for a person; undefined for a run that ended otherwise. The commands that answer follow, and those in code are of no use here. */
function pendingWords({ tasks, error }: RunResult, { colours, debug }: Session): string | undefined {
  if (error?.code !== 'REVIEW_PENDING' || debug) return undefined;
  const waiting = Object.values(tasks).filter((task) => task.error?.code === 'REVIEW_PENDING');
  const sign = colours.stderr.yellow('■');
  return waiting.map(({ name }) => `${sign} ${cleanText(name)} waits for a person\n`).join('') || undefined;
}

/** Whole, with what follows the first line set in. */
function inBlock(text: string): string {
  return cleanText(text, 'block').trimEnd().replaceAll('\n', '\n  ');
}

function fateOf({ name, status, skippedBecause, error }: TaskOutcome): string {
  if (skippedBecause === name) return 'was skipped: its condition said no';
  if (skippedBecause !== null) return `was skipped because of ${skippedBecause}`;
  return error === null ? status : `${status}: ${error.code}: ${error.message}`;
}

function usageLine(usage: Usage): string {
  if (usage.modelCalls === 0) return 'No model was called.';
  const models = Object.keys(usage.byModel).map((name) => cleanText(name));
  const parts = [countOf(usage.modelCalls, 'model call'), tokensLine(usage), ...costLine(usage), models.join(', ')];
  return parts.join(' · ');
}

/** A call that failed, and a model that does not count, leave nothing to tell. */
function tokensLine({ inputTokens, outputTokens, cachedInputTokens, estimatedCalls }: Usage): string {
  if (inputTokens === 0 && outputTokens === 0) return 'tokens unknown';
  const cached = cachedInputTokens === 0 ? '' : ` (${formatTokens(cachedInputTokens)} cached)`;
  const estimated = estimatedCalls === 0 ? '' : ` (${countOf(estimatedCalls, 'call')} estimated)`;
  return `${formatTokens(inputTokens)} tokens in${cached}, ${formatTokens(outputTokens)} out${estimated}`;
}

/** What costs nothing, and what nobody knows the price of, is not worth a word. */
function costLine({ costUsd }: Usage): string[] {
  return costUsd === null || costUsd === 0 ? [] : [formatUsd(costUsd)];
}
