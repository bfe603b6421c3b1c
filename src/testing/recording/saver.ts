import { resolve } from 'node:path';
import { realRuntime } from '../../internal/runtime.ts';
import type { Writing } from './recording-file.ts';

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

/** The two ways to write a file. */
export interface Target {
  /** While everybody waits. @throws what writing throws. */
  write(): void;
  /** While others work. @throws what opening throws. */
  begin(): Writing;
}

/**
 * Writes a file now and then: at once at first, which shows that it can be written, and then beside other work, once for
 * all that came meanwhile.
 */
export class Saver {
  readonly file: string;
  readonly #target: Target;
  /** Before this, on the clock that never jumps, nothing is written. Undefined before the first time. */
  #notBefore: number | undefined;
  #cancel: (() => void) | undefined;
  #writing: Writing | undefined;
  /** Whether there is more than what is being written. */
  #hasMore = false;
  #failure: unknown;

  constructor(file: string, target: Target) {
    this.file = resolve(file);
    this.#target = target;
  }

  /** Says that there is something new to write. @throws what writing throws, or threw since. */
  changed(): void {
    if (waiting.size === 0) process.on('exit', saveAll);
    waiting.add(this);
    this.#hasMore = true;
    if (this.#failure !== undefined || this.#notBefore === undefined) this.save();
    else this.#beginSoon(this.#notBefore);
  }

  /** Writes what is not written yet, while everybody waits. @throws what writing throws. */
  save(): void {
    if (!waiting.has(this)) return;
    this.#cancel?.();
    this.#cancel = undefined;
    // It has less than there is now, and must not come after it.
    this.#writing?.drop();
    this.#writing = undefined;
    const start = realRuntime.monotonic();
    this.#target.write();
    this.#hasMore = false;
    this.#written(start);
  }

  /** Resolves when everything is written. @throws what writing throws. */
  async saved(): Promise<void> {
    await this.#writing?.done.catch(() => undefined);
    this.save();
  }

  #beginSoon(notBefore: number): void {
    // What is being written looks for more when it has ended.
    if (this.#writing !== undefined) return;
    const left = notBefore - realRuntime.monotonic();
    if (left <= 0) this.#begin();
    else this.#cancel ??= realRuntime.timer(left, () => this.#begin());
  }

  #begin(): void {
    // Its timer may be late: one write at a time.
    this.#cancel?.();
    this.#cancel = undefined;
    const start = realRuntime.monotonic();
    try {
      const writing = this.#target.begin();
      this.#writing = writing;
      this.#hasMore = false;
      writing.done.then(
        () => this.#writing === writing && this.#written(start),
        (error: unknown) => this.#writing === writing && this.#failed(error),
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Told by the next call, which tries again. */
  #failed(error: unknown): void {
    this.#writing = undefined;
    this.#failure = error;
  }

  #written(start: number): void {
    const end = realRuntime.monotonic();
    this.#writing = undefined;
    this.#failure = undefined;
    this.#notBefore = end + Math.max(LEAST_MS, TIMES_AS_LONG * (end - start));
    if (this.#hasMore) {
      this.#beginSoon(this.#notBefore);
      return;
    }
    waiting.delete(this);
    if (waiting.size === 0) process.off('exit', saveAll);
  }
}
