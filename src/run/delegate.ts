import type { Agent } from '../agent.ts';
import type { Delegation, DelegationCall, DelegationStart } from '../loop/delegation.ts';
import { agentKey } from '../plan/agent-key.ts';
import type { Settled } from '../spec/engine.ts';
import type { JsonObject } from '../spec/json.ts';
import type { ChildResult, TaskOutcome } from '../spec/outcome.ts';
import type { TaskData } from '../task-shape.ts';
import { DELEGATION_TOOLS } from '../tool.ts';
import type { ChildInput } from './child-input.ts';
import type { CompiledCrew } from './compiled-crew.ts';
import { delegationTools, readDelegation } from './delegation-tools.ts';
import type { Ledger } from './ledger.ts';
import type { Prompts } from './prompts-of.ts';

/** Agents on one chain of delegation after the first: A asks B (1) who asks C (2) who asks D (3). */
const MAX_DEPTH = 3;
/** Pieces of delegated work in one task, at all depths together. */
const MAX_DELEGATIONS = 20;

/** One agent that may delegate, while it works one piece of work. */
export interface DelegationPlace {
  readonly crew: CompiledCrew;
  readonly prompts: Prompts;
  readonly inputs: JsonObject;
  readonly task: TaskData;
  readonly ledger: Ledger;
  /** Names of the agents from the first to this one. */
  readonly chain: readonly string[];
  readonly coworkers: readonly Agent[];
  /** Delegations left to this agent and to all below it. @default 20 */
  readonly allowance?: number;
  /** Remind an agent that answers without delegating, once. */
  readonly remind: boolean;
}

/**
 * The policy of delegation: coworkers by name, no agent twice on one chain, depth 3, 20 pieces of work a task. Half of
 * what is left goes along with each child and comes back unused, so that the bound holds however much runs side by side.
 */
export function delegationOf(place: DelegationPlace): Delegation {
  const { coworkers, prompts, chain, inputs } = place;
  const names = coworkers.map((agent) => agent.name);
  const begun = new Map<
    string,
    { readonly kind: 'work' | 'question'; readonly request: string; readonly allowance: number }
  >();
  let left = place.allowance ?? MAX_DELEGATIONS;

  function begin({ tool, input, key }: DelegationCall): DelegationStart {
    const kind = tool === DELEGATION_TOOLS.work ? 'work' : 'question';
    const read = readDelegation(kind, input);
    if ('problems' in read) return { status: 'invalid', problems: read.problems };
    const coworker = coworkers.find((agent) => agentKey(agent.name) === agentKey(read.coworker));
    if (coworker === undefined) {
      return {
        status: 'refused',
        text: prompts.render('coworker-unknown', { name: read.coworker, coworkers: names }, inputs),
      };
    }
    const reason = refusal(coworker.name);
    if (reason !== undefined)
      return { status: 'refused', text: prompts.render('delegation-refused', { reason }, inputs) };
    const allowance = Math.floor((left - 1) / 2);
    left -= 1 + allowance;
    begun.set(key, { kind, request: read.request, allowance });
    const child: ChildInput = {
      kind,
      coworker: coworker.name,
      request: read.request,
      context: read.context,
      chain: [...chain, coworker.name],
      allowance,
      inputs,
    };
    return { status: 'begun', kind, coworker: coworker.name, request: read.request, input: { ...child } };
  }

  function refusal(coworker: string): string | undefined {
    if (chain.includes(coworker)) return `${coworker} is already at work on this, further up (${chain.join(' → ')}).`;
    if (chain.length > MAX_DEPTH) return `work is passed on at most ${MAX_DEPTH} times (${chain.join(' → ')}).`;
    if (left < 1) return `no more than ${MAX_DELEGATIONS} pieces of work can be delegated for one task.`;
    return undefined;
  }

  function end(key: string, { outcome }: Settled): void {
    const start = begun.get(key);
    if (start === undefined || outcome === undefined) return;
    left += start.allowance - descendants(outcome.children);
    const { kind, request } = start;
    place.ledger.addChild(childResult(outcome, { kind, request, from: chain[chain.length - 1] ?? '' }));
  }

  return {
    tools: delegationTools(prompts, names, inputs),
    begin,
    end,
    reminder: place.remind ? () => prompts.render('manager-reminder', { coworkers: names }, inputs) : undefined,
  };
}

function descendants(children: readonly ChildResult[]): number {
  return children.reduce((sum, child) => sum + 1 + descendants(child.children), 0);
}

function childResult(
  outcome: TaskOutcome,
  asked: { readonly kind: 'work' | 'question'; readonly request: string; readonly from: string },
): ChildResult {
  const { raw, durationMs, usage, error, children, agent } = outcome;
  const status = outcome.status === 'skipped' ? 'cancelled' : outcome.status;
  return { ...asked, agent: agent ?? '', status, raw, durationMs, usage, error, children };
}
