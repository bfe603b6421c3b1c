import type { BudgetLimits, EventType, ModelLimits, ModelTimeouts, ToolEffect, ToolRisk } from 'crewline';
import type { FaultKind } from './faults.ts';

/** How much trouble a seed is in. Runs without any are the only ones whose length can be worked out. */
export type Mood = 'calm' | 'faulty' | 'cancelled' | 'everything';

/** An edge, as a task declares it; the same other task may stand in several. */
export interface Need {
  /** Position of the other task. */
  readonly task: number;
  readonly kind: 'context' | 'dependsOn' | 'template';
  readonly optional: boolean;
}

/** The shape that a task's output must have. */
export type OutputKind = 'object' | 'list' | 'text';

/** What a guardrail does with an answer. */
export type GuardKind = 'passes' | 'doubts' | 'rejects' | 'throws' | 'slow' | 'replaces' | 'judge' | 'hangs';

/** What a callback or a tool does when its run is cancelled: work on, stop with the signal's reason, or throw its own error. */
export type OnCancel = 'ignores' | 'stops' | 'throws';

/** One task of a crew to be. */
export interface TaskPlan {
  readonly name: string;
  readonly by: 'agent' | 'code';
  /** Position of its agent; undefined in a hierarchical crew for one that anybody may be given. */
  readonly agent: number | undefined;
  readonly needs: readonly Need[];
  /** True: it says nothing of its context, and in a sequential crew reads all that is earlier. */
  readonly silent: boolean;
  /** How long code works. */
  readonly ms: number;
  readonly fate: 'done' | 'throws' | 'notJson' | 'hangs';
  readonly onCancel: OnCancel;
  readonly when: 'yes' | 'no' | 'slow' | 'throws' | 'hangs' | undefined;
  readonly output: OutputKind | undefined;
  readonly guardrails: readonly GuardKind[];
  readonly guardrailMaxRetries: number | undefined;
  readonly tools: readonly number[];
  readonly onFailure: 'failRun' | 'skipDependents' | 'fallback';
  readonly attempts: number;
  readonly retryDelayMs: number;
  readonly timeoutMs: number | undefined;
  readonly budget: BudgetLimits | undefined;
}

/** One tool. */
export interface ToolPlan {
  readonly name: string;
  readonly ms: number;
  readonly fate: 'text' | 'json' | 'nothing' | 'throws' | 'notJson' | 'hangs';
  readonly onCancel: OnCancel;
  readonly maxUses: number | undefined;
  readonly resultAsAnswer: boolean;
  readonly timeoutMs: number | undefined;
  readonly effect: ToolEffect;
  readonly approval: boolean;
  readonly risk: ToolRisk;
}

/** One agent. */
export interface AgentPlan {
  readonly name: string;
  readonly model: number;
  readonly tools: readonly number[];
  readonly maxTurns: number;
  readonly allowDelegation: boolean | readonly number[];
  readonly timeoutMs: number | undefined;
}

/** One model. */
export interface ModelPlan {
  readonly name: string;
  readonly jsonSchema: boolean;
  readonly limits: ModelLimits | undefined;
  readonly retries: number | undefined;
  readonly timeouts: ModelTimeouts | undefined;
  /** How agents use it: alone, before another one that is asked when it fails, or with a second call beside a slow one. */
  readonly route: 'fallback' | 'hedge' | undefined;
}

/** When, and how, somebody loses interest. */
export interface CancelPlan {
  readonly atMs: number;
  readonly how: 'run' | 'signal';
}

/** Somebody who listens to one type of events, and breaks over all of them but the first few. */
export interface ListenerPlan {
  readonly type: EventType;
  readonly breaks: 'throws' | 'throwsText' | 'rejects';
  readonly after: number;
}

/** How a task's output is reviewed, and by whom. */
export interface ReviewPlan {
  readonly via: 'callback' | 'handle';
  /** False: nobody ever answers. */
  readonly answers: boolean;
  readonly ms: number;
  readonly says: 'approve' | 'edit' | 'badEdit' | 'sendBack' | 'doubts';
  readonly timeoutMs: number | undefined;
  readonly onTimeout: 'approve' | 'fail' | undefined;
}

/** A crew to be, what its models will say, and what will happen to it: all that follows from a seed. Plain data. */
export interface Scenario {
  readonly seed: number;
  readonly process: 'sequential' | 'parallel' | 'hierarchical';
  /** Positions are those of `needs`; the order they are declared in is `declared`. */
  readonly tasks: readonly TaskPlan[];
  readonly declared: readonly number[];
  readonly agents: readonly AgentPlan[];
  readonly ownManager: boolean;
  readonly tools: readonly ToolPlan[];
  readonly models: readonly ModelPlan[];
  readonly maxConcurrency: number | undefined;
  readonly failFast: boolean;
  readonly cancelGraceMs: number | undefined;
  readonly budget: BudgetLimits | undefined;
  /** Who agrees to tool calls. */
  readonly approver: 'nobody' | 'agrees' | 'refuses' | 'doubts' | 'slow' | 'throws';
  readonly cancel: CancelPlan | undefined;
  /** When the same crew begins a second time, with the same models, on an engine of its own. */
  readonly twinAtMs: number | undefined;
  readonly listeners: readonly ListenerPlan[];
  /** By position of the task; empty where nobody has to see anything. */
  readonly reviews: readonly (ReviewPlan | undefined)[];
  /** How likely a model call is to go wrong, and in which ways. */
  readonly faultRate: number;
  readonly faults: readonly FaultKind[];
  /** How likely an agent is to call tools, and to delegate, in its first turn. */
  readonly toolRate: number;
  readonly delegationRate: number;
  readonly topic: string;
}

/** The tasks that a task reads, each once, in the order declared; for a silent one, see `silent`. */
export function contextOf(scenario: Scenario, position: number): readonly number[] {
  const task = scenario.tasks[position];
  if (task === undefined) return [];
  if (task.silent && scenario.process === 'sequential') {
    return scenario.declared.slice(0, scenario.declared.indexOf(position));
  }
  return [...new Set(task.needs.filter(({ kind }) => kind === 'context').map((need) => need.task))];
}

/** Every task that a task waits for; true for one that it cannot do without. */
export function waitsFor(scenario: Scenario, position: number): ReadonlyMap<number, boolean> {
  const waits = new Map<number, boolean>();
  const task = scenario.tasks[position];
  if (scenario.process === 'sequential') {
    const at = scenario.declared.indexOf(position);
    const before = scenario.declared[at - 1];
    // One after another, but what was skipped holds up nobody.
    if (before !== undefined) waits.set(before, false);
    if (task?.silent) for (const other of scenario.declared.slice(0, at)) waits.set(other, false);
  }
  for (const need of task?.needs ?? []) waits.set(need.task, !need.optional || waits.get(need.task) === true);
  return waits;
}
