import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CrewError } from '../../errors.ts';
import { isObject, parseJson } from '../../internal/json.ts';
import { packageFolder } from '../../internal/lazy.ts';
import { textIn } from './columns.ts';
import type { Database } from './driver.ts';
import { BUSY_MS, damaged } from './store-error.ts';

/** Marks the file as ours: "CREW" in ASCII. https://sqlite.org/pragma.html#pragma_application_id */
const APPLICATION_ID = 0x43_52_45_57;

/**
 * Each takes a file from the format before it to its own number, counted from 1. Only ever added to: files of every format
 * are around. No column has a type, so SQLite changes nothing that is put into it. `about` keeps its shape for ever, since
 * an older Crewline reads it to tell who wrote a newer file.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE about (name PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE runs (
    run_id PRIMARY KEY, crew, status, started_at, updated_at, epoch, owner, renewed_at, size, head, seal
  ) WITHOUT ROWID;
  CREATE TABLE records (run_id, seq, label, value, blob, hash, PRIMARY KEY (run_id, seq)) WITHOUT ROWID;
  CREATE TABLE blobs (hash PRIMARY KEY, text) WITHOUT ROWID;
  CREATE INDEX records_blob ON records (blob) WHERE blob IS NOT NULL;
  PRAGMA application_id = ${APPLICATION_ID};
  `,
  `
  CREATE TABLE answers (run_id, id, asking, value, at, seal, PRIMARY KEY (run_id, id)) WITHOUT ROWID;
  `,
];
/** What a file of each older format lacks, for whoever may only read it: empty tables, in memory. */
const LACKING = [undefined, ...MIGRATIONS.slice(1)].map((step) =>
  step?.replaceAll('CREATE TABLE', 'CREATE TEMP TABLE'),
);

/** The newest format this version knows. */
const FORMAT = MIGRATIONS.length;

/** What the store is opened for. */
export interface Opening {
  readonly file: string;
  readonly synchronous: 'full' | 'normal';
  readonly readOnly: boolean;
}

/**
 * Makes the file, and its folder, so that only their owner can read them. SQLite gives the files beside it, `-wal` and
 * `-shm`, the permissions of the file itself. What is there already stays as it is.
 */
export function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

/**
 * Sets the connection up and brings the file to the newest format. A file that is not ours, or newer, is not touched.
 * @throws {CrewError} with code STORE_TOO_NEW, or STORE_CORRUPT for a file of another program.
 */
export function migrate(db: Database, { file, synchronous, readOnly }: Opening): void {
  // First of all: two processes that open a new file at once would else fail at the change of its journal mode.
  db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
  const found = formatOf(db, file);
  if (readOnly) {
    if (found === 0) throw new CrewError('STORE_FAILED', `There are no runs in ${file} yet.`);
    for (const step of LACKING.slice(found)) if (step !== undefined) db.exec(step);
    return;
  }
  db.exec('PRAGMA journal_mode = wal');
  db.exec(`PRAGMA synchronous = ${synchronous}; PRAGMA cell_size_check = on; PRAGMA trusted_schema = off`);
  if (found === FORMAT) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been faster.
    for (const step of MIGRATIONS.slice(formatOf(db, file))) db.exec(step);
    db.exec(`PRAGMA user_version = ${FORMAT}`);
    db.prepare('INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)').run('crewline', ownVersion());
    db.exec('COMMIT');
  } catch (thrown) {
    db.exec('ROLLBACK');
    throw thrown;
  }
}

function formatOf(db: Database, file: string): number {
  const format = pragma(db, 'user_version');
  const application = pragma(db, 'application_id');
  const tables = Number(db.prepare('SELECT count(*) AS n FROM sqlite_master').get()?.['n']);
  const isEmpty = format === 0 && application === 0 && tables === 0;
  if (application !== APPLICATION_ID && !isEmpty) throw damaged(file, 'it is no store of Crewline');
  if (format > FORMAT) throw tooNew(db, file, format);
  return format;
}

function tooNew(db: Database, file: string, format: number): CrewError {
  const about = db.prepare("SELECT CAST(value AS BLOB) AS value FROM about WHERE name = 'crewline'").get();
  const version = about && textIn(about, 'value');
  const writer = version === undefined ? '' : ` ${version}`;
  return new CrewError(
    'STORE_TOO_NEW',
    `The store ${file} was written by a later Crewline${writer} (format ${format}); this one, ${ownVersion()}, knows formats up to ${FORMAT}. Run: npm install crewline@latest; or give another file.`,
  );
}

function pragma(db: Database, name: string): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

function ownVersion(): string {
  const parsed = parseJson(readFileSync(join(packageFolder(), 'package.json'), 'utf8'));
  return parsed.ok && isObject(parsed.value) ? String(parsed.value['version']) : 'unknown';
}
