import { setTimeout as sleep } from 'node:timers/promises';
import { rowsOf } from '../../postgres/rows.ts';
import { CrewProcess, type Job } from './processes.ts';

/** Starts runs that nobody works yet, each with what these statements say of it (`$1`: its id), as if processes had been killed. */
export async function begunBefore(
  job: Job & { readonly engine: object },
  behind: readonly (readonly string[])[],
): Promise<readonly CrewProcess[]> {
  const holder = { ...job, engine: { ...job.engine, work: false } };
  const runs = behind.map(() => new CrewProcess({ ...holder, submit: 'start' }));
  for (const [at, statements] of behind.entries()) {
    const { runId } = (await runs[at]?.says('runId')) ?? {};
    // Until a run is there its tables may not be either.
    const isThere = () => rowsOf(job.url, 'SELECT 1 FROM crewline.runs WHERE run_id = $1', [runId]).catch(() => []);
    while ((await isThere()).length === 0) await sleep(10);
    for (const statement of statements) await rowsOf(job.url, statement, [runId]);
  }
  return runs;
}

/** What `begunBefore` takes: so often was a stretch of a task begun (`letter:1`), or its run driven (an empty key), and after which record. */
export function tried(key: string, tries: number, mark = 0): string {
  return `INSERT INTO crewline.tries (run_id, stretch, key, tries, mark) VALUES ($1, 1, '${key}', ${tries}, ${mark})`;
}
