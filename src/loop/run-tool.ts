import { CrewError, messageOf } from '../errors.ts';
import { bounded, isPromiseLike } from '../internal/bounded.ts';
import { findNotJson } from '../internal/json.ts';
import type { Json } from '../spec/json.ts';
import type { QuestionId } from '../spec/review.ts';
import type { Tool } from '../tool.ts';
import { askApproval, needsApproval, type ReadyCall } from './ask-approval.ts';
import { badArguments, type Reply, toolFailed, usedUp } from './tool-reply.ts';
import { scopeOf } from './tool-scope.ts';
import type { Claim } from './uses.ts';
import { placeOf, type Work } from './work.ts';

/** What the model reads of a tool that returns nothing. */
const NOTHING_RETURNED = 'done';
/** Who holds the event loop for so long keeps everything else in the process from going on. */
const BLOCKED_MS = 1_000;

/** A call about to be made. */
export interface ToolRun {
  readonly tool: Tool;
  /** The arguments as parsed; not checked yet. */
  readonly input: Json;
  /** The tool's idempotency key. */
  readonly key: string;
  readonly callId: QuestionId;
  readonly claim: Claim | undefined;
  /** Called right before the tool is. What it promises is waited for. */
  readonly onRun: () => Promise<void> | undefined;
}

/**
 * Checks the arguments, has somebody agree where that is needed, and calls the tool, for as long as it may take. Whatever
 * goes wrong in the tool is told to the model.
 * @throws {CrewError} the reason, when the work was aborted; `REVIEW_PENDING`.
 */
export async function runTool(work: Work, run: ToolRun): Promise<Reply> {
  const { ctx } = work;
  const { tool } = run;
  const late: { error?: CrewError } = {};
  try {
    return await checkAndRun(work, run, late);
  } catch (thrown) {
    // What a tool throws because its signal was aborted (an AbortError, as a rule) is no failure of its own.
    if (ctx.aborted !== undefined) throw isCancellation(thrown) ? thrown : ctx.aborted;
    if (isPending(thrown, ctx.runId)) throw thrown;
    const code = thrown === late.error ? 'TOOL_TIMEOUT' : 'TOOL_FAILED';
    return toolFailed(work, tool.name, { code, message: messageOf(thrown) });
  }
}

function isCancellation(thrown: unknown): thrown is CrewError {
  return thrown instanceof CrewError && thrown.code === 'CANCELLED';
}

/** Somebody has to agree first. A run that a tool has kicked off may wait for that too: that is its own affair. */
function isPending(thrown: unknown, runId: string): boolean {
  return thrown instanceof CrewError && thrown.code === 'REVIEW_PENDING' && thrown.runId === runId;
}

/** What a check came to: an answer, a result, or a call that somebody must agree to. */
type Came = { readonly reply: Reply } | { readonly result: unknown } | { readonly ready: ReadyCall };

async function checkAndRun(work: Work, asked: ToolRun, late: { error?: CrewError }): Promise<Reply> {
  const { ctx, assignment } = work;
  const { tool, input, key, callId } = asked;
  const call = scopeOf(work, key);
  const expire = () => {
    late.error = tooLate(work, tool);
    call.abort(late.error);
    return late.error;
  };
  const bounds = {
    ctx,
    what: `tool "${tool.name}"`,
    taskName: assignment.taskName,
    graceMs: assignment.cancelGraceMs,
    limit: { ms: tool.timeoutMs, error: expire },
  };
  // Too late: the call is answered already, or not wanted any more.
  const refuseLate = () => {
    const over = ctx.aborted ?? late.error;
    if (over !== undefined) throw over;
  };
  const run = (checked: ReadyCall['checked']) => {
    refuseLate();
    const make = () => watched(work, tool, { run: () => checked.run(call.scope), expire });
    const begun = asked.onRun();
    if (begun === undefined) return make();
    return begun.then(() => {
      refuseLate();
      return make();
    });
  };
  try {
    // Most calls are checked and made in one go, in one bound; time that somebody takes to agree is not the tool's.
    const came = await bounded(async (): Promise<Came> => {
      const checked = await tool.check(input);
      if (!checked.ok) return { reply: badArguments(work, tool.name, checked.problems) };
      // Before anybody is asked to agree: what cannot be made needs no word.
      if (asked.claim !== undefined && !(await asked.claim.take())) return { reply: usedUp(work, tool) };
      const ready = { tool, checked, key, callId };
      return needsApproval(work, ready) ? { ready } : { result: await run(checked) };
    }, bounds);
    if ('reply' in came) return came.reply;
    if ('result' in came) return replyOf(work, tool, came.result);
    const no = await askApproval(work, came.ready);
    return no ?? replyOf(work, tool, await bounded(() => run(came.ready.checked), bounds));
  } finally {
    call.close();
  }
}

function tooLate(work: Work, { timeoutMs }: Tool): CrewError {
  const seconds = timeoutMs >= 1_000 ? `${timeoutMs / 1_000} s` : `${timeoutMs} ms`;
  return new CrewError('TOOL_TIMEOUT', `it did not answer within ${seconds}.`, placeOf(work));
}

/**
 * Notices, once a call, when the event loop was held up while the tool was at work. No timer fires meanwhile, so how long
 * the tool took is looked at once more.
 * @throws {CrewError} what `expire` makes, when the tool has answered after its time was over.
 */
async function watched(
  work: Work,
  tool: Tool,
  { run, expire }: { readonly run: () => unknown; readonly expire: () => CrewError },
): Promise<unknown> {
  const { runtime, events } = work.ctx;
  const { taskName } = work.assignment;
  let told = false;
  const tell = (ms: number) => {
    if (told) return;
    told = true;
    const message = `Nothing in this process could go on for ${Math.round(ms)} ms while tool "${tool.name}" was at work. If it computes for so long, let it do that in a worker.`;
    events.emit('log', () => ({ level: 'warn', message, taskName }));
  };
  const unwatch = runtime.watchLoop?.(tell);
  try {
    const started = runtime.monotonic();
    const returned = run();
    const busy = runtime.monotonic() - started;
    if (busy >= BLOCKED_MS) tell(busy);
    const result = await returned;
    // What was returned at once took no longer than that, whatever another tool does before it is looked at.
    const took = isPromiseLike(returned) ? runtime.monotonic() - started : busy;
    if (took > tool.timeoutMs) throw expire();
    return result;
  } finally {
    unwatch?.();
  }
}

/** What a tool returned, as its answer. */
export function replyOf(work: Work, tool: Tool, returned: unknown): Reply {
  const { name } = tool;
  const result = returned === undefined ? NOTHING_RETURNED : returned;
  const notJson = typeof result === 'string' ? undefined : findNotJson(result, 'result');
  if (notJson !== undefined) return toolFailed(work, name, { code: 'OUTPUT_NOT_JSON', message: notJson });
  const text = typeof result === 'string' ? result : JSON.stringify(result);
  const answer = { outcome: 'done', text, from: name } as const;
  return { answer: tool.resultAsAnswer ? { ...answer, final: true } : answer };
}
