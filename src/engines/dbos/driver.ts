import { createRequire } from 'node:module';
import { CrewError } from '../../errors.ts';

/** A row as it was read: nothing in it is known to be what it should be. */
export interface Row {
  readonly [column: string]: unknown;
}

/** What is used of `pg`, written by hand: it comes with the SDK, and its types do not. */
export interface PgQueries {
  query(text: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>;
}
export interface PgClient extends PgQueries {
  connect(): Promise<unknown>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
}
export interface PgPool {
  query(statement: {
    readonly name: string;
    readonly text: string;
    readonly values: readonly unknown[];
  }): Promise<{ readonly rows: readonly Row[] }>;
  connect(): Promise<PgQueries & { release(destroy?: boolean): void }>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}
interface Pg {
  readonly Client: new (options: object) => PgClient;
  readonly Pool: new (options: object) => PgPool;
}

/** What this engine stands on, in the one version it was tried with: parts of it are the SDK's own affair. */
export interface Drivers {
  readonly DBOS: typeof import('@dbos-inc/dbos-sdk').DBOS;
  readonly DBOSExecutor: typeof import('@dbos-inc/dbos-sdk/internal/dbos-executor').DBOSExecutor;
  readonly DBOSJSON: typeof import('@dbos-inc/dbos-sdk/internal/serialization').DBOSJSON;
  readonly WorkflowQueue: typeof import('@dbos-inc/dbos-sdk/internal/wfqueue').WorkflowQueue;
  readonly pg: Pg;
}

const SDK = '@dbos-inc/dbos-sdk';

/** Loads the SDK, and the driver of Postgres that it brings. @throws {CrewError} `ENGINE_DRIVER_MISSING`. */
export function loadDrivers(): Drivers {
  try {
    const require = createRequire(import.meta.url);
    const { DBOS }: Drivers = require(SDK);
    const { DBOSExecutor }: Drivers = require(`${SDK}/internal/dbos-executor`);
    const { DBOSJSON }: Drivers = require(`${SDK}/internal/serialization`);
    const { WorkflowQueue }: Drivers = require(`${SDK}/internal/wfqueue`);
    const pg: Pg = createRequire(require.resolve(SDK))('pg');
    return { DBOS, DBOSExecutor, DBOSJSON, WorkflowQueue, pg };
  } catch (cause) {
    throw new CrewError(
      'ENGINE_DRIVER_MISSING',
      `Runs on many machines need the package ${SDK}, in version 5.3.0. Run: npm install ${SDK}@5.3.0`,
      { cause },
    );
  }
}
