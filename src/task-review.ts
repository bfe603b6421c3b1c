import { messageOf, type Problem } from './errors.ts';
import { type Check, noSuchKey, oneOf, positive, record, text } from './internal/checks.ts';
import { findNotJson, isJson, isObject } from './internal/json.ts';
import { describeIssues } from './internal/schema.ts';
import type { Json } from './spec/json.ts';
import type { ReviewAnswer } from './spec/review.ts';
import type { HumanReview, ReviewRules, TaskData } from './task-shape.ts';

const OPTIONS: { readonly [option: string]: Check } = {
  question: text,
  timeoutMs: positive,
  onTimeout: oneOf('approve', 'fail'),
};
const SPELT = 'true, or { question, timeoutMs, onTimeout }';

/** What `humanReview` may be. */
export const humanReview: Check = (value) => {
  if (value === true) return undefined;
  if (record(value) !== undefined) return SPELT;
  for (const [option, given] of Object.entries(Object(value))) {
    const check = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined;
    if (check === undefined) return `${SPELT}; ${noSuchKey(option, Object.keys(OPTIONS))}`;
    const want = given === undefined ? undefined : check(given);
    if (want !== undefined) return `${SPELT}; ${option} must be ${want}`;
  }
  return undefined;
};

/** How a task is reviewed, with its defaults. */
export function reviewOf(given: HumanReview, place: string, problems: Problem[]): ReviewRules {
  const { question, timeoutMs, onTimeout } = given === true ? NO_RULES : given;
  if (onTimeout !== undefined && timeoutMs === undefined) {
    const message = 'humanReview.onTimeout has no effect without timeoutMs.';
    problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  }
  return Object.freeze({ question, timeoutMs, onTimeout: onTimeout ?? 'fail' });
}

const NO_RULES: Exclude<HumanReview, true> = Object.freeze({});

/** An answer as somebody gave it, or what is wrong with it. */
export type Read<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly problem: string };

const ANSWERS = '{ approve: true }, { edit: value } or { sendBack: reason }';

/** Reads an answer to the review of an output; what an edit holds is for `editOf` to judge. */
export function readReviewAnswer(given: unknown): Read<{ readonly answer: ReviewAnswer }> {
  const wrong = (problem: string) => ({ ok: false, problem }) as const;
  const keys = isObject(given) ? Object.keys(given) : [];
  if (!isObject(given) || keys.length !== 1) return wrong(`an answer is one of ${ANSWERS}.`);
  const { approve, edit, sendBack } = given;
  if (approve === true) return { ok: true, answer: { approve } };
  if ('edit' in given && edit !== undefined) return { ok: true, answer: { edit } };
  if (typeof sendBack === 'string' && text(sendBack) === undefined) return { ok: true, answer: { sendBack } };
  if ('sendBack' in given) return wrong('sendBack must say why, in a text that is not empty.');
  return wrong(`an answer is one of ${ANSWERS}.`);
}

/**
 * What an edit makes of a task's output, of which `shown` is what a person has seen: what its schema says, else text from an
 * agent, and any JSON from code. A schema tells what it takes, not what it makes, so where it transforms an edit is the
 * output as it is, unchecked.
 */
export async function editOf(task: TaskData, edit: unknown, shown: Json): Promise<Read<{ readonly output: Json }>> {
  let output = edit;
  if (isJson(edit) && isSame(edit, shown)) return { ok: true, output: shown };
  if (task.output !== undefined) {
    try {
      const validate = task.output['~standard'].validate;
      if (await transforms(validate, shown)) return read(edit);
      const result = await validate(edit);
      if (result.issues !== undefined) {
        const issues = describeIssues(result.issues).join('; ');
        return { ok: false, problem: `the edit does not fit the output schema of task "${task.name}": ${issues}.` };
      }
      output = result.value;
    } catch (thrown) {
      return { ok: false, problem: `the output schema of task "${task.name}" threw: ${messageOf(thrown)}` };
    }
  } else if (task.execute === undefined && typeof edit !== 'string') {
    return { ok: false, problem: `the edit must be a text, as the output of task "${task.name}" is.` };
  }
  return read(output);
}

function read(output: unknown): Read<{ readonly output: Json }> {
  if (isJson(output)) return { ok: true, output };
  return { ok: false, problem: `the edit is not JSON: ${findNotJson(output, 'edit')}.` };
}

/** Whether a schema makes something else of an output that it has made. */
async function transforms(validate: Validate, shown: Json): Promise<boolean> {
  const again = await validate(shown);
  return again.issues !== undefined || !isJson(again.value) || !isSame(again.value, shown);
}

type Validate = NonNullable<TaskData['output']>['~standard']['validate'];

function isSame(one: Json, other: Json): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
