import type { CrewEvent } from '../../events.ts';
import { recall } from '../../types.ts';
import type { Postgres } from './postgres.ts';

/** So many are read at once. */
const PAGE = 1_000;

/** What happened to a run, from that number on, at most a page of it; and which process told of it. */
export async function eventsOf(
  database: Postgres,
  runId: string,
  from: number,
): Promise<readonly { readonly event: CrewEvent; readonly worker: string }[]> {
  const rows = await database.query(
    'SELECT seq, worker, type, at, body FROM crewline.events WHERE run_id = $1 AND seq >= $2 ORDER BY seq LIMIT $3',
    [runId, from, PAGE],
  );
  return rows.map(({ seq, worker, type, at, body }) => ({
    event: recall<CrewEvent>({ type, runId, seq: Number(seq), time: Number(at), ...JSON.parse(String(body)) }),
    worker: String(worker),
  }));
}
