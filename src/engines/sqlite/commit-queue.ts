import type { CrewError } from '../../errors.ts';
import type { Statements } from './statements.ts';

/** What one run writes together. */
export interface Batch {
  /** Inside the transaction. Answers with why it wrote nothing; what it throws undoes the whole transaction. */
  write(): CrewError | undefined;
  /** Once it is known whether it is there for good. */
  settle(error: CrewError | undefined): void;
}

/** Commits what all runs of a store add in one tick in one transaction: a commit waits for the disk, however small it is. */
export class CommitQueue {
  readonly #statements: Statements;
  readonly #failure: (thrown: unknown) => CrewError;
  #batches: Batch[] = [];

  /** `failure` makes the error that is told when a transaction fails. */
  constructor(statements: Statements, failure: (thrown: unknown) => CrewError) {
    this.#statements = statements;
    this.#failure = failure;
  }

  add(batch: Batch): void {
    this.#batches.push(batch);
    if (this.#batches.length > 1) return;
    // After all microtasks of this tick, and so after whatever they add; before any timer, input or output.
    queueMicrotask(() => process.nextTick(() => this.flush()));
  }

  /** Commits what was added so far, now. */
  flush(): void {
    const batches = this.#batches;
    if (batches.length === 0) return;
    this.#batches = [];
    let outcomes: readonly (CrewError | undefined)[];
    try {
      outcomes = this.transaction(() => batches.map((batch) => batch.write()));
    } catch (thrown) {
      const error = this.#failure(thrown);
      outcomes = batches.map(() => error);
    }
    for (const [index, batch] of batches.entries()) batch.settle(outcomes[index]);
  }

  /** All that `work` writes, or nothing of it. */
  transaction<T>(work: () => T): T {
    const { begin, commit } = this.#statements;
    begin.run();
    try {
      const result = work();
      commit.run();
      return result;
    } catch (thrown) {
      undo(this.#statements);
      throw thrown;
    }
  }
}

/** Ends a transaction as if it had not been. */
export function undo({ rollback }: Statements): void {
  try {
    rollback.run();
  } catch {
    // After some failures, such as a full disk, SQLite has done so itself.
  }
}
