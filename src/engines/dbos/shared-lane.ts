import { realRuntime } from '../../internal/runtime.ts';
import type { Lane, Lease, Limiter, LimitOutcome, LimitReason, LimitRequest } from '../../spec/limits.ts';
import type { Row } from './driver.ts';
import type { Postgres } from './postgres.ts';
import { toColumn } from './text.ts';

/** What a lane needs of its process. */
export interface LaneParts {
  readonly database: Postgres;
  readonly workerId: string;
  lasting<T>(read: () => Promise<T>): Promise<T>;
  /** Milliseconds of real time, or until the signal aborts. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

/** A call that is not heard of any more is over after so long: twice as long as one may take by default. */
const LONGEST_CALL_MS = 1_200_000;
/** Who waits looks again this often: another machine tells nobody that a call of its own has ended. */
const LOOK_MS = 60;

/**
 * The lane of a model on all machines: places, and requests and tokens a minute, as declared. In front of it stands the
 * lane of this process, which also learns from what the provider says. A call takes one round trip more.
 */
export class SharedLane implements Limiter {
  readonly #parts: LaneParts;
  readonly #lane: Lane;
  readonly #local: Limiter;

  constructor(parts: LaneParts, lane: Lane, local: Limiter) {
    this.#parts = parts;
    this.#lane = lane;
    this.#local = local;
  }

  async acquire(request: LimitRequest): Promise<Lease> {
    const lease = await this.#local.acquire(request);
    try {
      return new SharedLease(this.#parts, lease, await this.#enter(request));
    } catch (thrown) {
      lease.release({ unused: true });
      throw thrown;
    }
  }

  /** The number of the call in the books that all share. */
  async #enter(request: LimitRequest): Promise<number> {
    const { maxConcurrency = null, requestsPerMinute = null, tokensPerMinute = null } = this.#lane.limits;
    const wanted = Math.max(1, Math.ceil(Number.isFinite(request.tokens) ? request.tokens : 1));
    const name = toColumn(this.#lane.name);
    const limits = [maxConcurrency, requestsPerMinute, tokensPerMinute, wanted, LONGEST_CALL_MS];
    const { workerId } = this.#parts;
    for (let ticket: number | null = null; ; ) {
      const row: Row = await this.#ask([name, workerId, ...limits, ticket]);
      const isFirst: boolean = ticket === null;
      ticket = Number(row['ticket']);
      if (row['reason'] === null) return ticket;
      if (isFirst) request.onWait(reasonIn(row));
      const signal = request.signal();
      // Not all at once, and not always behind the same others.
      await this.#parts.pause(LOOK_MS * (0.5 + realRuntime.random()), signal);
      if (!signal.aborted) continue;
      leave(this.#parts, [ticket, true, null]);
      throw signal.reason;
    }
  }

  async #ask(values: readonly unknown[]): Promise<Row> {
    const [row = {}] = await this.#parts.lasting(() => this.#parts.database.query(ENTER, values));
    return row;
  }
}

const ENTER = 'SELECT * FROM crewline.enter($1, $2, $3, $4, $5, $6, $7, $8)';

type Leaving = readonly [call: number, unused: boolean, tokens: number | null];

/** Where it cannot be said, the call is over for the others after a while by itself. */
function leave({ database, lasting }: LaneParts, values: Leaving): void {
  lasting(() => database.query('SELECT crewline.leave($1, $2, $3)', values)).catch(() => {});
}

function reasonIn(row: Row): LimitReason {
  const reason = row['reason'];
  return reason === 'requests' || reason === 'tokens' ? reason : 'concurrency';
}

/** A call under way, in both books. */
class SharedLease implements Lease {
  readonly #parts: LaneParts;
  readonly #local: Lease;
  readonly #call: number;
  #released = false;

  constructor(parts: LaneParts, local: Lease, call: number) {
    this.#parts = parts;
    this.#local = local;
    this.#call = call;
  }

  goesOut(): void {
    this.#local.goesOut?.();
  }

  release(outcome: LimitOutcome): void {
    if (this.#released) return;
    this.#released = true;
    this.#local.release(outcome);
    leave(this.#parts, [this.#call, outcome.unused === true, outcome.tokens ?? null]);
  }
}
