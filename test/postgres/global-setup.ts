import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgresServer } from './server.ts';

let folder = '';

/** Tells all threads where the server will be that the first of them to need one starts. */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'crewline-shared-'));
  process.env['CREWLINE_POSTGRES'] = folder;
}

/** Nothing is left of it. */
export async function teardown(): Promise<void> {
  await startedServer()?.remove();
  rmSync(folder, { recursive: true, force: true });
}

function startedServer(): PostgresServer | undefined {
  try {
    return PostgresServer.known(realpathSync(join(folder, 'server')));
  } catch {
    return undefined;
  }
}
