import { CrewError, messageOf } from '../errors.ts';
import { bounded } from '../internal/bounded.ts';
import { findNotJson, isObject } from '../internal/json.ts';
import { markOf } from '../internal/outside.ts';
import type { ApprovalAnswer, Approve } from '../spec/approval.ts';
import type { QuestionId } from '../spec/review.ts';
import type { CheckedCall, Tool } from '../tool.ts';
import { type Reply, refused } from './tool-reply.ts';
import { type CallScope, scopeOf } from './tool-scope.ts';
import { placeOf, type Work } from './work.ts';

/** A call whose arguments are in order. */
export interface ReadyCall {
  readonly tool: Tool;
  readonly checked: Extract<CheckedCall, { readonly ok: true }>;
  /** The tool's idempotency key. */
  readonly key: string;
  readonly callId: QuestionId;
}

/** Whether somebody must agree to a call: the tool says so, or outside text may have asked for what reaches out of here. */
export function needsApproval({ assignment, tainted }: Work, { tool, checked }: ReadyCall): boolean {
  if (checked.needsApproval) return true;
  return assignment.approvals === 'tainted' && tainted && (tool.risk === 'write' || tool.risk === 'external');
}

/**
 * Asks whoever is there to agree to a call, and answers it when they do not; undefined when they do. The answer holds
 * for these very arguments: they are frozen, and if they have changed all the same, nothing runs.
 * @throws {CrewError} `REVIEW_PENDING` where somebody can answer later, but is not there.
 */
export async function askApproval(work: Work, call: ReadyCall): Promise<Reply | undefined> {
  const { approve, absent, prompt } = work.assignment;
  const { tool, checked } = call;
  const { name } = tool;
  if (approve === undefined && absent === 'refuse') return refused(prompt('tool-refused', { name }), 'TOOL_REFUSED');
  const notPlain = findNotJson(checked.input, 'input');
  if (notPlain !== undefined) {
    return refused(prompt('tool-refused', { name, reason: `Nobody can be asked: ${notPlain}.` }), 'TOOL_REFUSED');
  }
  const agreedTo = fingerprint(call);
  const telling = tellingOf(work, call);
  let no: No | undefined;
  try {
    no = await (approve === undefined ? askLater(work, call, telling) : answerOf(work, call, { approve, telling }));
  } finally {
    await telling.back();
  }
  if (no === undefined && fingerprint(call) === agreedTo) return undefined;
  const reason = no === undefined ? 'Its arguments changed after they had been agreed to.' : no.reason;
  return refused(prompt('tool-refused', { name, ...(reason !== undefined && { reason }) }), 'TOOL_REFUSED');
}

/** A no, and why where that is known. */
interface No {
  readonly reason: string | undefined;
}

/** Differs when anything in the arguments does. */
function fingerprint({ checked, key }: ReadyCall): string {
  return markOf(key, JSON.stringify(checked.input));
}

/** What is told of a question and of its answer; between the two its work stands still. */
interface Telling {
  requested(): void;
  answered(body: { readonly approved: boolean; readonly reason?: string }): void;
  back(): void | Promise<void>;
}

function tellingOf(work: Work, { tool, checked, callId }: ReadyCall): Telling {
  const { ctx } = work;
  const { taskName, agent } = work.assignment;
  const at = { kind: 'tool', taskName, agent, turn: work.turn, callId, tool: tool.name } as const;
  const asked = () => ({ ...at, arguments: JSON.stringify(checked.input), risk: tool.risk });
  let back: ReturnType<Work['ctx']['standStill']> | undefined;
  return {
    requested() {
      ctx.events.emit('review.requested', asked);
      // Nothing of it is held, and no time runs, while somebody thinks.
      back = ctx.standStill();
    },
    answered: (body) => ctx.events.emit('review.answered', () => ({ ...at, ...body })),
    back: () => back?.(),
  };
}

/** Asks whoever can reach the run, now or later. Undefined for a yes. */
async function askLater(work: Work, call: ReadyCall, { requested, answered }: Telling): Promise<No | undefined> {
  const { ctx, assignment } = work;
  const { agent, taskName, absent } = assignment;
  const { tool, checked, callId: id } = call;
  const about = { kind: 'tool', agent, tool: tool.name, arguments: JSON.stringify(checked.input), risk: tool.risk };
  const answer = await ctx.ask({ id, taskName, about }, { onAsked: requested, wait: absent === 'wait' });
  if (answer === undefined) {
    const message = `Tool "${tool.name}" may not be called by task "${taskName}" before somebody agrees to ${about.arguments}. Answer with crew.answer('${ctx.runId}', '${id}', { approve: true }) or { sendBack: reason }; then go on with crew.resume('${ctx.runId}').`;
    throw new CrewError('REVIEW_PENDING', message, { ...placeOf(work), callId: id });
  }
  const said = isObject(answer) ? answer : {};
  const approved = said['approve'] === true;
  const reason = typeof said['sendBack'] === 'string' ? said['sendBack'] : undefined;
  answered({ approved, ...(reason !== undefined && { reason }) });
  return approved ? undefined : { reason };
}

/** Undefined for a yes. */
async function answerOf(
  work: Work,
  call: ReadyCall,
  { approve, telling }: { readonly approve: Approve; readonly telling: Telling },
): Promise<No | undefined> {
  const { aborted } = work.ctx;
  if (aborted !== undefined) throw aborted;
  const { requested, answered } = telling;
  requested();
  const scope = scopeOf(work, call.key);
  try {
    const said = await ask(work, approve, { call, scope });
    if (said === true) {
      answered({ approved: true });
      return undefined;
    }
    const reason = isObject(said) && typeof said['refuse'] === 'string' ? said['refuse'] : undefined;
    answered({ approved: false, ...(reason !== undefined && { reason }) });
    return { reason };
  } catch (thrown) {
    answered({ approved: false, reason: messageOf(thrown) });
    if (work.ctx.aborted !== undefined) throw thrown;
    // What an approver throws is between it and whoever wrote it: the model learns only that the answer is no.
    return { reason: undefined };
  } finally {
    scope.close();
  }
}

interface Question {
  readonly call: ReadyCall;
  readonly scope: CallScope;
}

function ask(work: Work, approve: Approve, { call, scope }: Question): ApprovalAnswer | PromiseLike<ApprovalAnswer> {
  const { tool, checked, key } = call;
  const { taskName, agent, cancelGraceMs, timeouts } = work.assignment;
  const { runId } = work.ctx;
  const tooLate = () => {
    const message = `Nobody answered within ${timeouts.approvalMs} ms (timeouts.approvalMs of the crew).`;
    const error = new CrewError('TOOL_REFUSED', message, { runId, taskName, agent });
    scope.abort(error);
    return error;
  };
  const request = {
    tool: tool.name,
    input: checked.input,
    risk: tool.risk,
    ...{ runId, taskName, agent, key },
    get signal() {
      return scope.scope.signal;
    },
  };
  return bounded(() => approve(request), {
    ctx: work.ctx,
    what: `approve, asked about tool "${tool.name}",`,
    taskName,
    graceMs: cancelGraceMs,
    limit: { ms: timeouts.approvalMs, error: tooLate },
  });
}
