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
  /** Where the parts begin, and their lengths; -1 for one that is missing. */
  readonly #start: number;
  readonly #label: number;
  readonly #value: number;
  readonly #blob: number;
  readonly #hash: number;

  constructor(bytes: Buffer, read: Cursor) {
    this.seq = read.number();
    this.#label = read.number();
    this.#value = read.number();
    this.#blob = read.number();
    this.#hash = read.number();
    this.#bytes = bytes;
    this.#start = read.at;
    read.at = this.#afterBlob + Math.max(0, this.#hash);
  }

  get #afterLabel(): number {
    return this.#start + Math.max(0, this.#label);
  }

  get #afterValue(): number {
    return this.#afterLabel + Math.max(0, this.#value);
  }

  get #afterBlob(): number {
    return this.#afterValue + Math.max(0, this.#blob);
  }

  get label(): string | undefined {
    return this.#label < 0 ? undefined : this.#bytes.toString('utf8', this.#start, this.#afterLabel);
  }

  get value(): Buffer | undefined {
    return this.#value < 0 ? undefined : this.#bytes.subarray(this.#afterLabel, this.#afterValue);
  }

  /** The hash of a value that is kept apart. */
  get blob(): Buffer | undefined {
    return this.#blob < 0 ? undefined : this.#bytes.subarray(this.#afterValue, this.#afterBlob);
  }

  get hash(): Buffer | undefined {
    return this.#hash < 0 ? undefined : this.#bytes.subarray(this.#afterBlob, this.#afterBlob + this.#hash);
  }

  get isWhole(): boolean {
    return this.#label >= 0 && this.#hash >= 0 && (this.#value >= 0 || this.#blob >= 0);
  }

  /** Label and value, one after another, as they are hashed. */
  get content(): Buffer {
    return this.#bytes.subarray(this.#start, this.#afterBlob);
  }
}

/** The records in the column `packed`, which holds any number of them. */
export function unpackRows(raw: RawRow | undefined): readonly PackedRow[] {
  const bytes = raw === undefined ? undefined : bytesIn(raw, 'packed');
  const rows: PackedRow[] = [];
  if (bytes === undefined) return rows;
  const cursor = new Cursor(bytes);
  while (cursor.at < bytes.length) rows.push(new PackedRow(bytes, cursor));
  return rows;
}

/** Reads what `PACKED` begins with, number by number. */
class Cursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  number(): number {
    const isNegative = this.#bytes[this.at] === MINUS;
    if (isNegative) this.at += 1;
    let read = 0;
    for (; this.at < this.#bytes.length && this.#bytes[this.at] !== SPACE; this.at += 1) {
      read = read * 10 + ((this.#bytes[this.at] ?? 0) - ZERO);
    }
    this.at += 1;
    return isNegative ? -read : read;
  }
}

const [MINUS, SPACE, ZERO] = [45, 32, 48];

export function sha256(...parts: readonly (string | Uint8Array)[]): Buffer {
  const end = putTogether(parts);
  return end === undefined ? hashApart(parts) : hash('sha256', scratch.subarray(0, end), 'buffer');
}

/** Whether a hash is that of these parts: compared as text, which is made in half the time of a buffer. */
export function isSha256(of: Buffer, ...parts: readonly (string | Uint8Array)[]): boolean {
  const end = putTogether(parts);
  if (end === undefined) return hashApart(parts).equals(of);
  return hash('sha256', scratch.subarray(0, end), 'binary') === of.toString('binary');
}

/** Where parts are put together to be hashed at once: most are short, and each call takes longer than its bytes. */
const scratch = Buffer.allocUnsafe(16 * 1024);
/** Bytes of UTF-8 for a UTF-16 unit, at most. */
const PER_UNIT = 3;

/** Where they end in `scratch`; undefined where they do not fit. */
function putTogether(parts: readonly (string | Uint8Array)[]): number | undefined {
  let end = 0;
  for (const part of parts) {
    if (end + part.length * (typeof part === 'string' ? PER_UNIT : 1) > scratch.length) return undefined;
    if (typeof part === 'string') end += scratch.write(part, end);
    else {
      scratch.set(part, end);
      end += part.length;
    }
  }
  return end;
}

function hashApart(parts: readonly (string | Uint8Array)[]): Buffer {
  const apart = createHash('sha256');
  for (const part of parts) apart.update(part);
  return apart.digest();
}
