import { CrewError, messageOf } from '../../errors.ts';
import { isObject } from '../../internal/json.ts';

/** What Postgres, or the way to it, says when it will answer again: not now, or not on this connection. */
const PASSING: ReadonlySet<string> = new Set([
  ...['08000', '08001', '08003', '08004', '08006', '57P01', '57P02', '57P03', '53300', '40001', '40P01'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
]);
/** Nobody gets an answer then, not only this process: its machine is there, the server is not. */
const DOWN: ReadonlySet<string> = new Set(['ECONNREFUSED', '57P01', '57P02', '57P03']);

/** Nobody was asked anything: there was no way to Postgres. */
const UNREACHED: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'],
]);
const PORT = '5432';

function codeOf(thrown: unknown): string {
  return isObject(thrown) && typeof thrown['code'] === 'string' ? thrown['code'] : '';
}

/** Whether the same may succeed a moment later. Drivers say of a cut connection only that, in words. */
export function isPassing(thrown: unknown): boolean {
  return PASSING.has(codeOf(thrown)) || /timeout|terminated|not queryable|ended|closed/i.test(messageOf(thrown));
}

export function isDown(thrown: unknown): boolean {
  return DOWN.has(codeOf(thrown));
}

/** What Postgres at that address, or the way to it, said, as an error of ours. It shows no password. */
export function storeError(thrown: unknown, url: string): CrewError {
  if (thrown instanceof CrewError) return thrown;
  const code = codeOf(thrown);
  // Class 53: no room; 25006: read-only; 42501: not allowed. https://www.postgresql.org/docs/current/errcodes-appendix.html
  const isWrite = code.startsWith('53') || code === '25006' || code === '42501';
  return new CrewError(isWrite ? 'STORE_WRITE' : 'STORE_FAILED', messageFor(thrown, { isWrite, url }), {
    cause: thrown,
    resumable: true,
  });
}

function messageFor(thrown: unknown, { isWrite, url }: { readonly isWrite: boolean; readonly url: string }): string {
  const code = codeOf(thrown);
  const { place, database } = partsOf(url);
  // Of several addresses of one host that were tried, none has a message of its own.
  const said = messageOf(thrown) || code;
  if (UNREACHED.has(code) || isUnanswered(said)) {
    return `Postgres cannot be reached at ${place} (${said}). Check the address and that it runs.`;
  }
  if (DOWN.has(code)) return `Postgres does not answer yet at ${place} (${said}).`;
  if (code === '3D000') {
    const how = database === '' ? 'Name one in the address.' : `Make it: createdb ${database}`;
    return `Postgres at ${place} has no such database (${said}). ${how}`;
  }
  if (code === '28P01') {
    return `Postgres at ${place} refuses the password (${said}). Check the user and the password in the address.`;
  }
  return `Postgres ${isWrite ? 'cannot be written' : 'refuses what it is asked'}: ${said}`;
}

/** As the driver says that no connection came about in time. */
function isUnanswered(said: string): boolean {
  return /timeout expired|connection timeout|timeout exceeded when trying to connect/i.test(said);
}

function partsOf(url: string): { readonly place: string; readonly database: string } {
  if (!URL.canParse(url)) return { place: 'its address', database: '' };
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? (hostname || 'localhost');
  return {
    place: host.startsWith('/') ? host : `${host}:${port || searchParams.get('port') || PORT}`,
    database: decoded(pathname.slice(1)),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
