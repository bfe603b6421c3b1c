import { createHash } from 'node:crypto';
import type { RawRow } from './driver.ts';

/** A text that drivers would cut or change: with NUL, or with half of a surrogate pair. */
const FRAGILE = /^"|\0|\p{Surrogate}/u;

/** How a text is put into a column, so that it comes back as it was. Most stay as they are; JSON escapes what is fragile. */
export function toColumn(text: string): string {
  return FRAGILE.test(text) ? JSON.stringify(text) : text;
}

/**
 * Reads what `AS_BYTES` selected; undefined when it is nothing we wrote. Texts are read as bytes because libsql ends the
 * whole process on one that is no UTF-8, as a damaged one may be.
 */
export function textIn(row: RawRow, column: string): string | undefined {
  const stored = bytesIn(row, column)?.toString('utf8');
  if (!stored?.startsWith('"')) return stored;
  try {
    return String(JSON.parse(stored));
  } catch {
    return undefined;
  }
}

export function bytesIn(row: RawRow, column: string): Buffer | undefined {
  const value = row[column];
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : undefined;
}

export function numberIn(row: RawRow, column: string): number | undefined {
  const value = row[column];
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}

/** The SQL that selects columns so that no damage in them can hurt the driver. */
export function selected(bytes: readonly string[], numbers: readonly string[]): string {
  const cast = (type: string) => (column: string) => `CAST(${column} AS ${type}) AS ${column}`;
  return [...bytes.map(cast('BLOB')), ...numbers.map(cast('INTEGER'))].join(', ');
}

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
