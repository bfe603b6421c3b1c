import { CrewError, messageOf } from '../errors.ts';
import type { EventError } from '../events.ts';
import { findNotJson, parseJson } from '../internal/json.ts';
import type { StepScope } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { ToolCall } from '../spec/message.ts';
import type { Tool } from '../tool.ts';
import { cancelled, type Work } from './work.ts';

/** What a call is answered with, as its step records it: plain JSON. */
export interface ToolAnswer {
  readonly outcome: 'done' | 'failed' | 'badArguments' | 'refused';
  /** What the model is told. */
  readonly text: string;
  /** True when the text is the task's answer. */
  readonly final?: boolean;
}

/** One call to make. */
export interface ToolWork {
  readonly call: ToolCall;
  /** Name of its step. */
  readonly step: string;
  /** Undefined when the model made the name up. */
  readonly tool: Tool | undefined;
  /** True when the task has made all the calls that `maxUses` allows. */
  readonly usedUp: boolean;
}

/** An answer, with what went wrong as events tell it. */
export interface Reply {
  readonly answer: ToolAnswer;
  readonly error?: EventError;
}

/** What the model reads of a tool that returns nothing. */
const NOTHING_RETURNED = 'done';

/** Makes one call, as one step. Whatever goes wrong in the tool is told to the model; only cancelling ends the task. */
export function callTool(work: Work, { call, step, tool, usedUp }: ToolWork): Promise<ToolAnswer> {
  return toolStep(work, { call, step }, async (scope) => {
    if (tool === undefined) return unknownTool(work, call.name);
    if (usedUp) {
      const { name, maxUses } = tool;
      return failed('refused', work.assignment.prompt('tool-uses', { name, maxUses }), 'TOOL_FAILED');
    }
    const parsed = parseArguments(call.arguments);
    if (!parsed.ok) return badArguments(work, call.name, [parsed.problem]);
    return runTool(work, { tool, input: parsed.value, scope });
  });
}

/** Wraps one call in its step and its pair of events. */
export function toolStep(
  work: Work,
  { call, step }: Pick<ToolWork, 'call' | 'step'>,
  reply: (scope: StepScope) => Promise<Reply>,
): Promise<ToolAnswer> {
  return work.ctx.step(step, async (scope) => {
    const { assignment, ctx, turn } = work;
    const { taskName, agent } = assignment;
    const at = { taskName, agent, turn, callId: `${ctx.key}/${step}`, tool: call.name };
    const started = ctx.runtime.monotonic();
    ctx.events.emit('tool.start', () => ({ ...at, arguments: call.arguments }));
    const end = (result: string, error: EventError | undefined) => {
      const durationMs = ctx.runtime.monotonic() - started;
      ctx.events.emit('tool.end', () => ({ ...at, durationMs, result, ...(error !== undefined && { error }) }));
    };
    try {
      const { answer, error } = await reply(scope);
      end(answer.text, error);
      return answer;
    } catch (thrown) {
      end('', { code: thrown instanceof CrewError ? thrown.code : 'TOOL_FAILED', message: messageOf(thrown) });
      throw thrown;
    }
  });
}

/** No arguments at all are spelled as an empty text by some models. */
export function parseArguments(source: string): ReturnType<typeof parseJson> {
  return source.trim() === '' ? { ok: true, value: {} } : parseJson(source);
}

interface Run {
  readonly tool: Tool;
  readonly input: Json;
  readonly scope: StepScope;
}

/** What came of running a tool: a result, or what is wrong with its arguments. */
type Ran = { readonly result: unknown } | { readonly problems: readonly string[] };

async function runTool(work: Work, run: Run): Promise<Reply> {
  const { tool, scope } = run;
  let ran: Ran;
  try {
    ran = await checkAndRun(work, run);
  } catch (thrown) {
    if (scope.signal.aborted) throw cancelled(work, scope.signal);
    return toolFailed(work, tool.name, { code: 'TOOL_FAILED', message: messageOf(thrown) });
  }
  if ('problems' in ran) return badArguments(work, tool.name, ran.problems);
  const { result } = ran;
  const notJson = typeof result === 'string' ? undefined : findNotJson(result, 'result');
  if (notJson !== undefined) return toolFailed(work, tool.name, { code: 'OUTPUT_NOT_JSON', message: notJson });
  const text = typeof result === 'string' ? result : JSON.stringify(result);
  return { answer: tool.resultAsAnswer ? { outcome: 'done', text, final: true } : { outcome: 'done', text } };
}

async function checkAndRun(work: Work, { tool, input, scope }: Run): Promise<Ran> {
  const { signal, key } = scope;
  const checked = await tool.check(input);
  if (!checked.ok) return checked;
  if (signal.aborted) throw cancelled(work, signal);
  const { taskName, view } = work.assignment;
  const result = await checked.run({ signal, key, runId: work.ctx.runId, taskName, inputs: view.inputs });
  return { result: result === undefined ? NOTHING_RETURNED : result };
}

function unknownTool(work: Work, name: string): Reply {
  const { tools, delegation, prompt } = work.assignment;
  const known = [...tools, ...(delegation?.tools ?? [])].map((tool) => tool.name);
  return failed('refused', prompt('tool-unknown', { name, tools: known }), 'TOOL_FAILED');
}

/** Tells the model what is wrong with its arguments, so that it can mend them. */
export function badArguments(work: Work, name: string, problems: readonly string[]): Reply {
  return failed('badArguments', work.assignment.prompt('tool-arguments', { name, problems }), 'TOOL_ARGS_INVALID');
}

/** Tells the model that a tool failed. */
export function toolFailed(work: Work, name: string, error: EventError): Reply {
  const text = work.assignment.prompt('tool-failed', { name, message: error.message });
  return { answer: { outcome: 'failed', text }, error };
}

function failed(outcome: ToolAnswer['outcome'], text: string, code: EventError['code']): Reply {
  return { answer: { outcome, text }, error: { code, message: text } };
}
