import { CrewError, messageOf } from '../errors.ts';
import type { EventError } from '../events.ts';
import { parseJson } from '../internal/json.ts';
import type { ToolCall } from '../spec/message.ts';
import type { QuestionId } from '../spec/review.ts';
import type { StepScope } from '../spec/step.ts';
import type { Tool } from '../tool.ts';
import { replyOf, runTool, type ToolRun } from './run-tool.ts';
import { badArguments, type Reply, refused, type ToolAnswer, usedUp } from './tool-reply.ts';
import type { Claim } from './uses.ts';
import type { Work } from './work.ts';

/** One call to make. */
export interface ToolWork {
  readonly call: ToolCall;
  /** Name of its step. */
  readonly step: string;
  /** Undefined when the model made the name up. */
  readonly tool: Tool | undefined;
  /** Where the tool has `maxUses`. */
  readonly claim: Claim | undefined;
}

/** Makes one call, as one step. Whatever goes wrong in the tool is told to the model; only an abort ends the task. */
export async function callTool(work: Work, { call, step, tool, claim }: ToolWork): Promise<ToolAnswer> {
  let answer: ToolAnswer | undefined;
  try {
    answer = await toolStep(work, { call, step }, async ({ key, once }, callId) => {
      if (tool === undefined) return unknownTool(work, call.name);
      if (claim?.isHopeless) return usedUp(work, tool);
      const parsed = parseArguments(call.arguments);
      if (!parsed.ok) return badArguments(work, call.name, [parsed.problem]);
      return runOnce(work, { tool, input: parsed.value, key, callId, once, claim });
    });
  } finally {
    claim?.answered(answer);
  }
  // Of the recorded answer: on a replay no tool is called.
  if (answer.acted === true && tool !== undefined) work.assignment.onTool(tool);
  return answer;
}

/** Calls a tool that may be called once only not again where an earlier stretch of the run may have done so. */
async function runOnce(work: Work, { once, ...run }: Omit<ToolRun, 'onRun'> & Pick<StepScope, 'once'>): Promise<Reply> {
  const { tool, input } = run;
  const isOnce = tool.effect === 'once';
  const decided = isOnce ? once?.decided(`${tool.name}(${JSON.stringify(input)})`) : undefined;
  if (decided === 'skip')
    return refused(work.assignment.prompt('tool-refused', { name: tool.name, reason: SKIPPED }), 'TOOL_REFUSED');
  if (decided !== undefined) return replyOf(work, tool, decided.result);
  let acted = false;
  const onRun = () => {
    acted = isOnce;
    work.assignment.onTool(tool);
    return isOnce ? once?.begin() : undefined;
  };
  const reply = await runTool(work, { ...run, onRun });
  return acted ? { ...reply, answer: { ...reply.answer, acted } } : reply;
}

const SKIPPED = 'Whether it was carried out before is not known, and it was decided to leave it at that.';

/** Wraps one call in its step and its pair of events. */
export function toolStep(
  work: Work,
  { call, step }: Pick<ToolWork, 'call' | 'step'>,
  reply: (scope: StepScope, callId: QuestionId) => Promise<Reply>,
): Promise<ToolAnswer> {
  return work.ctx.step(step, async (scope) => {
    const { assignment, ctx, turn } = work;
    const { taskName, agent } = assignment;
    const callId: QuestionId = `${ctx.key}/${step}`;
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
