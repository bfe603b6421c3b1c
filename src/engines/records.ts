import type { Json } from '../spec/json.ts';
import type { TaskOutcome } from '../spec/outcome.ts';
import type { AnswerListener } from './journal.ts';

/** What a durable run writes of itself. */
export type RecordKind = 'step' | 'task' | 'signal' | 'note';

/** What a run must not lose. */
export interface RunRecord {
  readonly kind: RecordKind;
  /** Whose: the key of the piece of work. */
  readonly key: string;
  /** What of it: the name of the step. */
  readonly name: string;
  readonly value: Json;
}

/** A record as a store gives it back, which may hold others beside those of the run itself. */
export interface StoredRecord extends Omit<RunRecord, 'kind'> {
  readonly kind: string;
}

/** Where the records of one run go. Everything resolves once it cannot be lost any more. */
export interface RunLog {
  readonly runId: string;
  /** Resolves with the value that counts where another process had recorded the same before; a note is never the same. */
  append(record: RunRecord): Promise<Json | undefined>;
  /** The run is over, or paused. */
  end(status: string, result: Json): Promise<void>;
}

/** What somebody answered to one asking of a question. */
export interface GivenAnswer {
  /** The question's, which is unique in its run. */
  readonly id: string;
  /** Which asking of it was answered: one that is asked anew is open again. */
  readonly asking: string;
  readonly value: Json;
}

/** Where answers to what runs ask come in, whoever gives them. */
export interface AnswerBox {
  /** Gives an answer, unless that asking has one: what comes back is the one that counts. */
  answer(runId: string, question: Pick<GivenAnswer, 'id' | 'asking'>, answer: Json): Json | Promise<Json>;
  /** Tells of those that come from elsewhere, until the function returned is called. */
  watch(runId: string, listener: AnswerListener): () => void;
}

/** An earlier run whose outcomes may serve another. */
export interface OutcomeSource {
  /** What another run would have of a task; undefined where it was worked from something else. */
  outcomeOf(key: string, fingerprint: string): TaskOutcome | undefined;
}
