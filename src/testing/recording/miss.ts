import { didYouMean } from '../../internal/suggest.ts';
import type { Message } from '../../spec/message.ts';
import { lineDiff } from './line-diff.ts';
import { type RecordedCall, type RecordedRequest, taskOf } from './recorded-call.ts';

/** A call that a recording has no answer for. */
export interface MissedCall {
  readonly file: string;
  readonly key: string;
  readonly agent: string;
  readonly request: RecordedRequest;
  /** The calls recorded under the same key, the likeliest first, and whether all that fit are used. */
  readonly alike: readonly RecordedCall[];
  readonly usedUp: boolean;
  /** Every key of the recording. */
  readonly keys: Iterable<string>;
}

const ADVICE =
  'Undo what changed the request, or record again: recordedModel with mode "record", or "auto" for this call only; crewline run --record on the command line.';

/** Which call it is, how it differs from what was recorded, and what to do. */
export function explainMiss(miss: MissedCall): string {
  const { file, key, agent, alike, usedUp } = miss;
  const task = taskOf(key);
  const step = key.slice(task.length + 1);
  const call = `call ${step} of task "${task}" (agent "${agent}")`;
  const first = `The recording ${file} has no answer to ${call}:`;
  const [likeliest] = alike;
  if (usedUp) {
    const { length } = alike;
    const count =
      length === 1
        ? 'the answer recorded for it was given already'
        : `all ${length} answers recorded for it were given already`;
    return `${first} ${count}. A recording is good for as many runs as were recorded.\n${ADVICE}`;
  }
  if (likeliest === undefined) return `${first} ${whatThereIs(task, step, miss.keys)}\n${ADVICE}`;
  const difference = differenceOf(likeliest.request, miss.request).map((line) => `  ${line}`);
  return [`${first} it was recorded with another request.`, ...difference, ADVICE].join('\n');
}

function whatThereIs(task: string, step: string, keys: Iterable<string>): string {
  const all = [...new Set(keys)];
  const own = all.filter((key) => taskOf(key) === task).map((key) => key.slice(task.length + 1));
  if (own.length > 0) return `of that task it has ${listed(own)}, and no ${step}.`;
  const tasks = [...new Set(all.map(taskOf))];
  if (tasks.length === 0) return 'it holds no calls at all.';
  return `it has no calls of that task, only of ${listed(tasks)}.${didYouMean(task, tasks)}`;
}

const MOST_LISTED = 12;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).join(', ');
  return names.length > MOST_LISTED ? `${shown} and ${names.length - MOST_LISTED} more` : shown;
}

/** The first thing that differs, recorded (`-`) against asked now (`+`). */
function differenceOf(recorded: RecordedRequest, asked: RecordedRequest): string[] {
  const before = recorded.messages.map(messageText);
  const after = asked.messages.map(messageText);
  const at = after.findIndex((message, index) => message !== before[index]);
  if (at >= 0 || before.length > after.length) {
    const index = at >= 0 ? at : after.length;
    const [old, now] = [before[index], after[index]];
    const role = (asked.messages[index] ?? recorded.messages[index])?.role;
    const place = `message ${index + 1} of ${after.length} (${role})`;
    if (old === undefined) return [`${place} is new:`, ...lineDiff('', now ?? '').slice(1)];
    if (now === undefined) return [`message ${index + 1} (${role}) is missing:`, ...lineDiff(old, '').slice(0, -1)];
    return [`${place} differs, recorded (-) and now (+):`, ...lineDiff(old, now)];
  }
  for (const part of ['tools', 'output', 'settings'] as const) {
    const [old, now] = [jsonText(recorded[part]), jsonText(asked[part])];
    if (old !== now) return [`its ${part} differ, recorded (-) and now (+):`, ...lineDiff(old, now)];
  }
  return ['the request was changed in the recording by hand.'];
}

function messageText(message: Message): string {
  if (message.role === 'tool') return `[result of ${message.name}, ${message.callId}]\n${message.content}`;
  if (message.role !== 'assistant' || message.toolCalls === undefined) return message.content;
  const calls = message.toolCalls.map((call) => `[calls ${call.name}, ${call.id}] ${call.arguments}`);
  return [message.content, ...calls].filter((line) => line !== '').join('\n');
}

function jsonText(value: unknown): string {
  return value === undefined ? '(none)' : JSON.stringify(value, null, 2);
}
