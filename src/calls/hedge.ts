import { CrewError } from '../errors.ts';
import { admitNow } from './admit.ts';
import { Attempt } from './attempt.ts';
import { type ModelAnswer, placeOf } from './call-site.ts';
import { refusalOf } from './run-waits.ts';

/** Fewer durations say too little of what is usual; more than these are long ago. */
const FEWEST_DURATIONS = 20;
const MOST_DURATIONS = 200;

/** How long calls of one hedged model took, and from when on a second attempt is made. */
export class Hedge {
  readonly #percentile: number;
  readonly #durations: number[] = [];
  #next = 0;

  /** `percentile`: above 0, below 100. */
  constructor(percentile: number) {
    this.#percentile = percentile;
  }

  add(durationMs: number): void {
    this.#durations[this.#next] = durationMs;
    this.#next = (this.#next + 1) % MOST_DURATIONS;
  }

  /** That percentile of the durations, by nearest rank; undefined while too few are known. */
  get afterMs(): number | undefined {
    const count = this.#durations.length;
    if (count < FEWEST_DURATIONS) return undefined;
    const rank = Math.ceil((this.#percentile / 100) * count);
    return [...this.#durations].sort((a, b) => a - b)[Math.max(0, rank - 1)];
  }
}

/**
 * Makes an attempt, and a second beside it when the first takes longer than is usual. The first answer is taken; the other
 * attempt is aborted, and counted. No second one is made where it would have to wait for its lane (then calls are slow
 * because there are many), nor where the budget does not allow it.
 * @throws {CrewError} what the first failed of, once both have.
 */
export async function tryHedged(first: Attempt, hedge: Hedge): Promise<ModelAnswer> {
  const { call, model } = first;
  const { runtime } = call.ctx;
  const { afterMs } = hedge;
  const running = first.run();
  if (afterMs === undefined) {
    const answer = await running;
    hedge.add(runtime.monotonic() - first.startedAt);
    return answer;
  }
  return new Promise((resolve, reject) => {
    let second: Attempt | undefined;
    const win = (winner: Attempt, loser: Attempt | undefined) => (answer: ModelAnswer) => {
      cancel();
      const now = runtime.monotonic();
      // Of a first attempt that lost it is known that it took at least so long.
      hedge.add(now - first.startedAt);
      if (winner === second) hedge.add(now - winner.startedAt);
      loser?.leave(new CrewError('CANCELLED', 'Another attempt answered first.', placeOf(call)));
      resolve(answer);
    };
    const lose = () => {
      cancel();
      if (first.failure !== undefined && (second === undefined || second.failure !== undefined)) reject(first.failure);
    };
    const begin = () => {
      // Not after a cancellation, which the first may take a while to heed, nor of an account that was found empty meanwhile.
      const admission = refusalOf(call, model) === undefined ? admitNow(call, model) : undefined;
      if (admission === undefined) return;
      second = new Attempt(call, model, admission);
      second.run().then(win(second, first), lose);
    };
    const cancel = runtime.timer(afterMs, begin, 'bound');
    running.then((answer) => win(first, second)(answer), lose);
  });
}
