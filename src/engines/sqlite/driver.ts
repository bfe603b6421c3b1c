import { pathToFileURL } from 'node:url';
import { CrewError } from '../../errors.ts';
import { isObject } from '../../internal/json.ts';

/** What a statement can be given. A text must be well formed and without NUL: drivers cut or change any other. */
export type Parameter = string | number | Uint8Array | null;

/** A row as it was read: nothing in it is known to be what it should be. */
export interface RawRow {
  readonly [column: string]: unknown;
}

/** A prepared statement. */
export interface Statement {
  run(...parameters: Parameter[]): { readonly changes: number };
  get(...parameters: Parameter[]): RawRow | undefined;
  all(...parameters: Parameter[]): readonly RawRow[];
}

/** One connection to one file. */
export interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** What both drivers have in common, written by hand: the types of one are full of `any`, Node 20 has none of the other. */
interface ForeignDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): ForeignStatement;
  close(): unknown;
}
interface ForeignStatement {
  run(...parameters: readonly unknown[]): unknown;
  all(...parameters: readonly unknown[]): unknown;
}
type Constructor = new (location: string) => ForeignDatabase;

/** A way to SQLite; resolves with nothing where it is not to be had. */
export type Driver = () => Promise<((location: string) => Database) | undefined>;

/** SQLite inside Node, since 22.13 without a flag. */
export const nodeDriver: Driver = async () => {
  const module: unknown = process.getBuiltinModule('node:sqlite');
  const DatabaseSync = isObject(module) ? module['DatabaseSync'] : undefined;
  if (!isConstructor(DatabaseSync)) return undefined;
  return (location) => connect(new DatabaseSync(location), (parameters) => parameters);
};

/** The package `libsql`, an optional peer. */
export const libsqlDriver: Driver = async () => {
  const module: unknown = await import('libsql');
  // jiti, which runs crews in TypeScript on Node 20, hands out CommonJS as it is.
  const Libsql = isObject(module) ? module['default'] : module;
  if (!isConstructor(Libsql)) return undefined;
  // A lone parameter that is an object (null, bytes) would be taken for a list of names, so there is always a list.
  return (location) => connect(new Libsql(location), (parameters) => [parameters]);
};

/** In the order they are tried. */
const DRIVERS: readonly Driver[] = [nodeDriver, libsqlDriver];

/** How a file is opened. */
export interface OpenDatabaseOptions {
  readonly readOnly?: boolean;
  /** With `readOnly`: nobody writes it meanwhile, so it is not locked either. */
  readonly immutable?: boolean;
  readonly drivers?: readonly Driver[];
}

/**
 * Opens a file with SQLite: Node's own where it has one, else the package `libsql`.
 * @throws {CrewError} with code ENGINE_DRIVER_MISSING when there is neither; whatever the driver throws, as it is.
 */
export async function openDatabase(
  file: string,
  { readOnly = false, immutable = false, drivers = DRIVERS }: OpenDatabaseOptions = {},
): Promise<Database> {
  const open = await findDriver(drivers);
  // Only an address can say so to both drivers: libsql does not look at its option of that name.
  const address = `${pathToFileURL(file).href}?mode=ro${immutable ? '&immutable=1' : ''}`;
  return open(readOnly ? address : file);
}

/** The first way to SQLite that is to be had. @throws {CrewError} with code ENGINE_DRIVER_MISSING and what installs one. */
export async function findDriver(drivers: readonly Driver[] = DRIVERS): Promise<(location: string) => Database> {
  const failures: unknown[] = [];
  for (const driver of drivers) {
    const open = await driver().catch((thrown: unknown) => {
      failures.push(thrown);
      return undefined;
    });
    if (open !== undefined) return open;
  }
  throw new CrewError(
    'ENGINE_DRIVER_MISSING',
    `Node ${process.version} has no SQLite of its own, and the package for it is not here. Run: npm install libsql`,
    { cause: failures[0] },
  );
}

function isConstructor(value: unknown): value is Constructor {
  return typeof value === 'function';
}

function connect(database: ForeignDatabase, pass: (parameters: readonly Parameter[]) => readonly unknown[]): Database {
  return {
    exec: (sql) => void database.exec(sql),
    prepare(sql) {
      const statement = database.prepare(sql);
      // `get` of libsql may leave its statement, and with it an old view of the file, open; `all` never does.
      const all = (...parameters: Parameter[]) => rowsOf(statement.all(...pass(parameters)));
      return {
        run: (...parameters) => ({ changes: changesOf(statement.run(...pass(parameters))) }),
        get: (...parameters) => all(...parameters)[0],
        all,
      };
    },
    close: () => void database.close(),
  };
}

function rowsOf(answer: unknown): readonly RawRow[] {
  if (!Array.isArray(answer) || !answer.every(isObject)) throw new TypeError('The SQLite driver answers with no rows.');
  return answer;
}

function changesOf(answer: unknown): number {
  if (!isObject(answer)) throw new TypeError('The SQLite driver does not tell what a statement changed.');
  return Number(answer['changes']);
}
