import { isJsonObject } from '../internal/json.ts';
import { framed, markOf, shortened } from '../internal/outside.ts';
import type { Json } from '../spec/json.ts';
import type { Message } from '../spec/message.ts';
import { callModel } from './call-model.ts';
import { findJson } from './find-json.ts';
import type { Offer, Work } from './work.ts';

/** What one guardrail said, as its step records it: plain JSON. */
export type Verdict =
  | { readonly verdict: 'pass' }
  | { readonly verdict: 'reject'; readonly reason: string }
  | { readonly verdict: 'replace'; readonly value: Json };

/** What a judge is asked. */
export interface Judgement {
  /** Position of the guardrail in its task's list. */
  readonly index: number;
  readonly criterion: string;
  readonly answer: string;
}

const SHAPE = Object.freeze({
  type: 'object',
  properties: { pass: { type: 'boolean' }, reason: { type: 'string' } },
  required: ['pass', 'reason'],
  additionalProperties: false,
});

/**
 * Lets the agent's model judge an answer by one sentence, in a small conversation of its own.
 *
 * A verdict that cannot be read is asked for once more; if that cannot be read either, the answer counts as rejected,
 * for what nobody confirmed must not pass. The reason is then the sentence itself.
 */
export async function judge(work: Work, { index, criterion, answer }: Judgement): Promise<Verdict> {
  const { prompt, description, expectedOutput, maxPromptChars } = work.assignment;
  const step = `turn.${work.turn}.judge.${index}`;
  const offer = offerOf(work);
  const short = shortened(answer, maxPromptChars, (count) => prompt('left-out', { count }));
  const { text, mark } = framed(short, markOf(work.ctx.runId, `${work.ctx.key}/${step}`));
  const messages: readonly Message[] = [
    { role: 'system', content: prompt('judge', {}) },
    { role: 'user', content: prompt('judge-answer', { criterion, answer: text, mark, description, expectedOutput }) },
  ];
  const first = await callModel(work, { step, messages, offer });
  const verdict = read(first.text, criterion);
  if (typeof verdict !== 'string') return verdict;
  const again: readonly Message[] = [
    ...messages,
    { role: 'assistant', content: first.text },
    { role: 'user', content: prompt('output-repair', { problems: [verdict], schema: JSON.stringify(SHAPE) }) },
  ];
  const second = read((await callModel(work, { step: `${step}.again`, messages: again, offer })).text, criterion);
  return typeof second === 'string' ? { verdict: 'reject', reason: criterion } : second;
}

function offerOf({ assignment }: Work): Offer {
  const { model, settings } = assignment;
  return {
    ...(settings !== undefined && { settings }),
    ...(model.jsonSchema === true && { output: { name: 'verdict', schema: SHAPE } }),
  };
}

/** The verdict, or what is wrong with how it was given. */
function read(text: string, criterion: string): Verdict | string {
  const parsed = findJson(text, 'object');
  if (!parsed.ok) return parsed.problem;
  const { value } = parsed;
  if (!isJsonObject(value)) return 'the answer must be an object';
  const { pass, reason } = value;
  if (typeof pass !== 'boolean') return 'pass: must be true or false';
  if (pass) return { verdict: 'pass' };
  return { verdict: 'reject', reason: typeof reason === 'string' && reason.trim() !== '' ? reason : criterion };
}
