import { excerpt } from '../calls/call-errors.ts';
import { ModelError } from '../errors.ts';
import { rawOf } from '../internal/json.ts';
import type { TaskCtx } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { Message, ToolCall } from '../spec/message.ts';
import type { Answer, Assignment } from './assignment.ts';
import { callTools } from './call-tools.ts';
import { askInWindow } from './fit-window.ts';
import { guardAnswer, rejected } from './guard-answer.ts';
import { wrong } from './model-faults.ts';
import { readAnswer } from './read-answer.ts';
import { stalled } from './stalled.ts';
import { beginWork, placeOf, say, type Work } from './work.ts';

/** New answers asked for when one does not fit the schema, in all of a task. */
const MAX_REPAIRS = 3;
const NO_FINAL_ANSWER = 'asked for tools instead of giving its final answer:';

/**
 * Lets one agent do one piece of work: asks its model, makes the calls it wants, and goes on until it has an answer that
 * fits the task's schema, that the guardrails let pass, and that a person agrees to where one has to.
 *
 * At most `maxTurns` model calls may ask for tools, and at most `maxTurns + 4 + guardrailMaxRetries` are made in all, and
 * one more each time a person sends the answer back, judges aside. Every model call, tool call and guardrail is one step of `ctx`, so a replay rebuilds the conversation.
 * @throws {CrewError} with the code of what could not be mended: `OUTPUT_INVALID`, `OUTPUT_NOT_JSON`,
 * `GUARDRAIL_REJECTED`, `TOOL_ARGS_INVALID`, `LOOP_DETECTED`, `MANAGER_STALLED`, that of an abort, and those of the model.
 */
export async function workAssignment(assignment: Assignment, ctx: TaskCtx): Promise<Answer> {
  const work = beginWork(assignment, ctx);
  try {
    for (;;) {
      const text = await takeTurn(work);
      const answer = text === undefined ? undefined : await accept(work, text);
      if (answer !== undefined) return answer;
    }
  } catch (thrown) {
    throw stalled(work, thrown);
  }
}

/** One model call and the tool calls it asks for. Returns an answer, or nothing when the model has to go on. */
async function takeTurn(work: Work): Promise<string | undefined> {
  const { agent, maxTurns, prompt } = work.assignment;
  work.turn += 1;
  const mayUseTools = work.turn <= maxTurns;
  if (!mayUseTools && work.messages.at(-1)?.role === 'tool') say(work, prompt('final-answer', { maxTurns }));
  const { text, toolCalls } = await askInWindow(work, {
    step: `turn.${work.turn}.model`,
    offer: mayUseTools ? work.offer : work.finalOffer,
  });
  if (toolCalls.length > 0 && mayUseTools) return useTools(work, text, toolCalls);
  if (text.trim() === '')
    throw wrong(
      work,
      `${NO_FINAL_ANSWER} raise maxTurns of agent "${agent}" (now ${maxTurns}), or make the task simpler`,
      {
        code: 'BAD_RESPONSE',
        text,
      },
    );
  // Calls that were not offered are left out: nobody answers them, and a call without an answer spoils a conversation.
  work.messages = [...work.messages, { role: 'assistant', content: text }];
  return text;
}

async function useTools(work: Work, text: string, asked: readonly ToolCall[]): Promise<string | undefined> {
  const toolCalls = withOwnIds(work, asked);
  const called = await callTools(work, toolCalls);
  work.messages = [...work.messages, { role: 'assistant', content: text, toolCalls }, ...called.messages];
  return called.answer;
}

/** Gives a new id to every call whose own is empty or taken: some servers number each turn from 0, or not at all. */
function withOwnIds(work: Work, calls: readonly ToolCall[]): readonly ToolCall[] {
  work.callIds ??= new Set(work.messages.flatMap(idsOf));
  const known = work.callIds;
  return calls.map((call, index) => {
    let { id } = call;
    if (id === '' || known.has(id)) {
      id = `call_${work.turn}_${index}`;
      while (known.has(id)) id += '_';
    }
    known.add(id);
    return id === call.id ? call : { ...call, id };
  });
}

function idsOf(message: Message): readonly string[] {
  return message.role === 'assistant' ? (message.toolCalls ?? []).map((call) => call.id) : [];
}

/** The finished answer, or nothing when the agent has been told why it is not one. */
async function accept(work: Work, text: string): Promise<Answer | undefined> {
  const { output, prompt, guardrailMaxRetries, delegation, maxTurns } = work.assignment;
  if (delegation?.reminder !== undefined && !work.delegated && !work.reminded && work.turn < maxTurns) {
    work.reminded = true;
    say(work, delegation.reminder());
    return undefined;
  }
  const read = output === undefined ? ({ ok: true, value: text } as const) : await readAnswer(work, text, output);
  if (!read.ok) {
    repair(work, text, read.problems);
    return undefined;
  }
  const guarded = await guardAnswer(work, read.value);
  if (guarded.ok) return review(work, guarded.value);
  work.rejections.push(guarded.reason);
  if (work.rejections.length > guardrailMaxRetries) throw rejected(work, text);
  say(work, prompt('guardrail-reject', { reasons: [guarded.reason] }));
  return undefined;
}

/** The answer, once a person has seen it where one has to; nothing when it was sent back. */
async function review(work: Work, value: Json): Promise<Answer | undefined> {
  const { output, prompt, review: show } = work.assignment;
  const answerOf = (value: Json): Answer => ({
    output: value,
    raw: output === undefined ? rawOf(value) : JSON.stringify(value),
    tainted: work.tainted,
  });
  const answer = answerOf(value);
  if (show === undefined) return answer;
  const said = await show(answer);
  if (said.kind === 'accepted') return answerOf(said.output);
  say(work, prompt('review-send-back', { reason: said.reason }));
  return undefined;
}

function repair(work: Work, text: string, problems: readonly string[]): void {
  const { output, prompt, taskName, agent } = work.assignment;
  if (work.repairs === MAX_REPAIRS) {
    const message = `Agent "${agent}" gave ${MAX_REPAIRS + 1} answers to task "${taskName}" that do not fit its output schema. The last one: ${problems.join('; ')}. It was: ${excerpt(text)}`;
    throw new ModelError('OUTPUT_INVALID', message, { ...placeOf(work), text });
  }
  work.repairs += 1;
  // A model that obeys schemas has it in the request already.
  const schema =
    output === undefined || work.finalOffer.output !== undefined ? undefined : JSON.stringify(output.jsonSchema);
  say(work, prompt('output-repair', { problems, schema }));
}
