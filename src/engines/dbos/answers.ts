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

/** A run whose answers somebody here waits for. */
interface Watched {
  readonly listener: AnswerListener;
  /** Questions whose answers are to be read; `all` of the run's, where some may have been missed. */
  readonly ids: Set<string>;
  all: boolean;
  looking: boolean;
}

/** The answers to what runs ask people, whichever process they are given in. */
export class Answers implements AnswerBox {
  readonly #parts: AnswerParts;
  readonly #watched = new Map<string, Watched>();

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  async answer(runId: string, { id, asking }: Pick<GivenAnswer, 'id' | 'asking'>, value: Json): Promise<Json> {
    const { writer } = this.#parts;
    // Of no stretch: an answer counts for as long as its question is the same.
    const recorded = writer.record({ kind: 'answer', runId, stretch: 0, key: id, name: asking, value });
    const [other] = await Promise.all([recorded, writer.notify(['answer', runId, id])]);
    return other ?? value;
  }

  watch(runId: string, listener: AnswerListener): () => void {
    const watched: Watched = { listener, ids: new Set(), all: true, looking: false };
    this.#watched.set(runId, watched);
    void this.#tell(runId, watched);
    return () => {
      // The run's next stretch may watch already.
      if (this.#watched.get(runId) === watched) this.#watched.delete(runId);
    };
  }

  /** A question of a run was answered: whoever waits for that hears of it. */
  heard(runId: string, id: string): void {
    const watched = this.#watched.get(runId);
    if (watched === undefined) return;
    watched.ids.add(id);
    void this.#tell(runId, watched);
  }

  /** Answers may have been missed, in any run. */
  lookAfterAll(): void {
    for (const [runId, watched] of this.#watched) {
      watched.all = true;
      void this.#tell(runId, watched);
    }
  }

  /** One look at a time for each run: what is asked for meanwhile is read together. */
  async #tell(runId: string, watched: Watched): Promise<void> {
    if (watched.looking) return;
    watched.looking = true;
    try {
      while (watched.all || watched.ids.size > 0) await this.#read(runId, watched);
    } catch (error) {
      watched.listener.failed(error);
    } finally {
      watched.looking = false;
    }
  }

  async #read(runId: string, watched: Watched): Promise<void> {
    const ids = watched.all ? undefined : [...watched.ids];
    watched.all = false;
    watched.ids.clear();
    const answers = await this.#parts.lasting(() => answersOfRun(this.#parts.database, runId, ids));
    for (const { id, asking, value } of answers) watched.listener.answered(id, asking, value);
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
    const question = (await this.#recorded(id)).get(id);
    if (question === undefined) throw unknownQuestion(this.runId, id, [...(await this.#recorded()).values()]);
    const answer = clean(given);
    refuseOther(this.runId, id, { answer, counts: await this.#answers.answer(this.runId, question, answer) });
  }

  /** All questions, or only what there is to that one. */
  #recorded(id?: string): Promise<ReadonlyMap<string, RecordedQuestion>> {
    const { database } = this.#parts;
    return this.#parts.lasting(async () => {
      const notes = await questionsOfRun(database, this.runId, id);
      return questionsIn(notes, await answersOfRun(database, this.runId, id === undefined ? undefined : [id]));
    });
  }
}
