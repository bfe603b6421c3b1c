import type { ErrorCode } from '../errors.ts';
import type { Settled } from '../spec/engine.ts';
import type { Json } from '../spec/json.ts';
import type { ToolDescription } from '../spec/model.ts';

/**
 * Who may give work to whom, and what becomes of it. The loop keeps the mechanics (spawning, waiting, answering the
 * model in order); this keeps the policy (coworkers, depth, count, what a child is given, child records).
 *
 * `begin` and `end` are called in an order that a replay repeats, so they may count.
 */
export interface Delegation {
  /** The extra tools, as the model sees them. */
  readonly tools: readonly ToolDescription[];
  /** Decides on one call, at once. */
  begin(call: DelegationCall): DelegationStart;
  /** Told how the child of a call that was begun ended: once for each, in the order of the calls. */
  end(key: string, settled: Settled): void;
  /** What to tell an agent that answers without having delegated anything; told once. Undefined: its answer stands. */
  readonly reminder: (() => string) | undefined;
  /** What was handed out and came to nothing, or is still to be handed out: a line each. */
  unfinished(): readonly string[];
}

/** One call of a delegation tool. */
export interface DelegationCall {
  /** Which of the tools. */
  readonly tool: string;
  /** The arguments as parsed; not validated yet. */
  readonly input: Json;
  /** The key that the child will be spawned with: unique in the run, the same on every replay. */
  readonly key: string;
  /** Calls of delegation tools that come after it in the same turn. */
  readonly later: number;
  /** Whether the agent that asks has read text from outside: then so has whoever does the work. */
  readonly tainted: boolean;
}

/** What becomes of a call. */
export type DelegationStart =
  | {
      readonly status: 'begun';
      readonly kind: 'work' | 'question';
      readonly coworker: string;
      readonly request: string;
      /** What the child's task function is given. Its outcome's `raw` answers the model. */
      readonly input: Json;
    }
  /** The arguments are wrong: the model is told as for any tool, and may mend them. */
  | { readonly status: 'invalid'; readonly problems: readonly string[] }
  /** Not allowed: `text` answers the model as it is. */
  | { readonly status: 'refused'; readonly text: string; readonly code: ErrorCode };
