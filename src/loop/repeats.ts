import { CrewError } from '../errors.ts';
import { parseJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import type { ToolCall } from '../spec/message.ts';
import type { ToolAnswer } from './tool-reply.ts';
import { placeOf, type Work } from './work.ts';

/** Turns with the same call and the same result after which the model is told so, and those that end the task. */
const TOLD_AFTER = 3;
const ENDED_AFTER = 5;

/**
 * How often this call, with these arguments, has returned this very result: once a turn, however often the turn has it.
 * A result that changes starts anew, so waiting for something by asking for it is no loop.
 * @throws {CrewError} `LOOP_DETECTED` when the model was told and goes on.
 */
export function countRepeat(work: Work, call: ToolCall, { text, outcome }: ToolAnswer): number {
  // The model is told what is wrong with its arguments, and that has a bound of its own.
  if (outcome === 'badArguments') return 0;
  const key = `${call.name} ${canonical(call.arguments)}`;
  work.repeats ??= new Map();
  const before = work.repeats.get(key);
  if (before === undefined || before.text !== text) {
    work.repeats.set(key, { text, turns: 1, lastTurn: work.turn });
    return 1;
  }
  if (before.lastTurn === work.turn) return before.turns;
  before.turns += 1;
  before.lastTurn = work.turn;
  if (before.turns >= ENDED_AFTER) throw loop(work, call, before.turns);
  return before.turns;
}

/** Whether the model is to be told that it repeats itself. */
export function isTold(turns: number): boolean {
  return turns >= TOLD_AFTER;
}

function loop(work: Work, { name }: ToolCall, turns: number): CrewError {
  const { agent } = work.assignment;
  const message = `Agent "${agent}" made the same call of "${name}" in ${turns} turns, and got the same result each time, though it was told. Give it what it looks for, or a tool that finds it.`;
  return new CrewError('LOOP_DETECTED', message, placeOf(work));
}

/** The same for arguments that mean the same. */
function canonical(source: string): string {
  const parsed = parseJson(source);
  return parsed.ok ? JSON.stringify(sorted(parsed.value)) : source;
}

function sorted(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, entry]) => [key, sorted(entry)]));
}
