import type { Runtime } from '../../internal/runtime.ts';
import type { Json } from '../../spec/json.ts';
import type { AnswerListener } from '../journal.ts';
import type { AnswerBox } from '../records.ts';
import type { StoredAnswer } from './answers.ts';
import type { Store } from './store.ts';

/** How soon an answer that another process has written is seen. */
const LOOK_MS = 250;

/**
 * The answers to what the runs of a store ask, whoever gives them. Those that other processes write are looked for while
 * anybody of this one waits for any, with one timer for all runs.
 */
export class Mailbox implements AnswerBox {
  readonly store: Store;
  readonly #runtime: Runtime;
  readonly #listeners = new Map<string, AnswerListener>();
  #cancelTimer: (() => void) | undefined;
  /** Changes when another connection has written; what this one writes is known here. */
  #version: number | undefined;

  constructor(store: Store, runtime: Runtime) {
    this.store = store;
    this.#runtime = runtime;
  }

  answersOf(runId: string): readonly StoredAnswer[] {
    return this.store.answers.of(runId);
  }

  /** Gives an answer, unless that asking has one: what comes back is the one that counts. */
  answer(runId: string, question: Pick<StoredAnswer, 'id' | 'asking'>, answer: Json): Json {
    return this.store.answers.give(runId, question, answer);
  }

  watch(runId: string, listener: AnswerListener): () => void {
    this.#listeners.set(runId, listener);
    // What came before anybody looked is looked for once.
    this.#version = undefined;
    this.#cancelTimer ??= this.#next();
    return () => {
      this.#listeners.delete(runId);
      if (this.#listeners.size > 0) return;
      this.#cancelTimer?.();
      this.#cancelTimer = undefined;
    };
  }

  #next(): () => void {
    const look = () => {
      this.#look();
      this.#cancelTimer = this.#listeners.size > 0 ? this.#next() : undefined;
    };
    return this.#runtime.timer(LOOK_MS, look);
  }

  #look(): void {
    const listeners = [...this.#listeners];
    try {
      if (!this.#isNews()) return;
      for (const [runId, listener] of listeners) {
        for (const { id, asking, value } of this.answersOf(runId)) listener.answered(id, asking, value);
      }
    } catch (error) {
      for (const [, listener] of listeners) listener.failed(error);
    }
  }

  /** Whether anything was written since the last look. */
  #isNews(): boolean {
    const version = this.store.answers.version();
    if (version !== undefined && version === this.#version) return false;
    this.#version = version;
    return true;
  }
}
