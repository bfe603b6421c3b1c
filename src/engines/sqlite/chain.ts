import type { Json } from '../../spec/json.ts';
import { recall } from '../../types.ts';
import type { RecordKind } from '../records.ts';
import type { Brief } from '../run-summary.ts';
import { bytesIn, type PackedRow, sha256, toColumn } from './columns.ts';
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
  readonly value: Json;
}

/** Where the next row of a run goes, and the hash of the one before. */
export interface Place {
  readonly runId: string;
  readonly seq: number;
  readonly head: Uint8Array;
}

/** What the first row of each run follows. */
export const START = new Uint8Array(32);

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
  const { runId } = place;
  let { seq, head } = place;
  const rows: Linked[] = [];
  for (const content of contents) {
    const { kind, key, name, text, brief } = content;
    const label = JSON.stringify(brief === undefined ? [kind, key, name] : [kind, key, name, brief]);
    const blob = blobOf(content);
    head = linkHash({ runId, seq, head }, blob !== undefined, label, blob ?? text);
    rows.push({ runId, seq, label, text, blob, hash: head });
    seq += 1;
  }
  return { rows, after: { runId, seq, head } };
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

/** A row's hash: over the hash before it, its place, and all that is in it. So no row can be changed, moved, left out or put in. */
function linkHash({ runId, seq, head }: Place, isApart: boolean, ...content: readonly (string | Uint8Array)[]): Buffer {
  // Each part before the value ends where JSON ends, so no two different rows hash the same bytes.
  return sha256(head, JSON.stringify([runId, seq, isApart]), ...content);
}

/** A value that is kept apart, as it is stored. */
export function blobIn(statements: Statements, hash: Uint8Array): Buffer | undefined {
  const blob = statements.blob.get(hash);
  return blob === undefined ? undefined : bytesIn(blob, 'text');
}

/** A row that holds, with its hash, and its value where that is kept apart; or what is wrong with it. */
export type Checked =
  | { readonly row: AnyRow; readonly hash: Uint8Array; readonly apart: Buffer | undefined; readonly problem?: never }
  | { readonly problem: string };

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
  if (!linkHash(place, blob !== undefined, packed.content).equals(hash)) {
    return { problem: 'it is not what was written there' };
  }
  const apart = blob && readBlob(blob);
  if (blob !== undefined && (apart === undefined || !sha256(apart).equals(blob))) {
    return { problem: 'its value, which is kept apart, is missing or not what was written' };
  }
  return { row: rowOf(packed, apart), hash, apart };
}

/** A row that holds: what passes the hashes is what `JSON.stringify` wrote. Of tens of thousands, few values are asked for. */
function rowOf(packed: PackedRow, apart: Buffer | undefined): AnyRow {
  const [kind, key, name] = recall<[RowKind, string, string]>(JSON.parse(packed.label ?? ''));
  let value: Json | undefined;
  return {
    seq: packed.seq,
    kind,
    key,
    name,
    get value() {
      value ??= recall<Json>(JSON.parse(textOf(packed, apart)));
      return value;
    },
  };
}

/** A row's value as JSON. */
export function textOf(packed: PackedRow, apart: Buffer | undefined): string {
  return (apart ?? packed.value ?? '').toString();
}
