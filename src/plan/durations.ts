import type { TaskData } from '../task-shape.ts';

/** How long each task is taken to be. */
export interface Durations {
  readonly values: Float64Array;
  /** `ms` where any duration is known, else `tasks`: each then counts as 1. */
  readonly unit: 'ms' | 'tasks';
}

/** Each task's `expectedMs`; one that has none counts as the mean of those that have, or as 1 when none has. */
export function durationsOf(tasks: readonly TaskData[]): Durations {
  const values = new Float64Array(tasks.length);
  let known = 0;
  let sum = 0;
  for (const task of tasks) {
    if (task.expectedMs === undefined) continue;
    known += 1;
    sum += task.expectedMs;
  }
  if (known === 0) return { values: values.fill(1), unit: 'tasks' };
  const mean = sum / known;
  for (let id = 0; id < tasks.length; id += 1) values[id] = tasks[id]?.expectedMs ?? mean;
  return { values, unit: 'ms' };
}
