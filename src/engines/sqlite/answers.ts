import type { Json } from '../../spec/json.ts';
import type { RecordedQuestion } from '../journal.ts';
import type { RunRecord } from '../records.ts';
import type { WaitingRun } from '../run-store.ts';
import { questionsIn } from '../stored-questions.ts';
import { blobIn, checkRow, placeIn } from './chain.ts';
import { bytesIn, numberIn, sha256, textIn, toColumn, unpackRows } from './columns.ts';
import type { RawRow } from './driver.ts';
import { entryFrom } from './run-entry.ts';
import type { Statements } from './statements.ts';
import { damaged, storeError } from './store-error.ts';

/** What somebody answered, whether they hold the run or not. */
export interface StoredAnswer {
  /** The question's, which is unique in its run. */
  readonly id: string;
  /** Which asking of it was answered: one that is asked anew is open again. */
  readonly asking: string;
  readonly value: Json;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** What answers need of their store. */
export interface AnswerDesk {
  readonly file: string;
  readonly statements: Statements;
  now(): number;
  read<T>(work: () => T): T;
  write<T>(work: () => T): T;
  /** @throws {CrewError} RUN_UNKNOWN. */
  refuseUnknown(runId: string): void;
}

const isOpen = ({ answer }: RecordedQuestion) => answer === undefined;

/** What people have answered to the runs of a store. Nobody needs to hold a run for that. */
export class Answers {
  readonly #desk: AnswerDesk;

  constructor(desk: AnswerDesk) {
    this.#desk = desk;
  }

  /** @throws {CrewError} STORE_CORRUPT naming the first that is not as written. */
  of(runId: string): readonly StoredAnswer[] {
    const { read, statements, file } = this.#desk;
    const { answers, problems } = read(() => readAnswers(statements, runId));
    if (problems[0] !== undefined) throw damaged(file, `run ${runId}, ${problems[0]}`, { runId });
    return answers;
  }

  /** Gives an answer, unless that asking has one: what comes back is the one that counts. @throws {CrewError} RUN_UNKNOWN. */
  give(runId: string, { id, asking }: Pick<StoredAnswer, 'id' | 'asking'>, value: Json): Json {
    const { write, statements, now, refuseUnknown } = this.#desk;
    return write(() => {
      refuseUnknown(runId);
      return writeAnswer(statements, runId, { id, asking, value, at: now() });
    });
  }

  /**
   * What runs that are not done wait for, those begun last first; or why that is not known of one. Only the questions are
   * read of them, and proved to follow the row before, so it takes no longer for large outputs.
   */
  waiting(): readonly WaitingRun[] {
    const { read, statements } = this.#desk;
    return read(() =>
      statements.openEntries.all().flatMap((raw) => {
        const entry = entryFrom(raw);
        return entry === undefined ? [] : [{ runId: entry.runId, crew: entry.crew, ...this.#openOf(entry.runId) }];
      }),
    );
  }

  #openOf(runId: string): Pick<WaitingRun, 'questions' | 'problem'> {
    const { statements, file } = this.#desk;
    const notes: RunRecord[] = [];
    for (const raw of statements.questionRows.all(toColumn(runId))) {
      const [row] = unpackRows(raw);
      const seq = row?.seq ?? 0;
      const before = statements.rowHash.get(toColumn(runId), seq - 1);
      const place = placeIn(runId, seq, before && bytesIn(before, 'hash'));
      const checked = checkRow(row, place, (hash) => blobIn(statements, hash));
      if (checked.problem !== undefined) {
        return { questions: [], problem: damaged(file, `run ${runId}, row ${seq}: ${checked.problem}`, { runId }) };
      }
      const { key, name, value } = checked.row;
      notes.push({ kind: 'note', key, name, value });
    }
    if (notes.length === 0) return { questions: [], problem: undefined };
    const { answers, problems } = readAnswers(statements, runId);
    const problem = problems[0] === undefined ? undefined : damaged(file, `run ${runId}, ${problems[0]}`, { runId });
    return { questions: [...questionsIn(notes, answers).values()].filter(isOpen), problem };
  }

  /** Is another number after another process has written. */
  version(): number | undefined {
    const { statements, file } = this.#desk;
    try {
      const [row] = statements.version.all();
      return row && numberIn(row, 'data_version');
    } catch (thrown) {
      throw storeError(thrown, file, 'STORE_FAILED');
    }
  }
}

/** The answers to a run's questions, and what is wrong with the others. */
export function readAnswers(
  statements: Statements,
  runId: string,
): { readonly answers: readonly StoredAnswer[]; readonly problems: readonly string[] } {
  const answers: StoredAnswer[] = [];
  const problems: string[] = [];
  for (const raw of statements.answers.all(toColumn(runId))) {
    const answer = answerFrom(runId, raw);
    if (answer === undefined) problems.push(`answer to "${textIn(raw, 'id')}": it is not what was written`);
    else answers.push(answer);
  }
  return { answers, problems };
}

/** Inside a transaction. */
function writeAnswer(statements: Statements, runId: string, answer: StoredAnswer): Json {
  const [raw] = statements.answer.all(toColumn(runId), toColumn(answer.id));
  const before = raw && answerFrom(runId, raw);
  if (before?.asking === answer.asking) return before.value;
  const text = JSON.stringify(answer.value);
  const { id, asking, at } = answer;
  const seal = sealOf(runId, answer, text);
  statements.putAnswer.run(toColumn(runId), toColumn(id), toColumn(asking), text, at, seal);
  return answer.value;
}

function answerFrom(runId: string, raw: RawRow): StoredAnswer | undefined {
  const id = textIn(raw, 'id');
  const asking = textIn(raw, 'asking');
  const value = bytesIn(raw, 'value');
  const at = numberIn(raw, 'at');
  if (id === undefined || asking === undefined || value === undefined || at === undefined) return undefined;
  if (!bytesIn(raw, 'seal')?.equals(sealOf(runId, { id, asking, at }, value))) return undefined;
  return { id, asking, at, value: JSON.parse(value.toString()) };
}

function sealOf(
  runId: string,
  { id, asking, at }: Pick<StoredAnswer, 'id' | 'asking' | 'at'>,
  text: string | Uint8Array,
): Buffer {
  return sha256(JSON.stringify([runId, id, asking, at]), text);
}
