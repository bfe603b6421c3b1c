import { resolve } from 'node:path';
import { realRuntime } from '../../internal/runtime.ts';

/** The least time between two writes, and how many times as long as the last one took: most of the time is left to the run. */
const LEAST_MS = 50;
const TIMES_AS_LONG = 4;

/** Those that have something to write. */
const waiting = new Set<Saver>();

/** Writes what is waiting for this file, so that whoever reads it now finds all. @throws what writing throws. */
export function saveWaiting(file: string): void {
  for (const saver of [...waiting]) if (saver.file === resolve(file)) saver.save();
}

/** A process that ends, also by process.exit, leaves nothing unwritten. */
function saveAll(): void {
  for (const saver of [...waiting]) {
    try {
      saver.save();
    } catch (error) {
      // Nobody is left to throw to.
      process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    }
  }
}

/** Writes a file now and then: at once at first, and then once for all that came meanwhile. */
export class Saver {
  readonly file: string;
  readonly #write: () => void;
  /** Before this, on the clock that never jumps, nothing is written. */
  #notBefore = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;
  #failure: unknown;

  constructor(file: string, write: () => void) {
    this.file = resolve(file);
    this.#write = write;
  }

  /** Says that there is something new to write. @throws what writing throws, or threw since. */
  changed(): void {
    if (waiting.size === 0) process.on('exit', saveAll);
    waiting.add(this);
    const left = this.#notBefore - realRuntime.monotonic();
    if (this.#failure !== undefined || left <= 0) {
      this.save();
      return;
    }
    this.#cancel ??= realRuntime.timer(left, () => {
      try {
        this.save();
      } catch (error) {
        this.#failure = error;
      }
    });
  }

  /** Writes what is not written yet. @throws what writing throws. */
  save(): void {
    if (!waiting.has(this)) return;
    this.#cancel?.();
    this.#cancel = undefined;
    const start = realRuntime.monotonic();
    this.#write();
    const end = realRuntime.monotonic();
    this.#notBefore = end + Math.max(LEAST_MS, TIMES_AS_LONG * (end - start));
    this.#failure = undefined;
    waiting.delete(this);
    if (waiting.size === 0) process.off('exit', saveAll);
  }
}
