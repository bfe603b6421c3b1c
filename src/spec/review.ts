/** What a question about a task's output, or a tool call, is called: `research/review.1`, `research/turn.1.tool.0`. */
export type QuestionId = `${string}/${string}`;

/** What a person says of what a task made: fine, better like this, or to be done again and why. */
export type ReviewAnswer<Output = unknown> =
  | { readonly approve: true }
  | { readonly edit: Output }
  | { readonly sendBack: string };

/** What a person says of a tool call that needs a yes: yes, or no with a reason that the model is told. */
export type CallAnswer = { readonly approve: true } | { readonly sendBack: string };

/** A task that waits for a person to look at its output. */
export interface ReviewRequest {
  /** What `run.answer` and `crew.answer` take as well as the task's name: `research/review.1`. */
  readonly id: QuestionId;
  readonly runId: string;
  readonly taskName: string;
  /** Who made it; null for code. */
  readonly agent: string | null;
  /** The task's own words for what to look at; undefined when it has none. */
  readonly question: string | undefined;
  /** What the output is going to be, and the same as text. */
  readonly output: unknown;
  readonly raw: string;
  /** What is wrong with the edit that was given before; undefined when there was none. */
  readonly problem: string | undefined;
  /** Aborted when the answer is not waited for any more: the run was cancelled, or somebody else has answered. */
  readonly signal: AbortSignal;
}

/** Answers for whoever is there to look. What it throws fails the task. */
export type Review = (request: ReviewRequest) => ReviewAnswer | Promise<ReviewAnswer>;

/** What a run waits for somebody to say. */
export type OpenReview = {
  /** What `run.answer` and `crew.answer` take. */
  readonly id: QuestionId;
  readonly taskName: string;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
} & (
  | ({ readonly kind: 'output' } & Omit<ReviewSubject, 'kind'>)
  | ({ readonly kind: 'tool' } & Omit<CallSubject, 'kind'>)
);

/** What a question about an output holds. */
export interface ReviewSubject {
  readonly kind: 'output';
  readonly agent: string | null;
  readonly question: string | null;
  readonly output: unknown;
  readonly raw: string;
  readonly problem: string | null;
}

/** What a question about a tool call holds. */
export interface CallSubject {
  readonly kind: 'tool';
  readonly agent: string;
  readonly tool: string;
  /** The arguments as JSON. */
  readonly arguments: string;
  readonly risk: string;
}
