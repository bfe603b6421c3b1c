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
/** Work waits for hints no longer, and not at all for those of a crew that took longer the last time. */
const PATIENCE_MS = 1_000;
/** Crews whose hints are remembered. */
const MOST_CREWS = 1_000;
/** Runs that are looked through for some in which anything was done. */
const LOOKED_THROUGH = 50;
/** Ends of tasks that are read at most, of the last runs first. */
const MOST_ENDS = 10_000;

/** As an index has it. */
const IS_WORKED = `brief IS NOT NULL AND brief::json ->> 'status' = 'done' AND brief::json ->> 'reused' = 'false'`;

/**
 * The last runs of a crew in which anything was done, and how: one statement, and no outcome is read for it. Each part has
 * an index, and a bound within which Postgres has no choice but to go from one run to the next.
 */
const LAST_RUNS = `
SELECT r.run_id, t.key, t.brief FROM (
  SELECT over.run_id, over.started FROM (
    SELECT run_id, started FROM crewline.runs WHERE crew = $1 AND status <> 'running'
    ORDER BY started DESC, run_id DESC LIMIT ${LOOKED_THROUGH}
  ) AS over CROSS JOIN LATERAL (
    SELECT 1 FROM crewline.records WHERE run_id = over.run_id AND ${IS_WORKED} LIMIT 1
  ) AS worked ORDER BY over.started DESC, over.run_id DESC LIMIT ${RUNS_LEARNT_FROM}
) AS r CROSS JOIN LATERAL (
  SELECT key, brief FROM crewline.records WHERE run_id = r.run_id AND ${IS_WORKED} LIMIT ${MOST_ENDS}
) AS t
ORDER BY r.started DESC, r.run_id DESC LIMIT ${MOST_ENDS}`;

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

/** What runs of a crew tell, as it was at that moment on the monotonic clock. */
interface Known {
  at: number;
  learnt: Learnt | undefined;
  looking: Promise<void> | undefined;
  /** The last look took longer than anybody waits for it. */
  isLate: boolean;
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

  /** Looks at them, unless somebody did a moment ago. Never rejects, and holds nothing up for long: they are hints. */
  at(crew: string): Promise<void> {
    const known = this.#knownOf(crew);
    const now = realRuntime.monotonic();
    if (known.looking === undefined && now - known.at >= FRESH_MS) {
      known.at = now;
      known.looking = this.#look(crew, known);
    }
    return known.looking === undefined || known.isLate ? Promise.resolve() : inTime(known.looking, known);
  }

  #knownOf(crew: string): Known {
    const before = this.#known.get(crew);
    if (before !== undefined) return before;
    for (const oldest of this.#known.keys()) if (this.#known.size >= MOST_CREWS) this.#known.delete(oldest);
    const known: Known = { at: Number.NEGATIVE_INFINITY, learnt: undefined, looking: undefined, isLate: false };
    this.#known.set(crew, known);
    return known;
  }

  /** One try. Where it fails, what was known before is as good as anything. */
  async #look(crew: string, known: Known): Promise<void> {
    try {
      known.learnt = await learntIn(this.#parts.database, crew);
      known.isLate = realRuntime.monotonic() - known.at > PATIENCE_MS;
    } catch {
      known.isLate = true;
    } finally {
      known.looking = undefined;
    }
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

function inTime(looking: Promise<void>, known: Known): Promise<void> {
  return new Promise((resolve) => {
    const cancel = realRuntime.timer(PATIENCE_MS, () => {
      known.isLate = true;
      resolve();
    });
    void looking.then(() => {
      cancel();
      resolve();
    });
  });
}
