import { oneOf } from './internal/checks.ts';

/**
 * How a crew works its tasks.
 * - `sequential`: one after another, in the order declared.
 * - `parallel`: each the moment its own edges are satisfied.
 * - `hierarchical`: as parallel, but a manager works every agent task by delegating.
 */
export type Process = 'sequential' | 'parallel' | 'hierarchical';

export const process: ReturnType<typeof oneOf> = oneOf('sequential', 'parallel', 'hierarchical');
