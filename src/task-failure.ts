import { messageOf, type Problem } from './errors.ts';
import { type Check, count, either, noSuchKey, oneOf, positive, record } from './internal/checks.ts';
import { frozenJson } from './internal/frozen.ts';
import { findNotJson, isJson } from './internal/json.ts';
import { describeIssues } from './internal/schema.ts';
import type { Json } from './spec/json.ts';
import type { Schema, SchemaResult } from './spec/schema.ts';
import type { FailurePolicy, RetryOptions, TaskData } from './task-shape.ts';

const fallback: Check = (value) => {
  const keys = record(value) === undefined ? Object.keys(Object(value)) : [];
  const unknown = keys.find((key) => key !== 'fallback');
  if (unknown !== undefined) return `{ fallback: value }; ${noSuchKey(unknown, ['fallback'])}`;
  return keys.length === 1 ? undefined : '{ fallback: value }';
};

/** What `onFailure` may be. */
export const failurePolicy: Check = either(oneOf('failRun', 'skipDependents'), fallback);

/** What `retry` may be. */
export const retryOptions: Check = (value) => {
  if (record(value) !== undefined) return '{ attempts, delayMs }';
  const { attempts, delayMs, ...others } = Object(value);
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return `{ attempts, delayMs }; ${noSuchKey(unknown, ['attempts', 'delayMs'])}`;
  if (positive(attempts) !== undefined) return `{ attempts, delayMs }; attempts must be ${positive(attempts)}`;
  if (delayMs === undefined || count(delayMs) === undefined) return undefined;
  return '{ attempts, delayMs }; delayMs must be a whole number of milliseconds';
};

/** A task that is worked once. */
export const ONE_TRY: Required<RetryOptions> = Object.freeze({ attempts: 1, delayMs: 0 });

/** How often a task is tried, with its defaults. */
export function retryOf(options: RetryOptions, place: string, problems: Problem[]): Required<RetryOptions> {
  const { attempts, delayMs = 0 } = options;
  if (attempts === 1 && options.delayMs !== undefined) {
    const message = 'retry.delayMs has no effect with one attempt.';
    problems.push({ code: 'OPTION_WITHOUT_EFFECT', place, message });
  }
  return Object.freeze({ attempts, delayMs });
}

/** What a task's failure leads to. A fallback is checked here, by the schema that answers are checked by. */
export function policyOf(
  {
    onFailure = 'failRun',
    output,
    execute,
  }: {
    readonly onFailure?: FailurePolicy;
    readonly output?: TaskData['output'];
    readonly execute?: TaskData['execute'];
  },
  place: string,
  problems: Problem[],
): TaskData['onFailure'] {
  if (typeof onFailure === 'string') return onFailure;
  const wrong = (message: string) => problems.push({ code: 'OPTION_INVALID', place, message: `onFailure: ${message}` });
  const given = onFailure.fallback;
  const value = output === undefined ? given : checked(output, given, wrong);
  if (output === undefined && execute === undefined && typeof value !== 'string') {
    wrong('the fallback must be a text, as the output of a task without an output schema is.');
  }
  if (isJson(value)) return Object.freeze({ fallback: frozenJson(copy(value)) });
  wrong(`the fallback must be JSON: ${findNotJson(value, 'fallback') ?? 'fallback is missing'}.`);
  return 'failRun';
}

/** What the schema makes of a fallback. One that takes its time cannot be asked here, and is taken at its word. */
function checked(schema: Schema<unknown, unknown>, given: unknown, wrong: (message: string) => void): unknown {
  let result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>;
  try {
    result = schema['~standard'].validate(given);
  } catch (thrown) {
    wrong(`the schema threw while it checked the fallback: ${messageOf(thrown)}.`);
    return given;
  }
  if (result instanceof Promise) {
    // It is not waited for, but must not end the process either.
    result.catch(() => undefined);
    return given;
  }
  if (result.issues === undefined) return result.value;
  wrong(`the fallback does not fit the output schema: ${describeIssues(result.issues).join('; ')}.`);
  return given;
}

/** The caller's own object is the caller's. */
function copy(value: Json): Json {
  return typeof value === 'object' && value !== null ? structuredClone(value) : value;
}
