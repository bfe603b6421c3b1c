import type { Json } from '../spec/json.ts';
import type { RecordedSignal } from './journal.ts';

/** What a wait gets of a signal. */
type Delivered = Pick<RecordedSignal, 'topic' | 'value'>;

/** The signals of one run that nobody has taken yet, and who waits for one. */
export class Signals {
  readonly #suspended = new Map<string, () => void>();
  readonly #open: Delivered[] = [];
  readonly #keys = new Set<string>();
  readonly #watchers = new Set<() => void>();

  /** Whether a signal of this key was delivered. */
  has(key: string): boolean {
    return this.#keys.has(key);
  }

  deliver(topic: string, value: Json, key: string): void {
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#open.push({ topic, value });
    const resume = this.#suspended.get(topic);
    this.#suspended.delete(topic);
    resume?.();
    for (const watcher of this.#watchers) watcher();
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** Hands out the signals of these topics, each once. */
  take(topics: readonly string[]): Delivered[] {
    const taken = this.#open.filter((entry) => topics.includes(entry.topic));
    for (const entry of taken) this.#open.splice(this.#open.indexOf(entry), 1);
    return taken;
  }

  /** Ends also when `onAbort` calls back, as it does once the task is aborted, which then learns of that from its first step or wait. */
  until(topic: string, onAbort: (fn: () => void) => () => void): Promise<void> {
    if (this.#open.some((entry) => entry.topic === topic)) return Promise.resolve();
    return new Promise((resolve) => {
      const others = this.#suspended.get(topic);
      const unlisten = onAbort(resolve);
      this.#suspended.set(topic, () => {
        others?.();
        unlisten();
        resolve();
      });
    });
  }
}
