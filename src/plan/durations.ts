import type { Learnt } from '../spec/learnt.ts';
import type { TaskData } from '../task-shape.ts';

/** How long each task is taken to be. */
export interface Durations {
  readonly values: Float64Array;
  /** `ms` where any duration is known, else `tasks`: each then counts as 1. */
  readonly unit: 'ms' | 'tasks';
}

/**
 * How long each task took in earlier runs, else its `expectedMs`; one of which neither is known counts as the mean of those
 * of which it is, or as 1 when it is of none.
 */
export function durationsOf(tasks: readonly TaskData[], learnt?: Learnt): Durations {
  const values = new Float64Array(tasks.length);
  let known = 0;
  let sum = 0;
  for (const task of tasks) {
    const ms = durationOf(task, learnt);
    if (ms === undefined) continue;
    known += 1;
    sum += ms;
  }
  if (known === 0) return { values: values.fill(1), unit: 'tasks' };
  const mean = sum / known;
  tasks.forEach((task, id) => {
    values[id] = durationOf(task, learnt) ?? mean;
  });
  return { values, unit: 'ms' };
}

/** In milliseconds; undefined where nothing is known. */
export function durationOf({ name, expectedMs }: TaskData, learnt: Learnt | undefined): number | undefined {
  return learnt?.tasks.get(name)?.ms ?? expectedMs;
}
