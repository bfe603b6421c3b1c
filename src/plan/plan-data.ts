import type { Process } from '../process.ts';
import type { EdgeReason } from './edges.ts';

/** One task of a plan. */
export interface PlannedTask {
  readonly name: string;
  /** Name of its agent; null for a task done by code, and for one that a manager gives to whom it likes. */
  readonly agent: string | null;
  /** True when it is done by code. */
  readonly code: boolean;
  /** Position in `layers`, from 0. */
  readonly layer: number;
  /** True when it reads the outputs of all tasks before it: sequential, no `context` given. */
  readonly readsEarlier: boolean;
  /** What it took in earlier runs (the median; only `forecast` knows), else its `expectedMs`; null where neither is known. */
  readonly expectedMs: number | null;
  /** True when a person has to see its output before anything builds on it. */
  readonly review: boolean;
}

/** One edge of a plan: `to` waits for `from`. */
export interface PlannedEdge {
  readonly from: string;
  readonly to: string;
  /** Everything that asks for it; `order` is the order of a sequential crew. */
  readonly reasons: readonly EdgeReason[];
  /** True: when `from` is skipped, `to` runs all the same. */
  readonly optional: boolean;
}

/** The chain of tasks that takes longest: no run is shorter, however much happens at the same time. */
export interface CriticalPath {
  readonly tasks: readonly string[];
  /** In `unit`. */
  readonly length: number;
  /** `ms` where of any task it is known how long it takes (the others count as the mean of those), else `tasks`. */
  readonly unit: 'ms' | 'tasks';
}

/** What a run will probably take, by the medians of earlier ones. */
export interface Expected {
  /** From start to end, with as many tasks side by side as the crew allows, and nothing that waits for a model's limits. */
  readonly wallMs: number;
  /** In US dollars; null where of any task that calls a model it is not known. */
  readonly costUsd: number | null;
  /** How many runs that was learnt from. */
  readonly runs: number;
  /** Of how many tasks neither a run nor `expectedMs` tells how long they take: they count as the mean of the others. */
  readonly guessed: number;
}

/** A plan as plain data. */
export interface PlanData {
  readonly crew: string;
  readonly process: Process;
  /** In the order declared. */
  readonly tasks: readonly PlannedTask[];
  readonly edges: readonly PlannedEdge[];
  /** Names of tasks by the longest path that leads to them. Only for looking at: nothing waits for a layer. */
  readonly layers: readonly (readonly string[])[];
  readonly criticalPath: CriticalPath;
  /** Size of the largest layer: so many run at once when all tasks take equally long. */
  readonly width: number;
  /** Null where no earlier run tells, and always in `plan`: `forecast` asks the crew's engine. */
  readonly expected: Expected | null;
}
