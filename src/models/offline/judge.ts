import type { JsonObject } from '../../spec/json.ts';
import type { Conversation } from './conversation.ts';
import { brokenLimit, limitsIn } from './limits.ts';

/** The criterion and the answer to judge, when the conversation asks for a judgement. */
export interface Case {
  readonly criterion: string;
  readonly answer: string;
}

/** Finds a judge's case in a task message: a criterion, and an answer between tags. */
export function caseIn(task: Conversation): Case | undefined {
  const text = task.message;
  const [opening = '<answer>', mark] = /<answer mark="([0-9a-z]{14})">/.exec(text) ?? [];
  const open = text.indexOf(opening);
  const close = text.lastIndexOf(mark === undefined ? '</answer>' : `</answer mark="${mark}">`);
  const criterion = text.indexOf('# Criterion');
  if (open === -1 || close < open || criterion === -1 || criterion > open) return undefined;
  const lines = text
    .slice(criterion, open)
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('#'));
  return { criterion: lines.join('\n').trim(), answer: text.slice(open + opening.length, close).trim() };
}

/** Passes an answer unless it plainly fails: it is empty, or breaks a length or a word that the criterion states. */
export function judge({ criterion, answer }: Case): JsonObject {
  if (answer === '') return { pass: false, reason: 'The answer is empty.' };
  const broken = brokenLimit(answer, limitsIn([criterion]));
  if (broken !== undefined) return { pass: false, reason: broken };
  return {
    pass: true,
    reason: 'Nothing in it plainly fails the criterion; an offline stand-in cannot judge more than that.',
  };
}
