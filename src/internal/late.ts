import type { Runtime } from './runtime.ts';

/** Something that may take long. */
export interface Late {
  /** True once it is over: then nobody asks about it again. */
  readonly isOver: boolean;
  /** Told once, when the turn of the event loop is over in which it began, and it is not. */
  onLate(): void;
}

interface Watch {
  readonly runtime: Runtime;
  entries: Late[];
  isSet: boolean;
}

const watches = new WeakMap<Runtime, Watch>();
let last: Watch | undefined;

/**
 * Tells `entry` when it takes longer than this turn of the event loop. What is over by then costs next to nothing: all
 * that begins in one turn shares one timer, where a timer for each would cost more than the rest of a small call.
 */
export function whenLate(runtime: Runtime, entry: Late): void {
  const watch = last?.runtime === runtime ? last : watchOf(runtime);
  watch.entries.push(entry);
  if (watch.isSet) return;
  watch.isSet = true;
  runtime.timer(0, () => look(watch), 'bound');
}

function watchOf(runtime: Runtime): Watch {
  let watch = watches.get(runtime);
  if (watch === undefined) {
    watch = { runtime, entries: [], isSet: false };
    watches.set(runtime, watch);
  }
  last = watch;
  return watch;
}

function look(watch: Watch): void {
  const { entries } = watch;
  watch.entries = [];
  watch.isSet = false;
  for (const entry of entries) if (!entry.isOver) entry.onLate();
}
