import { PACKED, selected } from './columns.ts';
import type { Database, Statement } from './driver.ts';

/** As `entryFrom` reads them. */
const ENTRY_SELECTED = selected(
  ['run_id', 'crew', 'status', 'owner', 'head', 'seal'],
  ['started_at', 'updated_at', 'epoch', 'renewed_at', 'size'],
);
/** As `unpackRows` reads it. */
const ROW_SELECTED = `CAST(${PACKED} AS BLOB) AS packed`;
/** As `readAnswers` reads them. */
const ANSWER_SELECTED = selected(['id', 'asking', 'value', 'seal'], ['at']);

/** Every statement of the store, made once for each connection. */
export type Statements = Readonly<Record<keyof typeof SQL, Statement>>;

const SQL = {
  begin: 'BEGIN IMMEDIATE',
  beginReading: 'BEGIN',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  entry: `SELECT ${ENTRY_SELECTED} FROM runs WHERE run_id = ?`,
  entries: `SELECT ${ENTRY_SELECTED} FROM runs ORDER BY runs.started_at DESC, runs.run_id DESC LIMIT ?`,
  addEntry:
    'INSERT INTO runs (run_id, crew, status, started_at, updated_at, epoch, owner, renewed_at, size, head, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  // The fence: whoever took the run over has raised the epoch, and then this changes nothing.
  updateEntry:
    'UPDATE runs SET status = ?, updated_at = ?, epoch = ?, owner = ?, renewed_at = ?, size = ?, head = ?, seal = ? WHERE run_id = ? AND epoch = ?',
  dropEntry: 'DELETE FROM runs WHERE run_id = ?',
  row: `SELECT ${ROW_SELECTED} FROM records WHERE run_id = ? AND records.seq = ?`,
  // In the order of their places, which is checked: each is in the hash of the next.
  rows: `SELECT CAST(group_concat(packed, '') AS BLOB) AS packed FROM (SELECT ${PACKED} AS packed FROM records WHERE run_id = ? AND records.seq >= ? AND records.seq < ? ORDER BY records.seq)`,
  // No value among what is selected, so what is long of it is not even read. Those without a brief end after three texts.
  taskLabels: `SELECT ${selected(['label'], ['seq'])}, CASE WHEN label LIKE '%}]' THEN 0 ELSE coalesce(length(CAST(value AS BLOB)), (SELECT length(CAST(text AS BLOB)) FROM blobs WHERE blobs.hash = records.blob)) END AS size FROM records WHERE run_id = ? AND label LIKE '["task",%'`,
  questionRows: `SELECT ${ROW_SELECTED} FROM records WHERE run_id = ? AND (label LIKE '["note",%,"asked"]' OR label LIKE '["note",%,"anew"]') ORDER BY records.seq`,
  openEntries: `SELECT ${ENTRY_SELECTED} FROM runs WHERE runs.status NOT IN ('done', 'partial') ORDER BY runs.started_at DESC, runs.run_id DESC`,
  rowHash: `SELECT ${selected(['hash'], [])} FROM records WHERE run_id = ? AND seq = ?`,
  addRow: 'INSERT INTO records (run_id, seq, label, value, blob, hash) VALUES (?, ?, ?, ?, ?, ?)',
  dropRows: 'DELETE FROM records WHERE run_id = ?',
  answers: `SELECT ${ANSWER_SELECTED} FROM answers WHERE run_id = ? ORDER BY answers.at, answers.id`,
  answer: `SELECT ${ANSWER_SELECTED} FROM answers WHERE run_id = ? AND answers.id = ?`,
  // Of an earlier asking, or damaged: what was there answers nothing.
  putAnswer: 'INSERT OR REPLACE INTO answers (run_id, id, asking, value, at, seal) VALUES (?, ?, ?, ?, ?, ?)',
  dropAnswers: 'DELETE FROM answers WHERE run_id = ?',
  version: 'PRAGMA data_version',
  blob: 'SELECT CAST(text AS BLOB) AS text FROM blobs WHERE hash = ?',
  addBlob: 'INSERT OR IGNORE INTO blobs (hash, text) VALUES (?, ?)',
  dropBlobs: 'DELETE FROM blobs WHERE NOT EXISTS (SELECT 1 FROM records WHERE records.blob = blobs.hash)',
} as const;

export function prepareStatements(db: Database): Statements {
  const { prepare } = db;
  return {
    begin: prepare(SQL.begin),
    beginReading: prepare(SQL.beginReading),
    commit: prepare(SQL.commit),
    rollback: prepare(SQL.rollback),
    entry: prepare(SQL.entry),
    entries: prepare(SQL.entries),
    addEntry: prepare(SQL.addEntry),
    updateEntry: prepare(SQL.updateEntry),
    dropEntry: prepare(SQL.dropEntry),
    row: prepare(SQL.row),
    rows: prepare(SQL.rows),
    taskLabels: prepare(SQL.taskLabels),
    questionRows: prepare(SQL.questionRows),
    openEntries: prepare(SQL.openEntries),
    rowHash: prepare(SQL.rowHash),
    addRow: prepare(SQL.addRow),
    dropRows: prepare(SQL.dropRows),
    answers: prepare(SQL.answers),
    answer: prepare(SQL.answer),
    putAnswer: prepare(SQL.putAnswer),
    dropAnswers: prepare(SQL.dropAnswers),
    version: prepare(SQL.version),
    blob: prepare(SQL.blob),
    addBlob: prepare(SQL.addBlob),
    dropBlobs: prepare(SQL.dropBlobs),
  };
}
