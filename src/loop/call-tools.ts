import { CrewError } from '../errors.ts';
import type { Message, ToolCall } from '../spec/message.ts';
import { callTool, type ToolAnswer } from './call-tool.ts';
import { type Delegated, finishDelegations, startDelegation } from './delegate.ts';
import { cancelled, placeOf, type Work } from './work.ts';

/** Turns in a row without one valid call that the model may mend; the next ends the task. */
const MAX_BAD_TURNS = 3;

/** What the calls of one turn came to. */
export interface CalledTools {
  /** One message a call, in the order of the calls. */
  readonly messages: readonly Message[];
  /** The result that is the task's answer, when a tool with `resultAsAnswer` succeeded. */
  readonly answer: string | undefined;
}

/**
 * Makes all calls of one turn at the same time and answers each of them, whatever comes of it.
 * @throws {CrewError} `TOOL_ARGS_INVALID` when the model goes on calling with wrong arguments; `CANCELLED`.
 */
export async function callTools(work: Work, calls: readonly ToolCall[]): Promise<CalledTools> {
  const { signal } = work.ctx;
  if (signal.aborted) throw cancelled(work, signal);
  // All steps of a turn must start in this very tick: nothing may be awaited before the last has started.
  const started = await Promise.allSettled(calls.map((call, index) => start(work, call, { calls, index })));
  const delegated: Delegated[] = [];
  for (const entry of started) if (entry.status === 'fulfilled' && 'child' in entry.value) delegated.push(entry.value);
  const finished = await finishDelegations(work, delegated);
  const answers = started.flatMap((entry): ToolAnswer | readonly ToolAnswer[] => {
    if (entry.status === 'rejected') throw entry.reason;
    return 'child' in entry.value ? (finished.get(entry.value) ?? []) : entry.value;
  });
  settleUses(work, calls, answers);
  countBadTurn(work, calls, answers);
  return {
    messages: calls.map(({ id, name }, index) => ({
      role: 'tool',
      callId: id,
      name,
      content: answers[index]?.text ?? '',
    })),
    answer: answers.find((answer) => answer.final === true)?.text,
  };
}

async function start(
  work: Work,
  call: ToolCall,
  { calls, index }: { readonly calls: readonly ToolCall[]; readonly index: number },
): Promise<ToolAnswer | Delegated> {
  const { delegation, tools } = work.assignment;
  const step = `turn.${work.turn}.tool.${index}`;
  const delegates = ({ name }: ToolCall) => delegation?.tools.some((entry) => entry.name === name) === true;
  if (delegation !== undefined && delegates(call))
    return startDelegation(work, { call, step, delegation, later: calls.slice(index + 1).filter(delegates).length });
  const tool = tools.find((entry) => entry.name === call.name);
  const used = work.uses.get(call.name) ?? 0;
  if (tool !== undefined && tool.maxUses !== Number.POSITIVE_INFINITY) work.uses.set(call.name, used + 1);
  return callTool(work, { call, step, tool, usedUp: tool !== undefined && used >= tool.maxUses });
}

/** A call that never ran is not a use. */
function settleUses(work: Work, calls: readonly ToolCall[], answers: readonly ToolAnswer[]): void {
  calls.forEach(({ name }, index) => {
    const used = work.uses.get(name);
    const outcome = answers[index]?.outcome;
    if (used !== undefined && (outcome === 'badArguments' || outcome === 'refused')) work.uses.set(name, used - 1);
  });
}

function countBadTurn(work: Work, calls: readonly ToolCall[], answers: readonly ToolAnswer[]): void {
  work.badTurns = answers.every((answer) => answer.outcome === 'badArguments') ? work.badTurns + 1 : 0;
  if (work.badTurns <= MAX_BAD_TURNS) return;
  const { agent } = work.assignment;
  const names = [...new Set(calls.map((call) => `"${call.name}"`))].join(', ');
  throw new CrewError(
    'TOOL_ARGS_INVALID',
    `Agent "${agent}" called ${names} with wrong arguments ${work.badTurns} turns in a row, though it was told each time what is wrong: ${answers[0]?.text}`,
    placeOf(work),
  );
}
