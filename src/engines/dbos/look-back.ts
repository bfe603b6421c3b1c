import { realRuntime } from '../../internal/runtime.ts';
import type { Learnt } from '../../spec/learnt.ts';
import { EarlierRun } from '../earlier-run.ts';
import { type DoneTask, learntFrom, RUNS_LEARNT_FROM } from '../learnt.ts';
import type { OutcomeSource } from '../records.ts';
import type { Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { type RunRow, readRun, recordsOfRun } from './run-rows.ts';
import { fromColumn } from './text.ts';

/** Who goes first is a matter of hints: what they follow from is looked up once in that time for each crew. */
const FRESH_MS = 1_000;
/** Crews whose hints are remembered. */
const MOST_CREWS = 1_000;
/** Ends of tasks that are read at most, of the last runs first. */
const MOST_ENDS = 10_000;

const IS_WORKED = `brief IS NOT NULL AND brief::json ->> 'status' = 'done' AND brief::json ->> 'reused' = 'false'`;

/** The last runs of a crew in which anything was done, and how: one statement, and no outcome is read for it. */
const LAST_RUNS = `
SELECT r.run_id, t.key, t.brief FROM (
  SELECT run_id, started FROM crewline.runs AS r WHERE crew = $1 AND status <> 'running'
    AND EXISTS (SELECT 1 FROM crewline.records WHERE run_id = r.run_id AND ${IS_WORKED})
  ORDER BY started DESC LIMIT ${RUNS_LEARNT_FROM}
) AS r JOIN crewline.records AS t ON t.run_id = r.run_id AND ${IS_WORKED}
ORDER BY r.started DESC, r.run_id LIMIT ${MOST_ENDS}`;

/** What the last runs of a crew tell of its tasks; undefined for nothing yet. One try. */
export async function learntIn(database: Postgres, crew: string): Promise<Learnt | undefined> {
  const runs = new Map<string, DoneTask[]>();
  for (const row of await database.query(LAST_RUNS, [crew])) {
    const runId = String(row['run_id']);
    const done = runs.get(runId) ?? [];
    runs.set(runId, done);
    done.push(doneTask(row));
  }
  return learntFrom([...runs.values()]);
}

function doneTask({ key, brief }: Row): DoneTask {
  const { durationMs, costUsd } = JSON.parse(String(brief));
  return { name: fromColumn(key), ms: Number(durationMs), costUsd: costUsd === null ? null : Number(costUsd) };
}

/** What looking back needs of its process. */
interface LookBackParts {
  readonly database: Postgres;
  lasting<T>(read: () => Promise<T>): Promise<T>;
}

/** What runs of a crew tell, since that moment on the monotonic clock. */
interface Known {
  readonly at: number;
  readonly looking: Promise<void>;
  learnt: Learnt | undefined;
}

/** What earlier runs are to those that are worked here. */
export class LookBack {
  readonly #parts: LookBackParts;
  readonly #known = new Map<string, Known>();

  constructor(parts: LookBackParts) {
    this.#parts = parts;
  }

  /** What runs of a crew tell, as it was when somebody last looked. */
  of(crew: string): Learnt | undefined {
    return this.#known.get(crew)?.learnt;
  }

  /** Looks at them, unless somebody did a moment ago. */
  at(crew: string): Promise<void> {
    const now = realRuntime.monotonic();
    const before = this.#known.get(crew);
    if (before !== undefined && now - before.at < FRESH_MS) return before.looking;
    const parts = this.#parts;
    const reading = parts.lasting(() => learntIn(parts.database, crew));
    const looking = reading.then((learnt) => {
      known.learnt = learnt;
    });
    const known: Known = { at: now, looking, learnt: before?.learnt };
    for (const oldest of this.#known.keys()) if (this.#known.size >= MOST_CREWS) this.#known.delete(oldest);
    this.#known.set(crew, known);
    return looking;
  }

  /** The run whose outcomes may serve that one, as long as nobody has removed it. What is replayed is its own already. */
  async sourceOf({ source, crew }: Pick<RunRow, 'source' | 'crew'>): Promise<OutcomeSource | undefined> {
    if (source?.kind !== 'reuse') return undefined;
    const { runId } = source;
    const parts = this.#parts;
    const row = await parts.lasting(() => readRun(parts.database, runId));
    if (row === undefined || row.crew !== crew) return undefined;
    return new EarlierRun(runId, await parts.lasting(() => recordsOfRun(parts.database, runId, row.stretch)));
  }
}
