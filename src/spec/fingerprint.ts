import type { Json } from './json.ts';
import type { TaskOutcome } from './outcome.ts';

/** A digest of all that the outcome of a task follows from. Asked once all that it waits for has ended. */
export type FingerprintOf = (key: string) => string;

/** What fingerprints of one run are made from. */
export interface FingerprintSource {
  /** What each task is spawned with. */
  readonly input: Json;
  /** How a task of the run ended; undefined when it has not. */
  readonly outcome: (key: string) => TaskOutcome | undefined;
  /** A short text for a long one, another one for each. */
  digest(text: string): string;
}
