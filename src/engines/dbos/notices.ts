import { isObject, parseJson } from '../../internal/json.ts';
import { realRuntime } from '../../internal/runtime.ts';
import type { Postgres } from './postgres.ts';
import type { Notice } from './writer.ts';

/** Looks that nobody asked for come after so many polls of the queues: notices are rarely lost. */
const POLLS_PER_LOOK = 5;

/** What other processes say has changed. A notice may be lost, so whoever waits for one also looks from time to time. */
export class Notices {
  readonly #database: Postgres;
  readonly #lookMs: number;
  readonly #listeners = new Map<string, Set<(about: string, detail: string) => void>>();
  readonly #onMissed = new Set<() => void>();
  #stop: () => void = () => {};
  #over = false;

  constructor(database: Postgres, pollMs: number) {
    this.#database = database;
    this.#lookMs = pollMs * POLLS_PER_LOOK;
  }

  async begin(): Promise<void> {
    await this.#database.listen(
      (payload) => this.#hear(payload),
      () => this.#missed(),
    );
    this.#look();
  }

  end(): void {
    this.#over = true;
    this.#stop();
  }

  on(kind: Notice[0], listener: (about: string, detail: string) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Called when something may have been missed, and from time to time. */
  onMissed(listener: () => void): () => void {
    this.#onMissed.add(listener);
    return () => this.#onMissed.delete(listener);
  }

  #look(): void {
    this.#stop = realRuntime.timer(this.#lookMs, () => {
      this.#missed();
      if (!this.#over) this.#look();
    });
  }

  #missed(): void {
    if (this.#over) return;
    for (const listener of [...this.#onMissed]) listener();
  }

  #hear(payload: string): void {
    const parsed = parseJson(payload);
    if (!parsed.ok || !Array.isArray(parsed.value) || this.#over) return;
    const [kind, about, detail] = parsed.value.map((part) => (isObject(part) ? '' : String(part)));
    for (const listener of [...(this.#listeners.get(kind ?? '') ?? [])]) listener(about ?? '', detail ?? '');
  }
}
