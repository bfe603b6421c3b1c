import { join } from 'node:path';
import { expect, test } from 'vitest';
import { STORED } from '../../sizes.ts';
import { temporaryFolder } from '../../temporary-folders.ts';
import { drawScenario } from '../draw-scenario.ts';
import { runSeed } from '../run-seed.ts';
import type { Scenario } from '../scenario.ts';
import { warmUp, withoutStacks } from '../simulate.ts';
import { brokenInStretches } from './check.ts';
import { workInStretches } from './stretches.ts';

const FIRST = Number(process.env['CREWLINE_SEED'] ?? 1);
const MOST_FAILED = 5;

/** Nobody cancels it, and nothing runs beside it: what it comes to follows from the seed. */
function alone(drawn: Scenario): Scenario {
  return { ...drawn, cancel: undefined, twinAtMs: undefined, listeners: [] };
}

test(
  `whatever commit its store breaks down at, in ${STORED} simulated runs from seed ${FIRST}: what is on record is not done again, and the end is the undisturbed run's`,
  async () => {
    await warmUp();
    const folder = temporaryFolder('crewline-stretches-');
    const broken: string[] = [];
    let [stretches, same] = [0, 0];
    await withoutStacks(async () => {
      for (let seed = FIRST; seed < FIRST + STORED && broken.length < MOST_FAILED; seed += 1) {
        const undisturbed = await runSeed(seed, { scenario: alone });
        const worked = await workInStretches(alone(drawScenario(seed)), join(folder, `${seed}.db`));
        stretches += worked.length;
        if (worked.at(-1)?.result?.status === 'done') same += 1;
        const found = brokenInStretches(undisturbed, worked);
        if (found.length > 0) broken.push(`seed ${seed}: ${found.slice(0, 3).join('; ')}`);
      }
    });
    console.log(`${STORED} durable runs in ${stretches} stretches, ${same} done`);
    expect(broken.join('\n')).toBe('');
  },
  60_000 + STORED * 200,
);
