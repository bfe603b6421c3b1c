import { CrewError } from '../errors.ts';
import { framed, markOf, shortened } from '../internal/outside.ts';
import type { Message, ToolCall } from '../spec/message.ts';
import { callTool } from './call-tool.ts';
import { type Delegated, finishDelegations, startDelegation } from './delegate.ts';
import { countRepeat, isTold } from './repeats.ts';
import type { ToolAnswer } from './tool-reply.ts';
import { type Claim, claimsOf, countUses } from './uses.ts';
import { placeOf, type Work } from './work.ts';

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
  const { aborted } = work.ctx;
  if (aborted !== undefined) throw aborted;
  const claims = claimsOf(work, calls);
  // All steps of a turn must start in this very tick: nothing may be awaited before the last has started.
  const started = await Promise.allSettled(
    calls.map((call, index) => start(work, call, { calls, index, claim: claims[index] })),
  );
  const delegated: Delegated[] = [];
  for (const entry of started) if (entry.status === 'fulfilled' && 'child' in entry.value) delegated.push(entry.value);
  const finished = await finishDelegations(work, delegated);
  const answers = started.flatMap((entry): ToolAnswer | readonly ToolAnswer[] => {
    if (entry.status === 'rejected') throw entry.reason;
    return 'child' in entry.value ? (finished.get(entry.value) ?? []) : entry.value;
  });
  countUses(work, calls, answers);
  countBadTurn(work, calls, answers);
  const final = answers.find((answer) => answer.final === true)?.text;
  const messages = calls.map((call, index): Message => {
    const answer = answers[index] ?? NO_ANSWER;
    const { id, name } = call;
    const repeated = final === undefined ? countRepeat(work, call, answer) : 0;
    const told = inPrompt(work, answer, index);
    if (!isTold(repeated)) return { role: 'tool', callId: id, name, content: told };
    const note = work.assignment.prompt('tool-repeated', { name, count: repeated });
    return { role: 'tool', callId: id, name, content: `${told}\n\n${note}` };
  });
  work.tainted ||= calls.some((call, index) => hasRun(work, call, answers[index] ?? NO_ANSWER));
  return { messages, answer: final };
}

const NO_ANSWER: ToolAnswer = Object.freeze({ outcome: 'failed', text: '' });

/** What a tool says comes from outside, also how it failed. Whether a coworker's answer does is known when it ends. */
function hasRun({ assignment }: Work, { name }: ToolCall, { outcome }: ToolAnswer): boolean {
  return (outcome === 'done' || outcome === 'failed') && assignment.tools.some((tool) => tool.name === name);
}

/** What a call is answered with, as the model reads it: text that is not ours in a frame, and not all of it when it is long. */
function inPrompt(work: Work, { text, from }: ToolAnswer, index: number): string {
  const { ctx, turn, assignment } = work;
  if (from === undefined) return text;
  const { prompt, maxPromptChars } = assignment;
  const short = shortened(text, maxPromptChars, (count) => prompt('left-out', { count }));
  return prompt('outside', { from, ...framed(short, markOf(ctx.runId, `${ctx.key}/turn.${turn}.tool.${index}`)) });
}

async function start(
  work: Work,
  call: ToolCall,
  {
    calls,
    index,
    claim,
  }: { readonly calls: readonly ToolCall[]; readonly index: number; readonly claim: Claim | undefined },
): Promise<ToolAnswer | Delegated> {
  const { delegation, tools } = work.assignment;
  const step = `turn.${work.turn}.tool.${index}`;
  const delegates = ({ name }: ToolCall) => delegation?.tools.some((entry) => entry.name === name) === true;
  if (delegation !== undefined && delegates(call))
    return startDelegation(work, { call, step, delegation, later: calls.slice(index + 1).filter(delegates).length });
  const tool = tools.find((entry) => entry.name === call.name);
  return callTool(work, { call, step, tool, claim });
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
