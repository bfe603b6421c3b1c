import type { Json } from '../../spec/json.ts';
import type { AskedQuestion, QuestionDesk } from '../../spec/question.ts';
import { refuseOther, unknownQuestion } from '../questions.ts';
import { questionsIn } from '../stored-questions.ts';
import type { Store } from './store.ts';

/** The questions of a run that anybody may work, or nobody: read from the file, and answered there. */
export class StoredDesk implements QuestionDesk {
  readonly runId: string;
  readonly #store: Store;
  /** Takes secrets out of what is written. */
  readonly #clean: (value: Json) => Json;

  constructor(store: Store, runId: string, clean: (value: Json) => Json) {
    this.#store = store;
    this.runId = runId;
    this.#clean = clean;
  }

  async questions(): Promise<readonly AskedQuestion[]> {
    return [...this.#recorded().values()].map(({ asking: _, ...asked }) => asked);
  }

  async answer(id: string, given: Json): Promise<void> {
    const questions = this.#recorded();
    const question = questions.get(id);
    if (question === undefined) throw unknownQuestion(this.runId, id, [...questions.values()]);
    const answer = this.#clean(given);
    refuseOther(this.runId, id, { answer, counts: this.#store.answers.give(this.runId, question, answer) });
  }

  #recorded() {
    const { records, answers } = this.#store.records(this.runId);
    return questionsIn(records, answers);
  }
}
