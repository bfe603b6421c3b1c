import type { CrewEvent } from 'crewline';
import { CrewError, DefinitionError } from 'crewline';
import type { Ended, Seen } from './world.ts';

/** One of the ways in which R1 lets a fault end. */
export type Ending =
  /** The call was made again, and the run is done. */
  | { readonly as: 'retried' }
  /** The model was told, in these words among others, and the run is done. */
  | { readonly as: 'shown'; readonly words: RegExp }
  /** Nobody had to do anything about it, and the run is done. */
  | { readonly as: 'harmless' }
  /** What cannot be worked was skipped, and all else was done. */
  | { readonly as: 'skipped' }
  /** A task failed that others can do without. */
  | { readonly as: 'partial' }
  /** A task failed with this code, and the run with it. */
  | { readonly as: 'failed'; readonly code: string }
  /** The run is paused with this code. */
  | { readonly as: 'paused'; readonly code: string }
  | { readonly as: 'cancelled' }
  /** Found before anything was spent. */
  | { readonly as: 'refused'; readonly code: string };

/** Everything about the end of a run that no fault, and no two, may bring about. */
export function brokenPromises(ended: Ended): string[] {
  const { world, result, refused, events, seen, listeners } = ended;
  const broken = [...eventMistakes(events), ...protocolMistakes(seen)];
  const timers = world.clock.scheduled - world.late;
  if (timers > 0) broken.push(`${timers} timers are left`);
  if (listeners > 0) broken.push(`${listeners} listeners are left on the signal`);
  if (result === undefined) {
    if (refused === undefined) broken.push('it has neither a result nor an error');
    return broken;
  }
  const { status, error, tasks } = result;
  if ((status === 'failed' || status === 'paused') !== (error !== null))
    broken.push(`${status} with error ${error?.code}`);
  if (error !== null && (!(error instanceof CrewError) || error.runId !== result.runId)) {
    broken.push(`the run's error ${error.code} names run ${error.runId}`);
  }
  for (const task of Object.values(tasks)) {
    const { name, error: failure } = task;
    if (task.status === 'failed' && failure === null) broken.push(`${name} failed of nothing`);
    if (failure !== null && (failure.runId !== result.runId || failure.taskName !== name)) {
      broken.push(`${name}: its error ${failure.code} names run ${failure.runId}, task ${failure.taskName}`);
    }
    if (task.status === 'failed' && task.agent !== null && failure?.agent === undefined) {
      broken.push(`${name}: its error ${failure?.code} names no agent`);
    }
    // R4: what was finished is there.
    if (task.status === 'done' && task.raw === '' && task.output === null && task.attempts === 0) {
      broken.push(`${name} is done without an output`);
    }
    const told = events.find((event) => event.type === 'task.end' && event.taskName === name);
    if (told?.type === 'task.end' && told.status !== task.status) {
      broken.push(`${name} is ${task.status}, and its event says ${told.status}`);
    }
  }
  return broken;
}

/** Each start has its one end; numbers have no gap; nothing comes after the end. */
function eventMistakes(events: readonly CrewEvent[]): string[] {
  if (events.length === 0) return [];
  const broken: string[] = [];
  if (events.some(({ seq }, at) => seq !== at + 1)) broken.push('the numbers of events have gaps');
  if (events.at(-1)?.type !== 'run.end') broken.push(`the last event is ${events.at(-1)?.type}`);
  const open = new Map<string, number>();
  for (const event of events) {
    const [what, when] = event.type.split('.');
    if (when !== 'start' && when !== 'end') continue;
    if (what === 'guardrail') continue;
    const key = `${what} ${'callId' in event ? `${event.callId} ${'attempt' in event ? event.attempt : ''}` : keyOf(event)}`;
    open.set(key, (open.get(key) ?? 0) + (when === 'start' ? 1 : -1));
  }
  // A run that was refused, or cancelled before it began, has only its end.
  const isStarted = events.some(({ type }) => type === 'run.start');
  for (const [key, count] of open)
    if (count !== 0 && (isStarted || key !== 'run ')) broken.push(`${key}: ${count} starts without an end`);
  return broken;
}

function keyOf(event: CrewEvent): string {
  if (!('taskName' in event)) return '';
  return event.type === 'task.start' || event.type === 'task.end' ? `${event.taskName}` : '';
}

/** Each tool call is answered exactly once, right after it was made, in order. */
function protocolMistakes(seen: readonly Seen[]): string[] {
  return seen.flatMap(({ place, messages }) => {
    const broken: string[] = [];
    for (const [at, message] of messages.entries()) {
      const asked = message.role === 'assistant' ? (message.toolCalls ?? []) : [];
      const answers = messages.slice(at + 1, at + 1 + asked.length);
      const ids = answers.map((answer) => (answer.role === 'tool' ? answer.callId : answer.role));
      if (ids.join() !== asked.map(({ id }) => id).join())
        broken.push(`${place}: calls ${asked.map(({ id }) => id)} are answered by ${ids}`);
      if (new Set(asked.map(({ id }) => id)).size !== asked.length) broken.push(`${place}: a call id twice`);
    }
    return broken;
  });
}

/** What kept one fault, alone, from ending as it should; nothing when it did. */
export function otherThan(ending: Ending, ended: Ended): string | undefined {
  const is = endOf(ended);
  switch (ending.as) {
    case 'retried': {
      const retries = ended.events.filter(({ type }) => type === 'model.retry').length;
      return is === 'done' && retries > 0 ? undefined : `${is} after ${retries} retries`;
    }
    case 'shown': {
      const told = ended.seen.some(({ messages }) =>
        messages.some(({ role, content }) => role !== 'system' && ending.words.test(content)),
      );
      return is === 'done' && told ? undefined : `${is}, ${told ? 'told' : 'and not told'}`;
    }
    case 'harmless':
      return is === 'done' ? undefined : is;
    case 'skipped': {
      const skipped = Object.values(ended.result?.tasks ?? {}).some(({ status }) => status === 'skipped');
      return (is === 'done' || is === 'partial') && skipped ? undefined : is;
    }
    case 'cancelled':
    case 'partial':
      return is === ending.as ? undefined : is;
    case 'failed':
    case 'paused':
    case 'refused':
      if (ending.as === 'refused' && ended.seen.length > 0) return `${is} after ${ended.seen.length} calls`;
      return is === `${ending.as} ${ending.code}` ? undefined : is;
  }
}

/** How a run ended, in words: `failed TIMEOUT`. */
export function endOf({ result, refused }: Ended): string {
  if (result === undefined) {
    // Of several mistakes in a definition, all of which are told, the first.
    const code = refused instanceof DefinitionError ? refused.problems[0]?.code : refused?.code;
    return `refused ${code}`;
  }
  return result.error === null ? result.status : `${result.status} ${result.error.code}`;
}

/** The ends that an ending allows, as `endOf` names them. */
export function endsOf(ending: Ending): readonly string[] {
  switch (ending.as) {
    case 'failed':
    case 'paused':
    case 'refused':
      return [`${ending.as} ${ending.code}`];
    case 'cancelled':
    case 'partial':
      return [ending.as];
    default:
      return ['done'];
  }
}
