import type { Json } from '../spec/json.ts';
import type { CallCost } from '../spec/limits.ts';
import type { RunResult, TaskOutcome } from '../spec/outcome.ts';
import type { AskedQuestion } from '../spec/question.ts';
import type { Once } from '../spec/step.ts';
import type { Usage } from '../usage.ts';

/** What a step came to in an earlier stretch of its run. */
export type RecordedStep =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly thrown: unknown };

/** A value that somebody was told of. */
export interface RecordedSignal {
  readonly topic: string;
  readonly value: Json;
  readonly key: string;
}

/** A question that was asked, and what was answered. */
export interface RecordedQuestion extends AskedQuestion {
  /** Tells one asking of it from another: an answer is one to a certain asking. */
  readonly asking: string;
}

/** What answers from elsewhere are told to. */
export interface AnswerListener {
  answered(id: string, asking: string, answer: Json): void;
  /** They cannot be read any more. */
  failed(error: unknown): void;
}

/**
 * Where a durable run writes what it must not lose, and what earlier stretches of it have written. A write resolves once
 * it cannot be lost any more, and nothing is built on it before. A run in memory has none.
 * @throws {CrewError} from every write: `STORE_WRITE`, `RUN_LOCKED`. Then the run ends, and can be resumed.
 */
export interface Journal {
  /** Undefined for a step that has to be done. */
  stepOf(key: string, name: string): RecordedStep | undefined;
  /** How a task or piece of delegated work ended; undefined when it has to go on. */
  outcomeOf(key: string): TaskOutcome | undefined;
  /** What is known of a step that may not be done twice. */
  onceFor(key: string, step: string): Once;
  /** How often a task was begun by processes that ended before it came any further. */
  triesOf(key: string): number;
  /** A task is begun. Undefined where nobody has to wait for that: it was never begun before. */
  recordTry(key: string): Promise<void> | undefined;
  /** A task was stopped, or waits for a person: if its process ends now, that is not the task's doing. */
  recordStopped(key: string): void;
  /** What was used for a task that is begun anew. */
  usedBefore(key: string): Usage | undefined;
  /** In the order they came. */
  readonly signals: readonly RecordedSignal[];
  /** In the order they were asked. */
  readonly questions: readonly RecordedQuestion[];
  /** What each budget of the run has paid already. */
  spentOf(budget: string): readonly CallCost[];
  /** Resolves with what counts: where another process had recorded the step before, that. */
  recordStep(key: string, name: string, step: RecordedStep): Promise<RecordedStep>;
  /** The same for how a task ended. */
  recordOutcome(key: string, outcome: TaskOutcome, fingerprint?: string): Promise<TaskOutcome>;
  /** The outcome that an earlier run has of a task with this fingerprint; undefined for one that has to be worked. */
  takeOver(key: string, fingerprint: string): TaskOutcome | undefined;
  /** A short text for a long one, another one for each. */
  digest(text: string): string;
  recordSignal(signal: RecordedSignal): Promise<void>;
  recordQuestion(question: RecordedQuestion): Promise<void>;
  /** Gives an answer, unless there is one: what comes back is the one that counts. */
  answer(question: RecordedQuestion, answer: Json): Promise<Json>;
  /** Tells of answers that other processes give, soon after they do, until the function returned is called. */
  watchAnswers(listener: AnswerListener): () => void;
  recordSpent(budget: string, cost: CallCost): void;
  /** The run is over, or paused. */
  recordEnd(result: RunResult): Promise<void>;
}
