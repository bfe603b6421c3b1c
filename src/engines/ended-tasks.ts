import type { OutcomeLookup, Settled } from '../spec/engine.ts';
import type { TaskOutcome } from '../spec/outcome.ts';

/** What ended with an outcome. */
export type Ended = Extract<Settled, { readonly outcome: TaskOutcome }>;

/** How the tasks of one run ended, in that order, and as many of them by key as somebody has had to look through. */
export class EndedTasks {
  readonly #ended: Settled[] = [];
  readonly #byKey = new Map<string, TaskOutcome>();
  #indexed = 0;

  /** A field, so that it can be handed out as it is. */
  readonly lookup: OutcomeLookup = (key) => {
    for (; this.#indexed < this.#ended.length; this.#indexed += 1) {
      const ended = this.#ended[this.#indexed];
      if (ended?.outcome !== undefined) this.#byKey.set(ended.key, ended.outcome);
    }
    return this.#byKey.get(key);
  };

  add(settled: Settled): void {
    this.#ended.push(settled);
  }
}
