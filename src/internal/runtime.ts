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
  /**
   * Calls `onBlocked` when the event loop was held up for a second or more, with how long, until the function returned is
   * called. A clock that moves only when it is told to has no such thing.
   */
  watchLoop?(onBlocked: (ms: number) => void): () => void;
  /**
   * Told of work that goes on outside of this clock, such as in a database: a test's clock stands still until it has
   * settled. The real one does not.
   */
  outside?(work: Promise<unknown>): void;
}

/** Node fires a longer timer at once. https://nodejs.org/api/timers.html#settimeoutcallback-delay-args */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How often the event loop is looked at while somebody wants to know, and what counts as held up. */
const LOOK_MS = 500;
const BLOCKED_MS = 1_000;

const watchers = new Set<(ms: number) => void>();
let looking: NodeJS.Timeout | undefined;

function watchLoop(onBlocked: (ms: number) => void): () => void {
  watchers.add(onBlocked);
  looking ??= lookAround();
  return () => watchers.delete(onBlocked);
}

function lookAround(): NodeJS.Timeout {
  let last = performance.now();
  const look = () => {
    // Stopping later than the last who watched costs less than starting for each.
    if (watchers.size === 0) {
      clearInterval(looking);
      looking = undefined;
      return;
    }
    const now = performance.now();
    const late = now - last - LOOK_MS;
    last = now;
    if (late >= BLOCKED_MS) for (const watcher of [...watchers]) watcher(late);
  };
  // It only watches: a process with nothing else to do may end.
  return setInterval(look, LOOK_MS).unref();
}

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
  watchLoop,
});
