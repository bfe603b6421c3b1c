import type { EventError } from '../events.ts';
import { cleaned, shortened } from '../internal/outside.ts';
import type { Tool } from '../tool.ts';
import type { Work } from './work.ts';

/** What a call is answered with, as its step records it: plain JSON. */
export interface ToolAnswer {
  readonly outcome: 'done' | 'failed' | 'badArguments' | 'refused';
  /** What came of it, whole; what the model is told of it, when that is our own word. */
  readonly text: string;
  /** True when the text is the task's answer. */
  readonly final?: boolean;
  /** True when a tool was called for it that may be called once only. */
  readonly acted?: boolean;
  /** Whose text it is: the tool, or the coworker. Undefined when it is our own word, which needs no frame. */
  readonly from?: string;
}

/** An answer, with what went wrong as events tell it. */
export interface Reply {
  readonly answer: ToolAnswer;
  readonly error?: EventError;
}

/** What a failure says is told in a sentence of ours, so it gets less room than a result. */
const LONGEST_FAILURE = 4_000;

/** Tells the model what is wrong with its arguments, so that it can mend them. */
export function badArguments(work: Work, name: string, problems: readonly string[]): Reply {
  return refused(work.assignment.prompt('tool-arguments', { name, problems }), 'TOOL_ARGS_INVALID', 'badArguments');
}

/** Tells the model that a tool failed. What a failure says may come from outside, too. */
export function toolFailed(work: Work, name: string, error: EventError): Reply {
  const { prompt } = work.assignment;
  const message = shortened(cleaned(error.message), LONGEST_FAILURE, (count) => prompt('left-out', { count }));
  return { answer: { outcome: 'failed', text: prompt('tool-failed', { name, message }) }, error };
}

/** Answers a call that was not made, in our own words. */
export function refused(text: string, code: EventError['code'], outcome: ToolAnswer['outcome'] = 'refused'): Reply {
  return { answer: { outcome, text }, error: { code, message: text } };
}

/** Answers a call of a tool that was called as often as it may be. */
export function usedUp(work: Work, { name, maxUses }: Pick<Tool, 'name' | 'maxUses'>): Reply {
  return refused(work.assignment.prompt('tool-uses', { name, maxUses }), 'TOOL_FAILED');
}
