import { CrewError } from '../errors.ts';
import type { ForEachOptions, SettledKickoff } from './crew-shape.ts';

const DEFAULT_CONCURRENCY = 4;

/** Kicks off once for each of the inputs, so many side by side, and tells how each ended, in order. */
export async function eachSettled<Inputs, Result>(
  list: readonly Inputs[],
  kickoff: (inputs: Inputs) => Promise<Result>,
  { concurrency = DEFAULT_CONCURRENCY }: ForEachOptions,
): Promise<SettledKickoff<Result, Inputs>[]> {
  const { default: pLimit } = await import('p-limit');
  const limit = pLimit(concurrency);
  const settled = await Promise.allSettled(list.map((inputs) => limit(() => kickoff(inputs))));
  return list.map((inputs, index) => ({ ...settledAt(settled, index), inputs }));
}

function settledAt<Result>(
  settled: readonly PromiseSettledResult<Result>[],
  index: number,
): PromiseSettledResult<Result> {
  return (
    settled[index] ?? { status: 'rejected', reason: new CrewError('TASK_FAILED', `Kickoff ${index} has no result.`) }
  );
}
