import { CrewError, messageOf } from '../errors.ts';
import type { EventError } from '../events.ts';
import { parseJson } from '../internal/json.ts';
import type { StepScope } from '../spec/engine.ts';
import type { ToolCall } from '../spec/message.ts';
import type { Tool } from '../tool.ts';
import { runTool } from './run-tool.ts';
import { badArguments, type Reply, refused, type ToolAnswer } from './tool-reply.ts';
import type { Work } from './work.ts';

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

/** Makes one call, as one step. Whatever goes wrong in the tool is told to the model; only an abort ends the task. */
export function callTool(work: Work, { call, step, tool, usedUp }: ToolWork): Promise<ToolAnswer> {
  return toolStep(work, { call, step }, async ({ key }, callId) => {
    if (tool === undefined) return unknownTool(work, call.name);
    if (usedUp) {
      const { name, maxUses } = tool;
      return refused(work.assignment.prompt('tool-uses', { name, maxUses }), 'TOOL_FAILED');
    }
    const parsed = parseArguments(call.arguments);
    if (!parsed.ok) return badArguments(work, call.name, [parsed.problem]);
    return runTool(work, { tool, input: parsed.value, key, callId });
  });
}

/** Wraps one call in its step and its pair of events. */
export function toolStep(
  work: Work,
  { call, step }: Pick<ToolWork, 'call' | 'step'>,
  reply: (scope: StepScope, callId: string) => Promise<Reply>,
): Promise<ToolAnswer> {
  return work.ctx.step(step, async (scope) => {
    const { assignment, ctx, turn } = work;
    const { taskName, agent } = assignment;
    const callId = `${ctx.key}/${step}`;
    const at = { taskName, agent, turn, callId, tool: call.name };
    const started = ctx.runtime.monotonic();
    ctx.events.emit('tool.start', () => ({ ...at, arguments: call.arguments }));
    const end = (result: string, error: EventError | undefined) => {
      const durationMs = ctx.runtime.monotonic() - started;
      ctx.events.emit('tool.end', () => ({ ...at, durationMs, result, ...(error !== undefined && { error }) }));
    };
    try {
      const { answer, error } = await reply(scope, callId);
      end(answer.text, error);
      return answer;
    } catch (thrown) {
      end('', { code: codeOf(thrown), message: messageOf(thrown) });
      throw thrown;
    }
  });
}

/** A tool that was left behind after a cancellation is named as that, not as cancelled. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof CrewError)) return 'TOOL_FAILED';
  return thrown.cause instanceof CrewError && thrown.cause.code === 'TOOL_ABANDONED' ? thrown.cause.code : thrown.code;
}

/** No arguments at all are spelled as an empty text by some models. */
export function parseArguments(source: string): ReturnType<typeof parseJson> {
  return source.trim() === '' ? { ok: true, value: {} } : parseJson(source);
}

function unknownTool(work: Work, name: string): Reply {
  const { tools, delegation, prompt } = work.assignment;
  const known = [...tools, ...(delegation?.tools ?? [])].map((tool) => tool.name);
  return refused(prompt('tool-unknown', { name, tools: known }), 'TOOL_FAILED');
}
