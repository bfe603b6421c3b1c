import type { Learnt, LearntTask } from '../spec/learnt.ts';

/** How many runs are learnt from: the last ones in which anything was done. */
export const RUNS_LEARNT_FROM = 10;

/** How a task of an earlier run was done. */
export interface DoneTask {
  readonly name: string;
  readonly ms: number;
  readonly costUsd: number | null;
}

/** The medians, by name of the task; undefined when there is nothing to learn from. */
export function learntFrom(runs: readonly (readonly DoneTask[])[]): Learnt | undefined {
  const done = new Map<string, DoneTask[]>();
  for (const task of runs.flat()) {
    const known = done.get(task.name);
    if (known === undefined) done.set(task.name, [task]);
    else known.push(task);
  }
  if (done.size === 0) return undefined;
  const tasks = new Map<string, LearntTask>();
  for (const [name, times] of done) {
    const costs = times.flatMap(({ costUsd }) => costUsd ?? []);
    tasks.set(name, {
      ms: median(times.map(({ ms }) => ms)),
      costUsd: costs.length < times.length ? null : median(costs),
    });
  }
  return { runs: runs.length, tasks };
}

/** The middle one, or the mean of the two in the middle. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
}
