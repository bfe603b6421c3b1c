import { createJiti } from 'jiti';
import { report } from './measure.mjs';

const jiti = createJiti(import.meta.url);
const WORKERS = 3;
const ROUNDS = 3;
/** A graph of 200 tasks in ten layers. All of a layer end in the same moment, which is the hardest. */
const GRAPH = { kind: 'layered', width: 20, depth: 10 };
/** A short call of a model takes so long. */
const CALL_MS = 500;
const QUICK_MS = 100;
const WIDE = { crew: 'wide', kind: 'wide', width: 1_000 };

/** What sharing a run costs: three processes over one Postgres, which is started here. */
export async function dbos() {
  const { PostgresServer } = await jiti.import('../postgres/server.ts');
  const server = await PostgresServer.start();
  try {
    const url = server.url('postgres');
    console.log(`\ndbos: ${WORKERS} processes, one Postgres, best of ${ROUNDS}`);
    for (const ms of [CALL_MS, QUICK_MS]) {
      const graph = await fastest({ ...GRAPH, ms, crew: `graph of ${ms} ms`, url });
      const bound = ms === CALL_MS ? { bound: 1.25 } : {};
      report(`200 tasks in 10 layers of ${ms} ms: / critical path`, graph / (GRAPH.depth * ms), bound);
    }
    const wide = await fastest({ ...WIDE, url });
    report('1,000 tasks that do nothing, side by side: ms a task', wide / WIDE.width, { unit: ' ms', bound: 25 });
    report('tasks a second', (1_000 * WIDE.width) / wide, {});
  } finally {
    await server.remove();
  }
}

/** Milliseconds from the start of a run to its end, in a process that only starts it. */
async function fastest(job) {
  const { CrewProcess, killAll, workers } = await jiti.import('../engines/dbos/processes.ts');
  try {
    await workers(WORKERS, job);
    const times = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const run = new CrewProcess({ ...job, submit: 'start', engine: { work: false } });
      const { ms, status } = await run.says('status');
      if (status !== 'done') throw new Error(`The run ended ${status}.`);
      times.push(ms);
    }
    return Math.min(...times);
  } finally {
    killAll();
  }
}
