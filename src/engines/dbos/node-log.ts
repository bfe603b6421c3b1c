import type { LogEntry } from '../../spec/service.ts';

/** Hears what is logged. */
export type LogListener = (entry: LogEntry) => void;

/** What is told before anybody listens is kept for whoever comes first, so much of it. */
const MOST_UNHEARD = 100;

/** What concerns this process rather than one of its runs: told to everybody here who would like to know. */
export class NodeLog {
  readonly #listeners = new Set<LogListener>();
  readonly #unheard: LogEntry[] = [];

  /** The same listener hears each entry once, however often it is added. @returns how to stop it. */
  listen(listener: LogListener): () => void {
    this.#listeners.add(listener);
    for (const entry of this.#unheard.splice(0)) listener(entry);
    return () => this.#listeners.delete(listener);
  }

  tell(level: LogEntry['level'], message: string): void {
    const entry = { level, message };
    if (this.#listeners.size === 0 && this.#unheard.length < MOST_UNHEARD) this.#unheard.push(entry);
    for (const listener of this.#listeners) listener(entry);
  }
}
