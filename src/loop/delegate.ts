import { CrewError, messageOf } from '../errors.ts';
import type { EventError } from '../events.ts';
import type { Child, Settled } from '../spec/engine.ts';
import type { ToolCall } from '../spec/message.ts';
import { NO_USAGE, type Usage } from '../usage.ts';
import { parseArguments, toolStep } from './call-tool.ts';
import type { Delegation, DelegationStart } from './delegation.ts';
import { badArguments, refused, type ToolAnswer, toolFailed } from './tool-reply.ts';
import { cancelled, type Work } from './work.ts';

type Begun = Extract<DelegationStart, { readonly status: 'begun' }>;

/** A call that became a child under way. */
export interface Delegated {
  readonly call: ToolCall;
  readonly delegation: Delegation;
  readonly begun: Begun;
  readonly child: Child;
}

interface DelegationWork {
  readonly call: ToolCall;
  /** Name of the step, when the call comes to nothing; the end of the child's key, when it does not. */
  readonly step: string;
  readonly delegation: Delegation;
  /** Calls of delegation tools that come after it in the same turn. */
  readonly later: number;
}

/** Starts a child in the caller's tick, or answers why not. */
export async function startDelegation(work: Work, request: DelegationWork): Promise<ToolAnswer | Delegated> {
  const { call, step, delegation, later } = request;
  const parsed = parseArguments(call.arguments);
  if (!parsed.ok) return toolStep(work, request, async () => badArguments(work, call.name, [parsed.problem]));
  const key = `${work.ctx.key}/${step}`;
  const start = delegation.begin({ tool: call.name, input: parsed.value, key, later, tainted: work.tainted });
  switch (start.status) {
    case 'invalid':
      return toolStep(work, request, async () => badArguments(work, call.name, start.problems));
    case 'refused':
      return toolStep(work, request, async () => refused(start.text, start.code));
    case 'begun':
      work.delegated = true;
      return { call, delegation, begun: start, child: spawn(work, start, key) };
  }
}

function spawn(work: Work, begun: Begun, key: string): Child {
  const { ctx, turn, assignment } = work;
  const { taskName, agent } = assignment;
  const { kind, coworker, request } = begun;
  ctx.events.emit('delegation.start', () => ({ taskName, agent, turn, callId: key, kind, coworker, request }));
  try {
    return ctx.spawn(key, begun.input);
  } catch (thrown) {
    // Only a run that is being cancelled starts nothing; the pair of events is completed all the same.
    const code = thrown instanceof CrewError ? thrown.code : 'TASK_FAILED';
    ended(work, { key, begun }, { durationMs: 0, usage: NO_USAGE, error: { code, message: messageOf(thrown) } });
    throw thrown;
  }
}

interface Ended {
  readonly durationMs: number;
  readonly usage: Usage;
  readonly error?: EventError;
}

function ended(work: Work, { key, begun }: { readonly key: string; readonly begun: Begun }, end: Ended): void {
  const { taskName, agent } = work.assignment;
  const { kind, coworker } = begun;
  const { turn } = work;
  work.ctx.events.emit('delegation.end', () => ({ taskName, agent, turn, callId: key, kind, coworker, ...end }));
}

/** Waits until every child of the turn has ended, then says what answers the call that each was started for. */
export async function finishDelegations(
  work: Work,
  delegated: readonly Delegated[],
): Promise<ReadonlyMap<Delegated, ToolAnswer>> {
  const settled = new Map<Delegated, Settled>();
  while (settled.size < delegated.length) {
    const pending = delegated.filter((entry) => !settled.has(entry));
    const wakeup = await work.ctx.wait({ children: pending.map((entry) => entry.child) });
    for (const end of wakeup.settled) {
      const entry = pending.find((candidate) => candidate.child.key === end.key);
      if (entry === undefined) continue;
      settled.set(entry, end);
      ended(work, { key: end.key, begun: entry.begun }, endOf(end));
    }
  }
  // All are told of before the first answer, which may throw: what the others did and used is not lost with it.
  for (const entry of delegated) {
    const end = settled.get(entry);
    if (end !== undefined) entry.delegation.end(end.key, end);
  }
  const answers = new Map<Delegated, ToolAnswer>();
  for (const entry of delegated) {
    const end = settled.get(entry);
    if (end !== undefined) answers.set(entry, answerOf(work, entry, end));
  }
  return answers;
}

function endOf({ outcome, error }: Settled): Ended {
  if (outcome === undefined) {
    return { durationMs: 0, usage: NO_USAGE, error: { code: 'TASK_FAILED', message: messageOf(error) } };
  }
  const { durationMs, usage } = outcome;
  if (outcome.error === null) return { durationMs, usage };
  return { durationMs, usage, error: { code: outcome.error.code, message: outcome.error.message } };
}

/** A child that failed is, to the model, a tool that failed; one that was cancelled takes its parent with it. */
function answerOf(work: Work, { call, begun }: Delegated, { outcome, error }: Settled): ToolAnswer {
  if (outcome === undefined) throw error;
  switch (outcome.status) {
    case 'done':
      if (outcome.tainted) work.tainted = true;
      return { outcome: 'done', text: outcome.raw, from: begun.coworker };
    case 'cancelled':
      throw outcome.error ?? cancelled(work, work.ctx.signal);
    case 'failed':
    case 'skipped': {
      // What a failure says may quote anything that was read for it.
      work.tainted = true;
      const message = outcome.error?.message ?? outcome.status;
      return toolFailed(work, call.name, { code: 'TASK_FAILED', message }).answer;
    }
  }
}
