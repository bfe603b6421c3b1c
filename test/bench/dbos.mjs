import { createJiti } from 'jiti';
import { report } from './measure.mjs';

const jiti = createJiti(import.meta.url);
const WORKERS = 3;
const ROUNDS = 3;
/** A graph of 200 tasks in ten layers, each of 100 ms: it takes a second where handing over takes no time. */
const GRAPH = { crew: 'graph', kind: 'layered', width: 20, depth: 10, ms: 100 };
const WIDE = { crew: 'wide', kind: 'wide', width: 1_000 };

/** What sharing a run costs: three processes over one Postgres, which is started here. */
export async function dbos() {
  const { PostgresServer } = await jiti.import('../postgres/server.ts');
  const server = await PostgresServer.start();
  try {
    const url = server.url('postgres');
    console.log(`\ndbos: ${WORKERS} processes, one Postgres, best of ${ROUNDS}`);
    const graph = await fastest({ ...GRAPH, url });
    const criticalMs = GRAPH.depth * GRAPH.ms;
    report('200 tasks in 10 layers of 100 ms: / critical path', graph / criticalMs, { bound: 1.25 });
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
