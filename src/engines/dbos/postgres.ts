import type { CrewError } from '../../errors.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Drivers, PgClient, PgPool, PgQueries, Row } from './driver.ts';
import { isPassing, storeError } from './postgres-error.ts';

/** Connections of this process, those of DBOS aside. */
const CONNECTIONS = 6;
const CONNECT_MS = 5_000;
/** Waits between tries while the store is away. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;

/** Where notices go: what changed, for whoever looks after it. */
const CHANNEL = 'crewline';

/** The connections of this process to one Postgres. */
export class Postgres {
  readonly #drivers: Drivers;
  readonly #url: string;
  readonly #pool: PgPool;
  readonly #statementMs: number;
  /** The name under which each connection keeps a statement that it has parsed. */
  readonly #prepared = new Map<string, string>();
  #listener: PgClient | undefined;
  #closed = false;

  /** `statementMs`: what takes longer is given up, for the way there may be cut. */
  constructor(drivers: Drivers, url: string, statementMs: number) {
    this.#drivers = drivers;
    this.#url = url;
    this.#statementMs = statementMs;
    this.#pool = new drivers.pg.Pool({ ...this.#options(), max: CONNECTIONS, idleTimeoutMillis: 60_000 });
    // Whoever uses the connection hears of it; one that nobody uses is replaced.
    this.#pool.on('error', () => {});
  }

  #options(): object {
    const ms = this.#statementMs;
    return {
      connectionString: this.#url,
      connectionTimeoutMillis: Math.min(CONNECT_MS, ms),
      query_timeout: ms,
      // What nobody waits for any more must not be done later.
      statement_timeout: ms,
      keepAlive: true,
      application_name: 'crewline',
    };
  }

  /** One try. Each connection parses a text once, so there must not be many. @throws what the driver throws. */
  async query(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    const name = this.#prepared.get(text) ?? `crewline ${this.#prepared.size}`;
    this.#prepared.set(text, name);
    return (await this.#pool.query({ name, text, values })).rows;
  }

  /**
   * Tries until Postgres answers, or `stopped` says why nobody waits any more; never longer than `longestMs` between two tries.
   * @throws {CrewError} `STORE_FAILED`.
   */
  async lasting<T>(
    work: () => Promise<T>,
    stopped: () => CrewError | undefined,
    longestMs = LONGEST_RETRY_MS,
  ): Promise<T> {
    for (let ms = FIRST_RETRY_MS; ; ms = Math.min(longestMs, ms * 2)) {
      const reason = stopped();
      if (reason !== undefined) throw reason;
      try {
        return await work();
      } catch (thrown) {
        if (!isPassing(thrown)) throw this.error(thrown);
      }
      await sleep(ms);
    }
  }

  /** Several statements, all or none. */
  async transaction<T>(work: (queries: PgQueries) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let isWhole = false;
    try {
      await client.query('BEGIN');
      const value = await work(client);
      await client.query('COMMIT');
      isWhole = true;
      return value;
    } finally {
      // What is closed rolls back.
      client.release(!isWhole);
    }
  }

  /** Does something that no other process does meanwhile which names the same number. */
  async alone(lock: number, work: () => Promise<void>): Promise<void> {
    const client = await this.#pool.connect();
    let isFree = false;
    try {
      while (!isFree) {
        const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS taken', [lock]);
        isFree = rows[0]?.['taken'] === true;
        if (!isFree) await sleep(FIRST_RETRY_MS);
      }
      await work();
      await client.query('SELECT pg_advisory_unlock($1)', [lock]);
      isFree = false;
    } finally {
      // What is closed holds no lock.
      client.release(isFree);
    }
  }

  /** Hears notices until this is closed. `onMissed` is called whenever some may have been missed. */
  async listen(onNotice: (payload: string) => void, onMissed: () => void): Promise<void> {
    if (this.#closed) return;
    const client = new this.#drivers.pg.Client(this.#options());
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      if (!this.#closed) realRuntime.timer(FIRST_RETRY_MS * 4, () => void this.listen(onNotice, onMissed));
    };
    client.on('error', again);
    client.on('end', again);
    client.on('notification', ({ payload }) => onNotice(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
      this.#listener = client;
      onMissed();
    } catch {
      // Everything is polled as well, so this is only slower; and it is tried again.
      again();
      await client.end().catch(ignore);
    }
  }

  /** What Postgres, or the way to it, said, as an error of ours. */
  error(thrown: unknown): CrewError {
    return storeError(thrown, this.#url);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#listener?.end().catch(ignore);
    await this.#pool.end().catch(ignore);
  }
}

function ignore(): void {}

/** Real time: what is waited for here is outside of any test's clock. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    realRuntime.timer(ms, resolve);
  });
}
