/** Where time, randomness and ids come from, so that a test can replace them. */
export interface Runtime {
  /** Milliseconds since 1970. For telling, never for measuring. */
  now(): number;
  /** Milliseconds on a clock that never jumps. */
  monotonic(): number;
  /** At least 0, below 1. */
  random(): number;
  uuid(): string;
  /**
   * Calls `fn` once after `ms` milliseconds; the function returned cancels it. A `bound` only puts an end to what should
   * end by itself, such as an answer: a test's clock lets the outside go first.
   */
  timer(ms: number, fn: () => void, kind?: 'bound'): () => void;
}

/** Node fires a longer timer at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The real clock, and the real randomness. */
export const realRuntime: Runtime = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
  timer: (ms: number, fn: () => void) => {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
});
