/** What earlier runs of a crew tell of how long its tasks take, and what they cost. */
export interface Learnt {
  /** How many runs that is. */
  readonly runs: number;
  /** By name, those that were done in any of them. */
  readonly tasks: ReadonlyMap<string, LearntTask>;
}

/** Medians of the times that a task was done. */
export interface LearntTask {
  readonly ms: number;
  /** In US dollars; null where a model had no price. */
  readonly costUsd: number | null;
}
