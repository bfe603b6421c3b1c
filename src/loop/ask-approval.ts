import { CrewError, messageOf } from '../errors.ts';
import type { EventBody } from '../events.ts';
import { bounded } from '../internal/bounded.ts';
import { findNotJson, isObject } from '../internal/json.ts';
import { markOf } from '../internal/outside.ts';
import type { ApprovalAnswer, Approve } from '../spec/approval.ts';
import type { CheckedCall, Tool } from '../tool.ts';
import { type Reply, refused } from './tool-reply.ts';
import { type CallScope, scopeOf } from './tool-scope.ts';
import type { Work } from './work.ts';

/** A call whose arguments are in order. */
export interface ReadyCall {
  readonly tool: Tool;
  readonly checked: Extract<CheckedCall, { readonly ok: true }>;
  /** The tool's idempotency key. */
  readonly key: string;
  readonly callId: string;
}

/** Whether somebody must agree to a call: the tool says so, or outside text may have asked for what reaches out of here. */
export function needsApproval({ assignment, tainted }: Work, { tool, checked }: ReadyCall): boolean {
  if (checked.needsApproval) return true;
  return assignment.approvals === 'tainted' && tainted && (tool.risk === 'write' || tool.risk === 'external');
}

/**
 * Asks whoever is there to agree to a call, and answers it when they do not; undefined when they do. The answer holds
 * for these very arguments: they are frozen, and if they have changed all the same, nothing runs.
 */
export async function askApproval(work: Work, call: ReadyCall): Promise<Reply | undefined> {
  const { approve, prompt } = work.assignment;
  const { tool, checked } = call;
  const { name } = tool;
  if (approve === undefined) return refused(prompt('tool-refused', { name }), 'TOOL_REFUSED');
  const notPlain = findNotJson(checked.input, 'input');
  if (notPlain !== undefined) {
    return refused(prompt('tool-refused', { name, reason: `Nobody can be asked: ${notPlain}.` }), 'TOOL_REFUSED');
  }
  const agreedTo = fingerprint(call);
  const no = await answerOf(work, approve, call);
  if (no === undefined && fingerprint(call) === agreedTo) return undefined;
  const reason = no === undefined ? 'Its arguments changed after they had been agreed to.' : no.reason;
  return refused(prompt('tool-refused', { name, ...(reason !== undefined && { reason }) }), 'TOOL_REFUSED');
}

/** Differs when anything in the arguments does. */
function fingerprint({ checked, key }: ReadyCall): string {
  return markOf(key, JSON.stringify(checked.input));
}

/** A no, and why where that is known; undefined for a yes. */
async function answerOf(
  work: Work,
  approve: Approve,
  call: ReadyCall,
): Promise<{ readonly reason: string | undefined } | undefined> {
  const { events, aborted } = work.ctx;
  const { tool, checked, callId } = call;
  const { taskName, agent } = work.assignment;
  const at = { taskName, agent, turn: work.turn, callId, tool: tool.name };
  if (aborted !== undefined) throw aborted;
  events.emit('review.requested', () => ({ ...at, arguments: JSON.stringify(checked.input), risk: tool.risk }));
  const answered = (body: Pick<EventBody<'review.answered'>, 'approved' | 'reason'>) =>
    events.emit('review.answered', () => ({ ...at, ...body }));
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
