import { recall } from '../../types.ts';
import type { QueueLimits } from './options.ts';
import type { Postgres } from './postgres.ts';

/** The queues that a process serves, each with its limits. */
export type ServedQueues = ReadonlyMap<string, QueueLimits>;

/** Tells what is served here: for who wonders why nobody does, and for who serves the same. */
export async function tellQueues(database: Postgres, id: string, served: ServedQueues): Promise<void> {
  await database.query('UPDATE crewline.workers SET queues = $2, limits = $3 WHERE id = $1', [
    id,
    JSON.stringify([...served.keys()]),
    JSON.stringify(Object.fromEntries(served)),
  ]);
}

/** A queue of which another process says otherwise how much of it may be at work. */
export interface Contradiction {
  readonly queue: string;
  /** How this process limits it, and the other. */
  readonly here: string;
  readonly there: string;
  /** The other's id. */
  readonly worker: string;
}

/** Each process keeps to its own limits, so where they differ none holds. The first that says otherwise, for each of these queues. */
export async function contradictions(
  database: Postgres,
  { id, leaseMs, queues }: { readonly id: string; readonly leaseMs: number; readonly queues: ServedQueues },
): Promise<readonly Contradiction[]> {
  const rows = await database.query(
    `SELECT id, limits FROM crewline.workers WHERE NOT dead AND id <> $1 AND limits IS NOT NULL
       AND seen > clock_timestamp() - $2 * interval '1 millisecond' ORDER BY id`,
    [id, leaseMs],
  );
  const others = rows.map(({ id: worker, limits }) => ({ worker: String(worker), limits: readLimits(String(limits)) }));
  return [...queues].flatMap(([queue, limits]) => {
    const here = worded(limits);
    const other = others.find(({ limits: theirs }) => theirs[queue] !== undefined && worded(theirs[queue]) !== here);
    return other === undefined ? [] : [{ queue, here, there: worded(other.limits[queue]), worker: other.worker }];
  });
}

/** As `tellQueues` wrote them. */
function readLimits(told: string): { readonly [queue: string]: QueueLimits } {
  return recall(JSON.parse(told));
}

function worded({ concurrency, perMinute }: QueueLimits = {}): string {
  const parts = [
    ...(concurrency === undefined ? [] : [`with ${concurrency} at once`]),
    ...(perMinute === undefined ? [] : [`with ${perMinute} a minute`]),
  ];
  return parts.join(' and ') || 'without a limit';
}
