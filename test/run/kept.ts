import { join } from 'node:path';
import type { Engine } from 'crewline';
import { sqlite } from 'crewline/sqlite';
import { temporaryFolder } from '../temporary-folders.ts';

/** A file of its own, and engines on it: each is what a new process would have. */
export function store(): { readonly file: string; engine(): Engine } {
  const file = join(temporaryFolder('crewline-runs-'), 'runs.db');
  return { file, engine: () => sqlite({ file, synchronous: 'normal' }) };
}
