import { excerpt } from '../calls/call-errors.ts';
import { CrewError, ModelError, messageOf } from '../errors.ts';
import { type Bounds, bounded } from '../internal/bounded.ts';
import { isJson, isObject, rawOf } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import type { StepScope } from '../spec/step.ts';
import type { Guardrail } from '../task-shape.ts';
import { judge, type Verdict } from './judge.ts';
import { notJson, shapeValue } from './read-answer.ts';
import { placeOf, type Work } from './work.ts';

/** What all of them made of an answer. */
export type Guarded = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly reason: string };

/**
 * Shows an answer to the task's guardrails, in order. The first that rejects it ends the round: those after it may rely
 * on those before. What one replaces is what the next one sees.
 */
export async function guardAnswer(work: Work, answer: Json): Promise<Guarded> {
  const { guardrails, taskName } = work.assignment;
  let value = answer;
  for (const [index, guardrail] of guardrails.entries()) {
    const said =
      typeof guardrail === 'string'
        ? await judge(work, { index, criterion: guardrail, answer: rawOf(value) })
        : await askGuardrail(work, { index, guardrail, value });
    work.ctx.events.emit('guardrail.end', () => ({
      taskName,
      index,
      passed: said.verdict !== 'reject',
      replaced: said.verdict === 'replace',
      ...(said.verdict === 'reject' && { reason: said.reason }),
    }));
    if (said.verdict === 'reject') return { ok: false, reason: said.reason };
    if (said.verdict === 'replace') value = await replacement(work, said.value, index);
  }
  return { ok: true, value };
}

interface Question {
  readonly index: number;
  readonly guardrail: Guardrail;
  readonly value: Json;
}

function askGuardrail(work: Work, question: Question): Promise<Verdict> {
  return work.ctx.step(`turn.${work.turn}.guardrail.${question.index}`, (scope) => runGuardrail(work, question, scope));
}

async function runGuardrail(work: Work, { index, guardrail, value }: Question, scope: StepScope): Promise<Verdict> {
  const { inputs, context } = work.assignment.view;
  let said: unknown;
  try {
    const view = {
      inputs,
      context,
      get signal() {
        return scope.signal;
      },
    };
    said = await bounded(() => guardrail(value, view), boundsOf(work, index));
  } catch (thrown) {
    const { aborted } = work.ctx;
    if (aborted !== undefined) throw thrown instanceof CrewError && thrown.code === aborted.code ? thrown : aborted;
    return { verdict: 'reject', reason: messageOf(thrown) };
  }
  if (said === true) return { verdict: 'pass' };
  if (isObject(said) && typeof said['reject'] === 'string') return { verdict: 'reject', reason: said['reject'] };
  if (!isObject(said) || !('replace' in said)) {
    const message = `Guardrail ${index + 1} of task "${work.assignment.taskName}" must return true, { reject: 'why' } or { replace: value }.`;
    throw new CrewError('TASK_FAILED', message, placeOf(work));
  }
  const { replace } = said;
  if (!isJson(replace)) throw notJson(work, replace);
  return { verdict: 'replace', value: replace };
}

/** A guardrail that takes longer has rejected the answer. */
function boundsOf(work: Work, index: number): Bounds {
  const { taskName, cancelGraceMs, timeouts } = work.assignment;
  const ms = timeouts.guardrailMs;
  const what = `guardrail ${index + 1} of task "${taskName}"`;
  const error = () =>
    new CrewError(
      'TIMEOUT',
      `${what} gave no verdict within ${ms} ms (timeouts.guardrailMs of the crew).`,
      placeOf(work),
    );
  return { ctx: work.ctx, what, taskName, graceMs: cancelGraceMs, limit: { ms, error } };
}

/** A replacement must be what an answer must be; the model cannot mend it, so that it is not is the task's failure. */
async function replacement(work: Work, value: Json, index: number): Promise<Json> {
  const { output, taskName } = work.assignment;
  if (output === undefined && typeof value === 'string') return value;
  const shaped =
    output === undefined
      ? ({ ok: false, problems: ['the task has no output schema, so its output is text'] } as const)
      : await shapeValue(work, value, output);
  if (shaped.ok) return shaped.value;
  const message = `Guardrail ${index + 1} of task "${taskName}" replaced the answer by something that does not fit: ${shaped.problems.join('; ')}`;
  throw new CrewError('OUTPUT_INVALID', message, placeOf(work));
}

/** The error for an answer that was sent back as often as it may be. */
export function rejected(work: Work, raw: string): ModelError {
  const { agent, taskName } = work.assignment;
  const reasons = work.rejections.map((reason) => `\n- ${reason}`).join('');
  const { length } = work.rejections;
  const what = length === 1 ? 'the answer' : `${length} answers`;
  return new ModelError(
    'GUARDRAIL_REJECTED',
    `The guardrails of task "${taskName}" rejected ${what} of agent "${agent}":${reasons}\nThe last answer was: ${excerpt(raw)}`,
    { ...placeOf(work), text: raw },
  );
}
