import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { PostgresServer } from './server.ts';

/** How long another thread may take to start the server. */
const PATIENCE_MS = 60_000;

/** A Postgres for the tests of all files: each takes databases of its own from it. */
export interface SharedPostgres {
  /** The address of a new, empty database. */
  freshDatabase(): Promise<string>;
}

/**
 * The server of this test run, started by whoever asks first. Undefined where there is no Postgres to be had; where tests
 * decide what is landed (`CI`), that is an error.
 */
export async function sharedPostgres(): Promise<SharedPostgres | undefined> {
  const folder = process.env['CREWLINE_POSTGRES'] ?? '';
  try {
    const server = await startedIn(folder);
    return { freshDatabase: () => newDatabase(server) };
  } catch (thrown) {
    if ((process.env['CI'] ?? '') !== '') throw thrown;
    process.stderr.write(`The tests that need Postgres are skipped: ${String(thrown)}\n`);
    return undefined;
  }
}

async function startedIn(folder: string): Promise<PostgresServer> {
  const ready = join(folder, 'port');
  const failed = join(folder, 'failed');
  if (takes(join(folder, 'lock'))) {
    try {
      const server = await PostgresServer.start();
      symlinkSync(server.folder, join(folder, 'server'));
      writeFileSync(ready, String(server.port));
    } catch (thrown) {
      writeFileSync(failed, String(thrown));
    }
  }
  for (let waited = 0; !existsSync(ready) && !existsSync(failed) && waited < PATIENCE_MS; waited += 50) {
    await setTimeout(50);
  }
  if (existsSync(failed)) throw new Error(readFileSync(failed, 'utf8'));
  return PostgresServer.known(realpathSync(join(folder, 'server')));
}

function takes(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch {
    return false;
  }
}

async function newDatabase(server: PostgresServer): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: server.url('postgres') });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  return server.url(name);
}
