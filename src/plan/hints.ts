import { didYouMean } from '../internal/suggest.ts';

/** Names compared for all hints together; about 0.2 s of work. */
const COMPARISONS = 200_000;

/** Adds a "did you mean" to a message. */
export type Hint = (name: string, known: ReadonlyMap<string, unknown> | ReadonlySet<string>) => string;

/** Hints that stop before they get slow: 10,000 wrong names among 10,000 tasks would be 10⁸ comparisons. */
export function hints(): Hint {
  let left = COMPARISONS;
  return (name, known) => {
    left -= known.size;
    return left < 0 ? '' : didYouMean(name, known.keys());
  };
}
