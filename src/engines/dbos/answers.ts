import type { Json } from '../../spec/json.ts';
import type { AskedQuestion, QuestionDesk } from '../../spec/question.ts';
import type { AnswerListener, RecordedQuestion } from '../journal.ts';
import { refuseOther, unknownQuestion } from '../questions.ts';
import type { AnswerBox, GivenAnswer } from '../records.ts';
import { questionsIn } from '../stored-questions.ts';
import { clean } from '../written-run.ts';
import type { Postgres } from './postgres.ts';
import { answersOfRun, questionsOfRun } from './run-rows.ts';
import type { Writer } from './writer.ts';

/** What answers need of their process. */
export interface AnswerParts {
  readonly database: Postgres;
  readonly writer: Writer;
  lasting<T>(read: () => Promise<T>): Promise<T>;
}

/** The answers to what runs ask people, whichever process they are given in. */
export class Answers implements AnswerBox {
  readonly #parts: AnswerParts;
  readonly #listeners = new Map<string, AnswerListener>();

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  async answer(runId: string, { id, asking }: Pick<GivenAnswer, 'id' | 'asking'>, value: Json): Promise<Json> {
    const { writer } = this.#parts;
    // Of no stretch: an answer counts for as long as its question is the same.
    const recorded = writer.record({ kind: 'answer', runId, stretch: 0, key: id, name: asking, value });
    const [other] = await Promise.all([recorded, writer.notify(['answer', runId])]);
    return other ?? value;
  }

  watch(runId: string, listener: AnswerListener): () => void {
    this.#listeners.set(runId, listener);
    this.look(runId);
    return () => {
      // The run's next stretch may watch already.
      if (this.#listeners.get(runId) === listener) this.#listeners.delete(runId);
    };
  }

  /** There may be news for whoever waits: in this run, or in any. */
  look(runId?: string): void {
    for (const [id, listener] of this.#listeners)
      if (runId === undefined || runId === id) void this.#tell(id, listener);
  }

  async #tell(runId: string, listener: AnswerListener): Promise<void> {
    try {
      const answers = await this.#parts.lasting(() => answersOfRun(this.#parts.database, runId));
      for (const { id, asking, value } of answers) listener.answered(id, asking, value);
    } catch (error) {
      listener.failed(error);
    }
  }
}

/** The questions of a run, whoever works it. */
export class PostgresDesk implements QuestionDesk {
  readonly runId: string;
  readonly #parts: AnswerParts;
  readonly #answers: Answers;

  constructor(runId: string, parts: AnswerParts, answers: Answers) {
    this.runId = runId;
    this.#parts = parts;
    this.#answers = answers;
  }

  async questions(): Promise<readonly AskedQuestion[]> {
    return [...(await this.#recorded()).values()].map(({ asking: _, ...asked }) => asked);
  }

  async answer(id: string, given: Json): Promise<void> {
    const questions = await this.#recorded();
    const question = questions.get(id);
    if (question === undefined) throw unknownQuestion(this.runId, id, [...questions.values()]);
    const answer = clean(given);
    refuseOther(this.runId, id, { answer, counts: await this.#answers.answer(this.runId, question, answer) });
  }

  #recorded(): Promise<ReadonlyMap<string, RecordedQuestion>> {
    const { database } = this.#parts;
    return this.#parts.lasting(async () => {
      const [notes, answers] = [await questionsOfRun(database, this.runId), await answersOfRun(database, this.runId)];
      return questionsIn(notes, answers);
    });
  }
}
