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
import { coworkersOf } from './workers.ts';

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
 * The policy of delegation: coworkers by name, no agent twice on one chain, depth 3, 20 pieces of work a task.
 *
 * A coworker that could delegate in turn takes a share of what is left along, so that the bound holds however much runs
 * side by side. One piece is kept for every later call of the turn before a share is given, and what a share has over
 * comes back before the next turn: so the first agent is refused nothing while any piece of the task's is left.
 */
export function delegationOf(place: DelegationPlace): Delegation {
  const { coworkers, prompts, chain, inputs } = place;
  const names = coworkers.map((agent) => agent.name);
  const begun = new Map<string, Begun>();
  let left = place.allowance ?? MAX_DELEGATIONS;

  function begin({ tool, input, key, later, tainted }: DelegationCall): DelegationStart {
    const kind = tool === DELEGATION_TOOLS.work ? 'work' : 'question';
    const read = readDelegation(kind, input);
    if ('problems' in read) return { status: 'invalid', problems: read.problems };
    const coworker = coworkers.find((agent) => agentKey(agent.name) === agentKey(read.coworker));
    if (coworker === undefined) {
      return {
        status: 'refused',
        code: 'TOOL_FAILED',
        text: prompts.render('coworker-unknown', { name: read.coworker, coworkers: names }, inputs),
      };
    }
    const reason = refusal(place, coworker.name, left);
    if (reason !== undefined)
      return {
        status: 'refused',
        code: 'DELEGATION_CYCLE',
        text: prompts.render('delegation-refused', { reason }, inputs),
      };
    const allowance = mayPassOn(place, coworker) ? Math.max(0, Math.floor((left - 1 - later) / (later + 1))) : 0;
    left -= 1 + allowance;
    begun.set(key, { kind, request: read.request, coworker: coworker.name, allowance, status: 'under way' });
    const child: ChildInput = {
      kind,
      coworker: coworker.name,
      request: read.request,
      context: read.context,
      chain: [...chain, coworker.name],
      allowance,
      tainted,
      inputs,
    };
    return { status: 'begun', kind, coworker: coworker.name, request: read.request, input: { ...child } };
  }

  function end(key: string, { outcome }: Settled): void {
    const start = begun.get(key);
    if (start === undefined || outcome === undefined) return;
    start.status = outcome.status;
    left += start.allowance - descendants(outcome.children);
    const { kind, request } = start;
    place.ledger.addChild(childResult(outcome, { kind, request, from: chain.at(-1) ?? '' }), outcome);
  }

  return {
    tools: delegationTools(prompts, names, inputs),
    begin,
    end,
    unfinished: () => [...begun.values()].filter(({ status }) => status !== 'done').map(shownPiece),
    reminder: place.remind ? () => prompts.render('manager-reminder', { coworkers: names }, inputs) : undefined,
  };
}

/** A piece of work that was handed out. */
interface Begun {
  readonly kind: 'work' | 'question';
  readonly request: string;
  readonly coworker: string;
  /** Delegations that were given along with it. */
  readonly allowance: number;
  status: TaskOutcome['status'] | 'under way';
}

const SHOWN_REQUEST = 100;

function shownPiece({ request, coworker, status }: Begun): string {
  const short = request.length > SHOWN_REQUEST ? `${request.slice(0, SHOWN_REQUEST)}…` : request;
  return `"${short}" (${coworker}: ${status})`;
}

/** Why a coworker cannot be given anything, in words that an agent can act on. */
function refusal({ chain, allowance }: DelegationPlace, coworker: string, left: number): string | undefined {
  const path = chain.join(' → ');
  if (chain.includes(coworker)) return `${coworker} is already at work on this, further up (${path}).`;
  if (chain.length > MAX_DEPTH) return `work is passed on at most ${MAX_DEPTH} times (${path}).`;
  if (left > 0) return undefined;
  const spent = allowance === undefined ? `all ${MAX_DELEGATIONS} are used` : `none are left for ${chain.at(-1)}`;
  return `no more than ${MAX_DELEGATIONS} pieces of work can be delegated for one task, and ${spent}.`;
}

/** Whether a coworker could pass on any of what it is given. */
function mayPassOn({ crew, chain }: DelegationPlace, coworker: Agent): boolean {
  if (chain.length >= MAX_DEPTH) return false;
  return coworkersOf(crew, coworker, undefined).some((agent) => !chain.includes(agent.name));
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
