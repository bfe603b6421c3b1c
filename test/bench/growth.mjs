import { OFFLINE_READERS, READERS } from './growth-tables.mjs';
import { measured, report } from './measure.mjs';

/** At most 2.5 each time the text doubles, over two doublings. A square would be 16. */
const RATIO = 2.5 ** 2;
/** For a megabyte, in milliseconds. */
const MOST_MS = 100;
/** The offline model reads words, not bytes: for a quarter of a megabyte, as much as it is ever given. */
const MOST_OFFLINE_MS = 250;
const QUIET = ['--expose-gc', '--single-threaded', '--max-semi-space-size=256'];

/** How the time of whatever reads text from outside grows with the text, each reader in a process of its own. */
export async function growth() {
  console.log('texts that repeat one sign: the worst for each reader');
  for (const name of Object.keys(READERS)) await one(name, { size: '1 MB', bound: MOST_MS });
  for (const name of Object.keys(OFFLINE_READERS)) await one(name, { size: '256 KB', bound: MOST_OFFLINE_MS });
}

async function one(name, { size, bound }) {
  const { ms, msOf, ratio, ratioOf } = await measured('growth-times.mjs', [name], QUIET);
  report(`${name}: ${size} of ${JSON.stringify(msOf)}`, ms, { unit: ' ms', bound });
  // None when every text was read in no time.
  if (ratio > 0) report(`${name}: four times the text, ${JSON.stringify(ratioOf)}`, ratio, { bound: RATIO });
}
