import type { Json, JsonObject } from './json.ts';

/** Something that only a person can say. Asked by a run, answered whenever, by whoever can reach it. */
export interface Question {
  /** Unique in the run and the same on every replay; begins with the key of the work that asks, and a slash. */
  readonly id: string;
  readonly taskName: string;
  /** What is asked about. The same question about something else is asked anew: an answer holds for what was seen. */
  readonly about: JsonObject;
}

/** A question as it is kept. */
export interface AskedQuestion extends Question {
  /** When it was first asked, in milliseconds since 1970. */
  readonly askedAt: number;
  /** Undefined while it is open. */
  readonly answer: Json | undefined;
}

/** How a question is asked. */
export interface AskOptions {
  /** Called once it is on record, before anybody here is asked; not where it has its answer already. */
  readonly onAsked?: () => void;
  /** Asks somebody who is here. Whoever answers first, here or elsewhere, counts; the signal is aborted when it was another. */
  readonly here?: ((signal: AbortSignal) => Promise<Json>) | undefined;
  /** The answer that counts when there is no other within so many milliseconds since it was first asked. @default it waits without end */
  readonly timeout?: { readonly ms: number; readonly answer: Json } | undefined;
  /** False: does not wait; undefined comes back while it is open. @default true */
  readonly wait?: boolean;
}

/** Where the questions of one run are seen and answered. */
export interface QuestionDesk {
  readonly runId: string;
  /** All that were asked so far, in that order. */
  questions(): Promise<readonly AskedQuestion[]>;
  /**
   * Resolves once the answer cannot be lost any more. The first answer counts; the same once more changes nothing.
   * @throws {CrewError} `REVIEW_UNKNOWN` for a question that was not asked, `REVIEW_ANSWERED` when it has another answer.
   */
  answer(id: string, answer: Json): Promise<void>;
}
