// Many seeds outside the test runner: npm run build && node test/simulation/run.mjs --seeds 1000000 --workers 2
// Options: --seed 1 (the first), --seconds 3600 (stops after that), --workers 2.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const file = fileURLToPath(import.meta.url);
/** Seeds that a worker works before it tells how far it is. */
const CHUNK = 100;
const MOST_FAILED = 20;

if (isMainThread) await lead();
else await work(workerData);

async function lead() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '20000' },
      seed: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      seconds: { type: 'string', default: 'Infinity' },
    },
  });
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const tsc = fileURLToPath(new URL('../../node_modules/.bin/tsc', import.meta.url));
  execFileSync(tsc, ['-p', folder], { stdio: 'inherit' });
  const { figuresOf, mergeTally, newTally } = await import('./built/simulate.js');
  const [seeds, first, workers, seconds] = [values.seeds, values.seed, values.workers, values.seconds].map(Number);
  const sum = newTally();
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1_000;
  let next = first;
  let failed = 0;
  let told = 0;
  const give = (worker) => {
    const until = Math.min(next + CHUNK, first + seeds);
    const over = next >= until || elapsed() > seconds || failed >= MOST_FAILED;
    worker.postMessage(over ? undefined : { from: next, until });
    if (!over) next = until;
  };
  const run = () =>
    new Promise((resolve, reject) => {
      const worker = new Worker(file, { workerData: {}, resourceLimits: { maxYoungGenerationSizeMb: 64 } });
      worker.on('error', reject);
      worker.on('exit', resolve);
      worker.on('message', ({ tally, reports }) => {
        if (tally !== undefined) mergeTally(sum, tally);
        for (const report of reports ?? []) {
          failed += 1;
          console.log(`\n${report}`);
        }
        if (sum.seeds >= told + 10_000) {
          told = sum.seeds;
          console.log(`${sum.seeds} seeds, ${failed} failed, ${(sum.seeds / elapsed()).toFixed(0)} seeds/s`);
        }
        give(worker);
      });
    });
  await Promise.all(Array.from({ length: workers }, run));
  console.log(`\n${figuresOf(sum, elapsed())}\n${failed} seeds failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}

async function work() {
  // Where an error came from is not looked at here, and finding it out takes a twelfth of the time.
  Error.stackTraceLimit = 0;
  const { newTally, reportOf, simulateSeed } = await import('./built/simulate.js');
  const ask = (message) =>
    new Promise((resolve) => {
      parentPort.once('message', resolve);
      parentPort.postMessage(message);
    });
  for (let chunk = await ask({}); chunk !== undefined; ) {
    const tally = newTally();
    const reports = [];
    for (let seed = chunk.from; seed < chunk.until; seed += 1) {
      const failure = await simulateSeed(seed, tally);
      if (failure !== undefined) reports.push(reportOf(failure));
    }
    chunk = await ask({ tally, reports });
  }
}
