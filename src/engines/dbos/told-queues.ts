import { recall } from '../../types.ts';
import type { QueueLimits } from './options.ts';
import type { Postgres } from './postgres.ts';

/** How a process limits a queue. */
export interface ServedLimits extends QueueLimits {
  /** They are another's, which it keeps to because it names none. Nobody takes them from there: they would outlast who named them. */
  readonly isAdopted?: true;
}

/** The queues that a process serves, each with its limits. */
export type ServedQueues = ReadonlyMap<string, ServedLimits>;

/** Tells what is served here: for who wonders why nobody does, and for who serves the same. */
export async function tellQueues(database: Postgres, id: string, served: ServedQueues): Promise<void> {
  await database.query('UPDATE crewline.workers SET queues = $2, limits = $3 WHERE id = $1', [
    id,
    JSON.stringify([...served.keys()]),
    JSON.stringify(Object.fromEntries(served)),
  ]);
}

/** How another process that lives limits the queues that it serves. */
export interface LimitsElsewhere {
  readonly worker: string;
  readonly limits: { readonly [queue: string]: ServedLimits };
}

export async function limitsElsewhere(
  database: Postgres,
  { id, leaseMs }: { readonly id: string; readonly leaseMs: number },
): Promise<readonly LimitsElsewhere[]> {
  const rows = await database.query(
    `SELECT id, limits FROM crewline.workers WHERE NOT dead AND id <> $1 AND limits IS NOT NULL
       AND seen > clock_timestamp() - $2 * interval '1 millisecond' ORDER BY id`,
    [id, leaseMs],
  );
  return rows.map(({ id: worker, limits }) => ({ worker: String(worker), limits: readLimits(String(limits)) }));
}

/**
 * With what limits a queue is served here: those that are named here, or else those that another names. Each process keeps to its own
 * limits, so where they differ none holds: then also in words how, and with whom.
 */
export function agreedLimits(
  queue: string,
  own: QueueLimits,
  elsewhere: readonly LimitsElsewhere[],
): { readonly limits: ServedLimits; readonly dispute?: string } {
  const theirs = elsewhere.flatMap(({ worker, limits }) => {
    const there = limits[queue];
    return there === undefined ? [] : [{ worker, there }];
  });
  const named = theirs.find(({ there }) => isLimited(there) && there.isAdopted !== true)?.there;
  const limits: ServedLimits = isLimited(own) || named === undefined ? own : { ...named, isAdopted: true };
  const other = theirs.find(({ there }) => worded(there) !== worded(limits));
  if (other === undefined) return { limits };
  return { limits, dispute: `${worded(limits)} by this process, and ${worded(other.there)} by ${other.worker}` };
}

export function isLimited({ concurrency, perMinute }: QueueLimits): boolean {
  return concurrency !== undefined || perMinute !== undefined;
}

/** As `tellQueues` wrote them. */
function readLimits(told: string): LimitsElsewhere['limits'] {
  return recall(JSON.parse(told));
}

function worded({ concurrency, perMinute }: QueueLimits): string {
  const parts = [
    ...(concurrency === undefined ? [] : [`with ${concurrency} at once`]),
    ...(perMinute === undefined ? [] : [`with ${perMinute} a minute`]),
  ];
  return parts.join(' and ') || 'without a limit';
}
