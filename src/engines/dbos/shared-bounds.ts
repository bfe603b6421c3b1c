import { onAbort } from '../../internal/on-abort.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Json } from '../../spec/json.ts';
import type { CallCost, Lane, Limiter } from '../../spec/limits.ts';
import { recall } from '../../types.ts';
import type { Beyond } from '../run-facts.ts';
import type { Postgres } from './postgres.ts';
import { paymentsOf } from './run-rows.ts';
import { type LaneParts, SharedLane } from './shared-lane.ts';

/** What shared bounds need of their process. */
export interface BoundsParts {
  readonly database: Postgres;
  readonly workerId: string;
  lasting<T>(read: () => Promise<T>): Promise<T>;
}

/** A payment as it is recorded: with whose purse it was paid from. */
type Payment = CallCost & { readonly by?: string };

/** What bounds one run beyond this process: payments that others record, and lanes that all machines share. */
export class SharedBounds implements Beyond {
  readonly #parts: BoundsParts;
  readonly #runId: string;
  /** Tells what is paid here from what is paid elsewhere, or was by an earlier stretch. */
  readonly #purse = realRuntime.uuid();
  /** How far the payments from each budget were read. */
  readonly #read = new Map<string, number>();
  readonly #lanes = new WeakMap<object, Limiter>();

  constructor(parts: BoundsParts, runId: string) {
    this.#parts = parts;
    this.#runId = runId;
  }

  /** A payment of this process, to be recorded. */
  signed(payment: Json): Json {
    return { ...recall<{ readonly [field: string]: Json }>(payment), by: this.#purse };
  }

  async paid(budget: string): Promise<readonly CallCost[]> {
    const { database } = this.#parts;
    const after = this.#read.get(budget) ?? 0;
    const found = await this.#parts.lasting(() => paymentsOf(database, { runId: this.#runId, budget, after }));
    // Asked twice at once, each payment is told once.
    const fresh = found.filter(({ seq }) => seq > (this.#read.get(budget) ?? 0));
    this.#read.set(budget, Math.max(after, this.#read.get(budget) ?? 0, ...fresh.map(({ seq }) => seq)));
    return fresh.map(({ value }) => recall<Payment>(value)).filter(({ by }) => by !== this.#purse);
  }

  get #laneParts(): LaneParts {
    const parts = this.#parts;
    return { database: parts.database, workerId: parts.workerId, lasting: (read) => parts.lasting(read), pause };
  }

  limiter(lane: Lane, local: Limiter): Limiter {
    const { maxConcurrency, requestsPerMinute, tokensPerMinute } = lane.limits;
    if (maxConcurrency === undefined && requestsPerMinute === undefined && tokensPerMinute === undefined) return local;
    const known = this.#lanes.get(lane.owner) ?? new SharedLane(this.#laneParts, lane, local);
    this.#lanes.set(lane.owner, known);
    return known;
  }
}

/** Real time, or until the signal aborts. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    let unlisten = () => {};
    const cancel = realRuntime.timer(ms, () => {
      unlisten();
      resolve();
    });
    unlisten = onAbort(signal, () => {
      cancel();
      resolve();
    });
  });
}
