import { copyOf } from '../calls/call-errors.ts';
import type { Call, ModelAnswer } from '../calls/call-site.ts';
import { callAlong } from '../calls/route.ts';
import { boundsStream } from '../calls/timeouts.ts';
import { CrewError, ModelError, pausesRun } from '../errors.ts';
import type { Message } from '../spec/message.ts';
import type { ModelRequest } from '../spec/model.ts';
import type { CallRecord } from '../usage.ts';
import type { Offer, Work } from './work.ts';

/** One call to make. */
export interface ModelCall {
  /** Name of its step. */
  readonly step: string;
  readonly messages: readonly Message[];
  readonly offer: Offer;
}

const MAY_BE_CUT = { mayBeCut: true };
const NOT_AGAIN = { mayBeCut: false };

/** What a model said. */
export type Said = Pick<ModelAnswer, 'text' | 'toolCalls'>;

/**
 * Asks the assignment's model, as one step, and tells of every attempt once, however it ends. An answer that was cut at
 * its limit of tokens is gone on with, as a step of its own, once.
 * @throws {CrewError} for an answer that is none: cut, empty, filtered, refused; and for what the model throws.
 */
export async function callModel(work: Work, call: ModelCall): Promise<Said> {
  const answer = await ask(work, call, MAY_BE_CUT);
  return answer.finishReason === 'length' ? goOn(work, call, answer) : answer;
}

/** Without the schema: a provider that obeys one would begin the whole answer anew. */
async function goOn(work: Work, { step, messages, offer }: ModelCall, { text }: ModelAnswer): Promise<Said> {
  const { output: _, ...rest } = offer;
  const content = work.assignment.prompt('answer-cut', {});
  const asked: readonly Message[] = [...messages, { role: 'assistant', content: text }, { role: 'user', content }];
  try {
    const more = await ask(work, { step: `${step}.more`, messages: asked, offer: rest }, NOT_AGAIN);
    return { text: text + more.text, toolCalls: more.toolCalls };
  } catch (error) {
    if (!(error instanceof ModelError) || error.code !== 'OUTPUT_TRUNCATED') throw error;
    throw copyOf(error, { text: `${text}${error.text ?? ''}` });
  }
}

/** What the attempts of a call used that came to nothing: on a replay, where none are made, what they used then. */
async function spentInVain(
  { ctx }: Work,
  { step, records, error }: { readonly step: string; readonly records: readonly CallRecord[]; readonly error: unknown },
): Promise<readonly CallRecord[]> {
  // Such a call is made again when the run goes on.
  if (ctx.aborted !== undefined || (error instanceof CrewError && pausesRun(error))) return records;
  return ctx.step(`${step}.spent`, async () => records).catch(() => records);
}

async function ask(work: Work, call: ModelCall, { mayBeCut }: Pick<Call, 'mayBeCut'>): Promise<ModelAnswer> {
  const { ctx, assignment } = work;
  const { taskName, agent, model, spending, cancelGraceMs: graceMs } = assignment;
  const stream = ctx.events.wants('model.delta') || boundsStream(model);
  const request: ModelRequest = { messages: call.messages, stream, ...call.offer };
  const records: CallRecord[] = [];
  const callId = `${ctx.key}/${call.step}`;
  const made: Call = {
    ctx,
    taskName,
    agent,
    turn: work.turn,
    callId,
    request,
    spending,
    graceMs,
    mayBeCut,
    records,
    attempts: 0,
  };
  let answer: ModelAnswer;
  try {
    answer = await ctx.step(call.step, () => callAlong(made, model));
  } catch (error) {
    // Here, not where attempts fail: an engine may lose an answer after it was given.
    for (const record of await spentInVain(work, { step: call.step, records, error })) assignment.onCall(record);
    throw error;
  }
  // Those of the recorded answer: on a replay none are made.
  for (const record of answer.calls) assignment.onCall(record);
  return answer;
}
