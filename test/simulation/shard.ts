import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { SEEDS } from '../sizes.ts';
import { figuresOf, newTally, reportOf, simulateSeed, withoutStacks } from './simulate.ts';

const FIRST = Number(process.env['CREWLINE_SEED'] ?? 1);
/** Failed seeds to look at before giving up: the first few tell enough. */
const MOST_FAILED = 5;

/** Seeds that once broke something, and are run always. */
export const regressions: readonly number[] = JSON.parse(
  readFileSync(new URL('regressions.json', import.meta.url), 'utf8'),
).map(({ seed }: { readonly seed: number }) => seed);

/** Works one share of the seeds, so that the files which share them use all processors. */
export function simulateShare(share: number, shares: number): void {
  test(
    `every promise holds in share ${share + 1} of ${shares} of ${SEEDS} simulated runs from seed ${FIRST}`,
    async () => {
      const seeds = Array.from({ length: SEEDS }, (_, at) => FIRST + at).filter((seed) => seed % shares === share);
      await simulateAll(seeds);
    },
    60_000 + SEEDS * 100,
  );
}

/** Works each of the seeds; what fails is told with its story and how to see it again. */
export async function simulateAll(seeds: readonly number[]): Promise<void> {
  const tally = newTally();
  const failed: string[] = [];
  const started = performance.now();
  await withoutStacks(async () => {
    for (const seed of seeds) {
      const failure = await simulateSeed(seed, tally);
      if (failure !== undefined) failed.push(reportOf(failure));
      if (failed.length >= MOST_FAILED) break;
    }
  });
  if (seeds.length > 100) console.log(figuresOf(tally, (performance.now() - started) / 1_000));
  expect(failed.join('\n\n')).toBe('');
}
