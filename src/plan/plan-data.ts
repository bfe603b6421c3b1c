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
  /** `ms` where any task has `expectedMs` (the others count as the mean of those), else `tasks`. */
  readonly unit: 'ms' | 'tasks';
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
}
