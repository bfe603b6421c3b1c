import { CrewError, messageOf } from '../errors.ts';
import { isObject } from '../internal/json.ts';
import { cleanText } from '../telemetry/clean.ts';
import type { Colours } from '../telemetry/format.ts';
import { namesPostgres } from './engine-choice.ts';
import { shownCommand } from './shown-command.ts';

/** What the command line can add to an error's own advice. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['AUTH', 'Set OPENAI_API_KEY (and OPENAI_BASE_URL for another provider), or try it with --model offline.'],
  ['MODEL_MISSING', 'Give --model, set CREWLINE_MODEL, or try it with --model offline, which needs no key.'],
  ['RUN_CHANGED', 'To go on all the same: --accept-changes'],
  ['REVIEW_UNANSWERABLE', 'Run it on a terminal, or keep it, so that it can be answered later: --engine sqlite'],
  ['QUOTA_EXHAUSTED', 'Nothing is lost in trying it with --model offline meanwhile.'],
]);

/** What an error that is described came of. */
interface ErrorContext {
  /** The engine that was named, as it was written. */
  readonly engine?: string | undefined;
  /** @default {} */
  readonly env?: NodeJS.ProcessEnv;
}

function hintFor(code: string, { engine, env = {} }: ErrorContext): string | undefined {
  switch (code) {
    case 'RUN_UNKNOWN': {
      const elsewhere = engine === undefined && namesPostgres(env);
      const shared = elsewhere ? `; those in Postgres: ${shownCommand(['runs'], 'dbos')}` : '';
      return `Those that there are: ${shownCommand(['runs'], engine)}${shared}`;
    }
    case 'REVIEW_UNKNOWN':
      return `What runs wait for a person to say: ${shownCommand(['reviews'], engine)}`;
    default:
      return HINTS.get(code);
  }
}

/** Codes of what is found wrong before a run has spent anything. A task's error may carry one of them too. */
const WRONG_USAGE: ReadonlySet<string> = new Set([
  'USAGE',
  'CREW_FILE',
  'INPUT_INVALID',
  'TEMPLATE',
  'MODEL_MISSING',
  'RECORDING_INVALID',
  'OPTION_INVALID',
  'RUN_UNKNOWN',
  'RUN_LOCKED',
  'TASK_UNKNOWN',
  'RUN_CHANGED',
  'ENGINE_NOT_DURABLE',
  'ENGINE_DRIVER_MISSING',
  'REVIEW_UNANSWERABLE',
  'REVIEW_UNKNOWN',
  'REVIEW_ANSWERED',
  'OUTPUT_INVALID',
]);

/** By its shape, since a crew may come with another copy of crewline. */
export function isCrewError(thrown: unknown): thrown is CrewError {
  return thrown instanceof CrewError || (thrown instanceof Error && 'code' in thrown && 'taskName' in thrown);
}

function isDefinitionError(error: CrewError): boolean {
  return 'problems' in error && Array.isArray(error.problems);
}

/** Exit code of a run that could go on once something outside has changed: money, a limit, somebody's word. */
export const PAUSED = 3;

/** 2 for what the caller can put right before running again, else 1. */
export function exitCodeOf(thrown: unknown): 1 | 2 {
  if (!isCrewError(thrown)) return 1;
  if (isDefinitionError(thrown)) return 2;
  return thrown.taskName === undefined && WRONG_USAGE.has(thrown.code) ? 2 : 1;
}

/** An error as a person wants it: what happened, where, what to do. With `debug`, the stack and every cause too. */
export function describeError(
  thrown: unknown,
  options: ErrorContext & { readonly colours: Colours; readonly debug: boolean },
): string {
  const { red, dim } = options.colours;
  const [first = '', ...more] = cleanText(messageOf(thrown), 'block').split('\n');
  const lines = [`${red('✗')} ${first}`, ...more.map((line) => `  ${line}`)];
  if (isCrewError(thrown)) {
    const where = [thrown.code];
    const facts: string[] = [...where];
    if (thrown.taskName !== undefined) facts.push(`task ${thrown.taskName}`);
    if (thrown.agent !== undefined) facts.push(`agent ${cleanText(thrown.agent)}`);
    lines.push(`  ${dim(facts.join(' · '))}`);
    const hint = hintFor(thrown.code, options);
    if (hint !== undefined) lines.push(`  ${hint}`);
    if (typeof thrown.until === 'number') lines.push(`  It may be over at ${new Date(thrown.until).toISOString()}.`);
  }
  if (options.debug) lines.push(...stackOf(thrown).map((line) => `  ${dim(line)}`));
  else if (!isCrewError(thrown)) lines.push(`  ${dim('--debug shows where it came from.')}`);
  return `${lines.join('\n')}\n`;
}

/** Causes may point at each other. */
const MAX_CAUSES = 10;

function stackOf(thrown: unknown): string[] {
  const lines: string[] = [];
  let error: unknown = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error !== undefined && error !== null; depth += 1) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    lines.push(...cleanText(depth === 0 ? stack : `Caused by: ${stack}`, 'block').split('\n'));
    error = isObject(error) ? error['cause'] : undefined;
  }
  return lines;
}
