import type { CrewEvent, EventError, EventOf } from '../events.ts';
import { cleanText } from './clean.ts';
import {
  type Colours,
  countOf,
  firstLine,
  formatDuration,
  formatTokens,
  formatUsd,
  NO_COLOURS,
  sayPerson,
  sayWarning,
  shortArguments,
  shorten,
  tokensOf,
  WAITS_FOR,
} from './format.ts';
import { pad } from './width.ts';

/** What the lines of one run share. */
export interface PlainOptions {
  /** When the run started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Columns for the names of tasks, so that the rest stands in line. @default 12 */
  readonly nameWidth?: number;
  /** @default none */
  readonly colours?: Colours;
}

/**
 * One event as a line for logs and pipes, without a line end: `  1.2s  research  done in 1.2s · 2.1k tokens`.
 * Of an error it has the first line, shortened. Undefined for events that are only news to a live tree (`model.*`,
 * `tool.end`, `task.ready`). Pure.
 */
export function plainLine(event: CrewEvent, options: PlainOptions): string | undefined {
  const colours = options.colours ?? NO_COLOURS;
  const said = say(event, colours);
  if (said === undefined) return undefined;
  const elapsed = pad(formatDuration(event.time - options.startedAt), 7, 'right');
  const name = 'taskName' in event && event.taskName !== undefined ? cleanText(event.taskName) : '';
  return `${colours.dim(elapsed)}  ${pad(name, options.nameWidth ?? 12)}  ${said}`;
}

function say(event: CrewEvent, colours: Colours): string | undefined {
  switch (event.type) {
    case 'run.start':
      return `${colours.bold(cleanText(event.crew))} ${event.process}, ${countOf(event.tasks, 'task')}`;
    case 'run.end':
      return sayEnd(event, colours);
    case 'task.start':
      return `started${event.agent === undefined ? '' : ` by ${shorten(event.agent)}`}${again(event.attempt)}`;
    case 'task.end':
      return sayEnd(event, colours);
    case 'task.retry':
      return colours.yellow(`attempt ${event.attempt} failed: ${failure(event.error)}; again ${delay(event.delayMs)}`);
    case 'task.skipped':
      return event.because === event.taskName
        ? 'skipped: its condition said no'
        : `skipped because of ${event.because}`;
    case 'task.reused':
      return sayReused(event, colours);
    case 'tool.start':
      return `${shorten(event.agent)} calls ${shorten(event.tool)} ${shortArguments(event.arguments)}`.trimEnd();
    case 'tool.end':
      return event.error && `${shorten(event.tool)} failed: ${shorten(event.error.message)}`;
    case 'delegation.start': {
      const what = event.kind === 'work' ? 'delegates to' : 'asks';
      return `${shorten(event.agent)} ${what} ${shorten(event.coworker)}: ${shorten(event.request)}`;
    }
    case 'delegation.end':
      return event.error === undefined
        ? `${shorten(event.coworker)} answered after ${formatDuration(event.durationMs)}${spent(tokensOf(event.usage))}`
        : colours.red(`${shorten(event.coworker)} failed: ${event.error.code}: ${shorten(event.error.message)}`);
    case 'guardrail.end':
      return event.passed ? undefined : `answer not accepted: ${shorten(event.reason ?? 'no reason given')}`;
    case 'model.retry':
      return colours.yellow(`${shorten(event.model)} is asked again ${delay(event.delayMs)}: ${failure(event.error)}`);
    case 'limit.wait':
      return `${shorten(event.agent)} waits for ${shorten(event.model)}: ${WAITS_FOR[event.reason]}`;
    case 'review.requested':
      return asks(event);
    case 'review.answered':
      return answers(event);
    case 'budget.warning':
      return colours.yellow(sayWarning(event));
    case 'events.dropped':
      return colours.yellow(`events ${event.from} to ${event.to} were dropped`);
    case 'log':
      return event.level === 'warn' ? colours.yellow(cleanText(event.message)) : cleanText(event.message);
    case 'task.ready':
    case 'model.start':
    case 'model.delta':
    case 'model.end':
    case 'model.superseded':
      return undefined;
  }
}

function failure({ code, message }: EventError): string {
  return `${code}: ${shorten(message)}`;
}

function delay(ms: number): string {
  return ms === 0 ? 'at once' : `in ${formatDuration(ms)}`;
}

function asks(event: EventOf<'review.requested'>): string {
  if (event.kind === 'output') return `waits for a person${because(event.question)}`;
  return `${shorten(event.agent)} asks to call ${shorten(event.tool)} ${shortArguments(event.arguments)}`.trimEnd();
}

function answers(event: EventOf<'review.answered'>): string {
  if (event.kind === 'tool') {
    return `${shorten(event.tool)} was ${event.approved ? 'allowed' : 'refused'}${because(event.reason)}`;
  }
  if (event.timedOut) return `nobody answered in time: ${event.answer === 'approve' ? 'it stands' : 'it fails'}`;
  switch (event.answer) {
    case 'approve':
      return 'a person approved the output';
    case 'edit':
      return 'a person edited the output';
    case 'sendBack':
    case 'fail':
      return `a person sent the output back${because(event.reason)}`;
  }
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${shorten(reason)}`;
}

function again(attempt: number): string {
  return attempt > 1 ? `, attempt ${attempt}` : '';
}

function spent(tokens: number): string {
  return tokens === 0 ? '' : ` · ${formatTokens(tokens)} tokens`;
}

/** Money is told once, for the run. */
function cost(event: EventOf<'task.end'> | EventOf<'run.end'>): string {
  const { costUsd } = event.usage;
  return event.type === 'task.end' || costUsd === null || costUsd === 0 ? '' : ` · ${formatUsd(costUsd)}`;
}

function sayEnd(event: EventOf<'task.end'> | EventOf<'run.end'>, colours: Colours): string {
  const person = event.error && sayPerson(event.error);
  const status = person === undefined ? event.status : 'paused';
  const ended = `${colourOf(status, colours)(status)} in ${formatDuration(event.durationMs)}`;
  const why =
    event.error === undefined ? '' : `: ${person ?? `${event.error.code}: ${firstLine(event.error.message)}`}`;
  const where = 'outputFile' in event && event.outputFile !== undefined ? ` → ${cleanText(event.outputFile)}` : '';
  return `${ended}${spent(tokensOf(event.usage))}${cost(event)}${where}${why}`;
}

/** `done before`; `done, reused from run_1`. */
function sayReused(event: EventOf<'task.reused'>, colours: Colours): string {
  const how = event.from === event.runId ? ' before' : `, reused from ${shorten(event.from)}`;
  const why = event.error === undefined ? '' : `: ${event.error.code}: ${firstLine(event.error.message)}`;
  return `${colourOf(event.status, colours)(event.status)}${how}${why}`;
}

function colourOf(status: EventOf<'run.end' | 'task.reused'>['status'], colours: Colours): (text: string) => string {
  switch (status) {
    case 'done':
      return colours.green;
    case 'failed':
      return colours.red;
    case 'skipped':
    case 'partial':
    case 'cancelled':
    case 'paused':
      return colours.yellow;
  }
}
