import { messageOf } from '../../errors.ts';
import { isJsonObject } from '../../internal/json.ts';
import type { Json } from '../../spec/json.ts';
import type { RecordKind } from '../records.ts';
import type { Admission, KeptRun, Salvaged, Takeover } from '../run-store.ts';
import { readAnswers, type StoredAnswer } from './answers.ts';
import { type AnyRow, blobIn, checkRow, type Place, placeIn } from './chain.ts';
import { type PackedRow, toColumn, unpackRows } from './columns.ts';
import { entryFrom, PAUSED, RUNNING, type RunEntry } from './run-entry.ts';
import type { Statements } from './statements.ts';

/** A record as it was appended, and its place among the run's rows. */
export interface Row extends AnyRow {
  readonly kind: RecordKind;
}

/** Another process went on with the run: between the records before and after `seq`. */
export interface PlacedTakeover extends Takeover {
  readonly seq: number;
}

/** Everything a run has written, in the order it was written. */
export interface StoredRun extends KeptRun {
  readonly records: readonly Row[];
  readonly takeovers: readonly PlacedTakeover[];
  readonly answers: readonly StoredAnswer[];
  /** How many rows it has, of all kinds. */
  readonly size: number;
}

/** What can be trusted of a run, and what is wrong with the rest. */
export interface Salvage extends Omit<StoredRun, 'run'>, Salvaged {
  readonly run: Admission | undefined;
}

/** Reads all rows of a run at once, up to the first that does not hold. Nothing for an id that is nowhere. Throws what the driver throws. */
export function readRun(statements: Statements, runId: string): Salvage | undefined {
  const raw = statements.entry.get(toColumn(runId));
  const all = [...packedRows(statements, runId)];
  if (raw === undefined && all.length === 0) return undefined;
  const entry = raw === undefined ? undefined : entryFrom(raw);
  const walked = walk(statements, runId, { size: all.length, rowAt: (seq) => all[seq] });
  return assemble(runId, entry, { ...walked, ...readAnswers(statements, runId) });
}

/** So many are read as one value. */
const TOGETHER = 100;

/** All rows of a run, up to a gap. */
function* packedRows(statements: Statements, runId: string): Generator<PackedRow> {
  for (let from = 0; ; from += TOGETHER) {
    const rows = unpackRows(statements.rows.get(toColumn(runId), from, from + TOGETHER));
    yield* rows;
    if (rows.length < TOGETHER) return;
  }
}

function rowAt(statements: Statements, runId: string, seq: number): PackedRow | undefined {
  return unpackRows(statements.row.get(toColumn(runId), seq))[0];
}

/** The first rows of a run: what it was begun with. Throws what the driver throws. */
export function readAdmission(statements: Statements, runId: string): Pick<Salvage, 'run' | 'problems'> | undefined {
  const { rows, problem } = walk(statements, runId, {
    size: 2,
    rowAt: (seq) => rowAt(statements, runId, seq),
  });
  const run = admissionOf(runId, rows);
  if (run !== undefined) return { run, problems: [] };
  if (statements.entry.get(toColumn(runId)) === undefined && statements.row.get(toColumn(runId), 0) === undefined)
    return undefined;
  return { run, problems: [problem ?? NO_BEGINNING] };
}

/** The same, row by row, so that what lies before a damaged page can be read too. Never throws for damage. */
export function salvageRun(statements: Statements, runId: string): Salvage | undefined {
  const { value: raw, problem } = attempt(() => statements.entry.get(toColumn(runId)));
  const entry = raw === undefined ? undefined : entryFrom(raw);
  const walked = walk(statements, runId, {
    size: Number.POSITIVE_INFINITY,
    rowAt: (seq) => rowAt(statements, runId, seq),
  });
  if (raw === undefined && problem === undefined && walked.rows.length === 0) return undefined;
  const read = attempt(() => readAnswers(statements, runId));
  const { answers, problems } = read.value ?? { answers: [], problems: [`its answers: ${read.problem}`] };
  return assemble(runId, entry, { ...walked, answers, problems });
}

interface Walked {
  readonly rows: readonly AnyRow[];
  readonly end: Place;
  readonly problem: string | undefined;
}

interface Source {
  readonly size: number;
  rowAt(seq: number): PackedRow | undefined;
}

function walk(statements: Statements, runId: string, { size, rowAt }: Source): Walked {
  const rows: AnyRow[] = [];
  let place = placeIn(runId);
  const readBlob = (hash: Uint8Array) => blobIn(statements, hash);
  const stop = (problem?: string): Walked => ({ rows, end: place, problem });
  while (place.seq < size) {
    const { quoted, seq } = place;
    try {
      const raw = rowAt(seq);
      if (raw === undefined && size === Number.POSITIVE_INFINITY) break;
      const { row, hash, problem } = checkRow(raw, place, readBlob);
      if (problem !== undefined) return stop(`row ${seq}: ${problem}`);
      rows.push(row);
      place = { runId, quoted, seq: seq + 1, head: hash };
    } catch (thrown) {
      return stop(`row ${seq}: ${unreadable(thrown)}`);
    }
  }
  return stop();
}

const NO_BEGINNING = 'row 0: the run does not begin with what it was given';

function assemble(
  runId: string,
  entry: RunEntry | undefined,
  { rows, end: place, problem, answers, problems: wrongAnswers }: Walked & ReturnType<typeof readAnswers>,
): Salvage {
  const problems = problem === undefined ? [...wrongAnswers] : [problem, ...wrongAnswers];
  const run = admissionOf(runId, rows);
  const last = rows.at(-1);
  const end = last?.kind === 'end' ? endOf(last) : undefined;
  if (run === undefined && problem === undefined) problems.push(NO_BEGINNING);
  if (entry === undefined) problems.push('its entry in the list of runs is missing, or not what was written');
  else if (problem === undefined) problems.push(...differences(entry, { run, end, place }));
  const records = rows.filter(isRecord);
  const takeovers = rows.filter(({ kind }) => kind === 'takeover').map(takeoverOf);
  return {
    run,
    records,
    takeovers,
    answers,
    size: place.seq,
    ...(end === undefined ? {} : { end }),
    problems,
  };
}

/** Where the list of runs says something else than the run's own rows. */
function differences(
  entry: RunEntry,
  { run, end, place }: { run: Admission | undefined; end: StoredRun['end']; place: Place },
): string[] {
  if (entry.size !== place.seq) return [`row ${place.seq}: it is missing, or one too many`];
  if (!Buffer.from(entry.head).equals(place.head)) return [`row ${place.seq - 1}: it is not the last that was written`];
  const isOpen = entry.status === RUNNING || entry.status === PAUSED;
  const same = entry.crew === run?.crew && (end === undefined ? isOpen : entry.status === end.status);
  return same ? [] : ['its entry in the list of runs does not fit its rows'];
}

function admissionOf(runId: string, [first, second]: readonly AnyRow[]): Admission | undefined {
  if (first?.kind !== 'admission' || second?.kind !== 'definition' || !isJsonObject(first.value)) return undefined;
  const { crew, crewFile, inputs, source, at } = first.value;
  if (typeof crew !== 'string' || inputs === undefined || typeof at !== 'number') return undefined;
  const found = typeof crewFile === 'string' && { crewFile };
  return {
    runId,
    crew,
    ...found,
    ...sourceIn(source),
    definition: second.text,
    inputs,
    at,
  };
}

function sourceIn(stored: Json | undefined): Pick<Admission, 'source'> {
  const { kind, runId } = isJsonObject(stored ?? null) ? Object(stored) : {};
  if (kind !== 'replay' && kind !== 'reuse') return {};
  return typeof runId === 'string' ? { source: { kind, runId } } : {};
}

/** What a run of many tasks came to is long: it is read when it is asked for. */
function endOf(row: AnyRow): StoredRun['end'] {
  return {
    status: row.name,
    get result() {
      return isJsonObject(row.value) ? (row.value['result'] ?? null) : null;
    },
  };
}

function takeoverOf({ seq, value }: AnyRow): PlacedTakeover {
  const { at, pid, host } = isJsonObject(value) ? value : {};
  return { seq, at: Number(at), pid: Number(pid), host: String(host) };
}

function isRecord(row: AnyRow): row is Row {
  return row.kind === 'step' || row.kind === 'task' || row.kind === 'signal' || row.kind === 'note';
}

function attempt<T>(read: () => T): { readonly value?: T; readonly problem?: string } {
  try {
    return { value: read() };
  } catch (thrown) {
    return { problem: unreadable(thrown) };
  }
}

function unreadable(thrown: unknown): string {
  return `it cannot be read (${messageOf(thrown)})`;
}
