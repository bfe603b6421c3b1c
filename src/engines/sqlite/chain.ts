import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { RecordKind } from '../records.ts';
import type { Brief } from '../run-summary.ts';
import { bytesIn, isSha256, type PackedRow, sha256, toColumn } from './columns.ts';
import type { Statements } from './statements.ts';

/** All kinds of rows: what the run was admitted with, what it recorded, who took it over, how it ended. */
export type RowKind = 'admission' | 'definition' | RecordKind | 'takeover' | 'end';

/** A row's content before it has a place in its run. */
export interface Content {
  readonly kind: RowKind;
  readonly key: string;
  readonly name: string;
  /** Its value as JSON. */
  readonly text: string;
  /** What lists tell of it: put where it is read without the value. */
  readonly brief?: Brief | undefined;
}

/** A row of any kind as it was written, checked. */
export interface AnyRow {
  /** Its place in the run, from 0. */
  readonly seq: number;
  readonly kind: RowKind;
  readonly key: string;
  readonly name: string;
  /** The value as JSON, as it was written. */
  readonly text: string;
  readonly value: Json;
}

/** Where the next row of a run goes, and the hash of the one before. */
export interface Place {
  readonly runId: string;
  /** The id as JSON: it is hashed with each of its rows. */
  readonly quoted: string;
  readonly seq: number;
  readonly head: Uint8Array;
}

/** What the first row of each run follows. */
const START = new Uint8Array(32);

/** The place of a run's first row, or of any other. */
export function placeIn(runId: string, seq = 0, head: Uint8Array = START): Place {
  return { runId, quoted: JSON.stringify(runId), seq, head };
}

/** Longer values, in UTF-16 units, are kept once, by their hash. A definition is the same for all runs of its crew. */
const LONGEST_INLINE = 64 * 1024;
const LONGEST_INLINE_DEFINITION = 512;

/** A content with its place in the run, ready to be written. */
export interface Linked {
  readonly runId: string;
  readonly seq: number;
  /** Kind, key, name and what is told in brief, as JSON: one column is read and hashed faster than three. */
  readonly label: string;
  /** The value as JSON, and its hash where it is kept apart. */
  readonly text: string;
  readonly blob: Buffer | undefined;
  readonly hash: Uint8Array;
}

/** Links contents one after another from `place` on; answers with the place after them. */
export function link(place: Place, contents: readonly Content[]): { rows: readonly Linked[]; after: Place } {
  const { runId, quoted } = place;
  let { seq, head } = place;
  const rows: Linked[] = [];
  for (const content of contents) {
    const { kind, key, name, text, brief } = content;
    const label = JSON.stringify(brief === undefined ? [kind, key, name] : [kind, key, name, brief]);
    const blob = blobOf(content);
    head = sha256(head, ordinal(quoted, seq, blob !== undefined), label, blob ?? text);
    rows.push({ runId, seq, label, text, blob, hash: head });
    seq += 1;
  }
  return { rows, after: { runId, quoted, seq, head } };
}

/** Inside a transaction. */
export function writeRows(statements: Statements, rows: readonly Linked[]): void {
  for (const { runId, seq, label, text, blob, hash } of rows) {
    if (blob !== undefined) statements.addBlob.run(blob, text);
    statements.addRow.run(toColumn(runId), seq, label, blob === undefined ? text : null, blob ?? null, hash);
  }
}

/** The hash under which a content's value is kept apart; undefined for one that stays in its row. */
function blobOf({ kind, text }: Content): Buffer | undefined {
  const longest = kind === 'definition' ? LONGEST_INLINE_DEFINITION : LONGEST_INLINE;
  return text.length > longest ? sha256(text) : undefined;
}

/**
 * A row's hash is over the hash before it, this, and all that is in it: so no row can be changed, moved, left out or put in.
 * Each part before the value ends where JSON ends, so no two different rows hash the same bytes.
 */
function ordinal(quotedRunId: string, seq: number, isApart: boolean): string {
  return `[${quotedRunId},${seq},${isApart}]`;
}

/** A value that is kept apart, as it is stored. */
export function blobIn(statements: Statements, hash: Uint8Array): Buffer | undefined {
  const blob = statements.blob.get(hash);
  return blob === undefined ? undefined : bytesIn(blob, 'text');
}

/** A row that holds, with its hash, and its value where that is kept apart; or what is wrong with it. */
export type Checked =
  | { readonly row: AnyRow; readonly hash: Uint8Array; readonly problem?: never }
  | { readonly problem: string; readonly row?: never; readonly hash?: never };

/** Checks a row as it was read against the place where it must be. `readBlob` reads a value kept apart. */
export function checkRow(
  packed: PackedRow | undefined,
  place: Place,
  readBlob: (hash: Uint8Array) => Buffer | undefined,
): Checked {
  if (packed === undefined) return { problem: 'it is missing' };
  if (packed.seq !== place.seq) return { problem: 'it is missing, or another is in its place' };
  const { blob, hash } = packed;
  if (!packed.isWhole || hash === undefined) return { problem: 'a part of it is missing' };
  const { quoted, seq, head } = place;
  if (!isSha256(hash, head, ordinal(quoted, seq, blob !== undefined), packed.content)) {
    return { problem: 'it is not what was written there' };
  }
  const apart = blob && readBlob(blob);
  if (blob !== undefined && (apart === undefined || !isSha256(blob, apart))) {
    return { problem: 'its value, which is kept apart, is missing or not what was written' };
  }
  return { row: new CheckedRow(packed, apart), hash };
}

/** A row that holds: what passes the hashes is what `JSON.stringify` wrote. Of tens of thousands, few values are asked for. */
class CheckedRow implements AnyRow {
  readonly seq: number;
  readonly kind: RowKind;
  readonly key: string;
  readonly name: string;
  readonly #packed: PackedRow;
  readonly #apart: Buffer | undefined;
  #value: Json | undefined;

  constructor(packed: PackedRow, apart: Buffer | undefined) {
    const [kind, key, name] = labelParts(packed.label ?? '');
    this.seq = packed.seq;
    this.kind = kind;
    this.key = key;
    this.name = name;
    this.#packed = packed;
    this.#apart = apart;
  }

  get text(): string {
    return (this.#apart ?? this.#packed.value ?? '').toString();
  }

  get value(): Json {
    this.#value ??= recall<Json>(JSON.parse(this.text));
    return this.#value;
  }

  /** Of getters JSON knows nothing by itself. */
  toJSON(): Json {
    const { seq, kind, key, name, value } = this;
    return { seq, kind, key, name, value };
  }
}

/**
 * Kind, key and name out of a label. Where nothing is escaped and nothing else follows they are cut out, in a fifth of the time
 * that JSON takes. A label that ends anywhere else than where it was written to end must not pass: its hash would be the same.
 */
function labelParts(label: string): readonly [RowKind, string, string] {
  // `["step","look","user.one"]`
  const first = label.indexOf('"', 2);
  const second = label.indexOf('"', first + 3);
  const third = label.indexOf('"', second + 3);
  const isPlain = third > 0 && third === label.length - 2 && label.endsWith(']') && !label.includes('\\');
  if (!isPlain) return recall(JSON.parse(label));
  return [recall(label.slice(2, first)), label.slice(first + 3, second), label.slice(second + 3, third)];
}
