import type { OutcomeLookup, Program } from '../spec/engine.ts';
import type { FingerprintOf } from '../spec/fingerprint.ts';
import type { Json } from '../spec/json.ts';
import type { Journal } from './journal.ts';

/** What tells the outcomes of one durable run apart, by key of the task. */
export class Fingerprints {
  readonly #program: Program;
  readonly #journal: Journal;
  readonly #outcome: OutcomeLookup;
  readonly #known = new Map<string, string>();
  #of: FingerprintOf | undefined;

  constructor(program: Program, journal: Journal, outcome: OutcomeLookup) {
    this.#program = program;
    this.#journal = journal;
    this.#outcome = outcome;
  }

  /** Works it out for a task that is about to begin; nothing for work that an agent gave to another. */
  begin(key: string, input: Json | undefined): string | undefined {
    const { fingerprints } = this.#program;
    if (fingerprints === undefined || input === undefined || key.includes('/')) return undefined;
    this.#of ??= fingerprints({
      input,
      outcome: this.#outcome,
      digest: (text) => this.#journal.digest(text),
    });
    const fingerprint = this.#of(key);
    this.#known.set(key, fingerprint);
    return fingerprint;
  }

  /** Another process has worked it out. */
  know(key: string, fingerprint: string): void {
    this.#known.set(key, fingerprint);
  }

  /** That of a task that has begun. */
  of(key: string): string | undefined {
    return this.#known.get(key);
  }
}
