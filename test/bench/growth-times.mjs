/**
 * How the time of one reader grows with its text: `node growth-times.mjs <reader>`, with `--expose-gc --single-threaded`
 * and young objects that fit into memory, so that neither the collector nor the compiler is what is measured. Prints, as
 * JSON, the worst of all pumps: the milliseconds for the longest text, the ratio from a quarter of it, and whose they are.
 */
import { OFFLINE_PUMPS, OFFLINE_READERS, PUMPS, READERS } from './growth-tables.mjs';

const MEGABYTE = 2 ** 20;
const name = process.argv[2];
const [read, pumps, longest] = Object.hasOwn(READERS, name)
  ? [READERS[name], PUMPS, MEGABYTE]
  : [OFFLINE_READERS[name], OFFLINE_PUMPS, MEGABYTE / 4];
/** What reads the longest text in less, in milliseconds, is no square of it: that would be minutes. How often such a short
 *  time has the compiler in it is all that its ratio would tell. */
const TELLING = 25;
const ROUNDS = 3;
/** A ratio over its bound is looked at once more: what is no line is none twice. */
const BOUND = 6.25;

/** The least of several times, in milliseconds of the processor: what other processes take does not count, nor what the
 *  system takes to find memory, which grows in steps. */
function timeOf(text, rounds) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round += 1) {
    globalThis.gc();
    const start = process.cpuUsage();
    try {
      read(text);
    } catch {
      // What it throws is looked at in test/fuzz.
    }
    least = Math.min(least, process.cpuUsage(start).user / 1_000);
  }
  return least;
}

/** In one piece: what `repeat` gives is put together when it is first read. */
function pumped(pump, length) {
  return Buffer.from(pump.repeat(Math.ceil(length / pump.length)).slice(0, length)).toString();
}

const worst = { ms: 0, msOf: '', ratio: 0, ratioOf: '' };
for (const pump of pumps) {
  const [quarter, half, whole] = [longest / 4, longest / 2, longest].map((length) => pumped(pump, length));
  // Warms up.
  timeOf(quarter, ROUNDS);
  timeOf(half, 1);
  let ms = timeOf(whole, ROUNDS);
  let ratio = ms < TELLING ? 0 : ms / timeOf(quarter, ROUNDS);
  if (ratio > BOUND) {
    ms = Math.min(ms, timeOf(whole, 2 * ROUNDS));
    ratio = ms / timeOf(quarter, 2 * ROUNDS);
  }
  if (ms > worst.ms) Object.assign(worst, { ms, msOf: pump });
  if (ratio > worst.ratio) Object.assign(worst, { ratio, ratioOf: pump });
}
console.log(JSON.stringify(worst));
