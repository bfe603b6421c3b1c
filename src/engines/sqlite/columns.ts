import { createHash, hash } from 'node:crypto';
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

const BLOBS = ['label', 'value', 'blob', 'hash'].map((column) => `CAST(${column} AS BLOB)`);

/**
 * The SQL that makes one text of a record, so that several can be read as one value: drivers make an object of each, and of
 * tens of thousands of rows that takes longer than all else. First its place and the lengths of its four parts, -1 for one
 * that is missing, then those.
 */
export const PACKED: string = `printf('%d ${'%d '.repeat(BLOBS.length)}', CAST(records.seq AS INTEGER), ${BLOBS.map(
  (blob) => `coalesce(length(${blob}), -1)`,
).join(', ')}) || ${BLOBS.map((blob) => `coalesce(${blob}, x'')`).join(' || ')}`;

/** A record as `PACKED` made it one text: its parts are cut out when they are asked for. */
export class PackedRow {
  readonly seq: number;
  readonly #bytes: Buffer;
  /** Where each part begins, and where the last ends; the same place where one is missing. */
  readonly #at: readonly [label: number, value: number, blob: number, hash: number, end: number];
  readonly #isMissing: readonly [label: boolean, value: boolean, blob: boolean, hash: boolean];

  constructor(bytes: Buffer, start: number, seq: number, lengths: readonly [number, number, number, number]) {
    const [label, value, blob, hash] = lengths;
    const second = start + Math.max(0, label);
    const third = second + Math.max(0, value);
    const fourth = third + Math.max(0, blob);
    this.seq = seq;
    this.#bytes = bytes;
    this.#at = [start, second, third, fourth, fourth + Math.max(0, hash)];
    this.#isMissing = [label < 0, value < 0, blob < 0, hash < 0];
  }

  get end(): number {
    return this.#at[4];
  }

  get label(): string | undefined {
    return this.#isMissing[0] ? undefined : this.#bytes.toString('utf8', this.#at[0], this.#at[1]);
  }

  get value(): Buffer | undefined {
    return this.#isMissing[1] ? undefined : this.#bytes.subarray(this.#at[1], this.#at[2]);
  }

  /** The hash of a value that is kept apart. */
  get blob(): Buffer | undefined {
    return this.#isMissing[2] ? undefined : this.#bytes.subarray(this.#at[2], this.#at[3]);
  }

  get hash(): Buffer | undefined {
    return this.#isMissing[3] ? undefined : this.#bytes.subarray(this.#at[3], this.#at[4]);
  }

  get isWhole(): boolean {
    const [label, value, blob, hash] = this.#isMissing;
    return !label && !hash && !(value && blob);
  }

  /** Label and value, one after another, as they are hashed. */
  get content(): Buffer {
    return this.#bytes.subarray(this.#at[0], this.#at[3]);
  }
}

/** The records in the column `packed`, which holds any number of them. */
export function unpackRows(raw: RawRow | undefined): readonly PackedRow[] {
  const bytes = raw === undefined ? undefined : bytesIn(raw, 'packed');
  const rows: PackedRow[] = [];
  if (bytes === undefined) return rows;
  let at = 0;
  const number = () => {
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at += 1;
    let read = 0;
    for (; at < bytes.length && bytes[at] !== SPACE; at += 1) read = read * 10 + ((bytes[at] ?? 0) - ZERO);
    at += 1;
    return isNegative ? -read : read;
  };
  while (at < bytes.length) {
    const seq = number();
    const lengths = [number(), number(), number(), number()] as const;
    const row = new PackedRow(bytes, at, seq, lengths);
    at = row.end;
    rows.push(row);
  }
  return rows;
}

const [MINUS, SPACE, ZERO] = [45, 32, 48];

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  return hashTogether(parts) ?? hashApart(parts);
}

/** Where parts are put together to be hashed at once: most are short, and each call takes longer than its bytes. */
const scratch = Buffer.allocUnsafe(16 * 1024);
/** Bytes of UTF-8 for a UTF-16 unit, at most. */
const PER_UNIT = 3;

function hashTogether(parts: readonly (string | Uint8Array)[]): Buffer | undefined {
  let end = 0;
  for (const part of parts) {
    if (end + part.length * (typeof part === 'string' ? PER_UNIT : 1) > scratch.length) return undefined;
    if (typeof part === 'string') end += scratch.write(part, end);
    else {
      scratch.set(part, end);
      end += part.length;
    }
  }
  return hash('sha256', scratch.subarray(0, end), 'buffer');
}

function hashApart(parts: readonly (string | Uint8Array)[]): Buffer {
  const apart = createHash('sha256');
  for (const part of parts) apart.update(part);
  return apart.digest();
}
