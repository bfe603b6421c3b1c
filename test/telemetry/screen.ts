import type { Runtime } from '../../src/internal/runtime.ts';
import { realRuntime } from '../../src/internal/runtime.ts';

const ESC = '\u001b';
const TOKENS = new RegExp(`${ESC}\\[(\\??)(\\d*)([A-Za-z])|([\\r\\n])|([^${ESC}\\r\\n]+)`, 'g');

/** As much of a terminal as the tree uses: lines, a cursor, and the sequences that move it and clear. */
export class FakeScreen {
  columns = 80;
  rows = 20;
  cursorShown = true;
  wraps = true;
  readonly writes: string[] = [];
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  write(text: string): void {
    this.writes.push(text);
    const tokens = text.matchAll(TOKENS);
    for (const [, mode = '', count = '', final = '', control = '', shown = ''] of tokens) {
      if (shown !== '') this.#print(shown);
      else if (control === '\r') this.#column = 0;
      else if (control === '\n') this.#newLine();
      else if (mode === '?') this.#switch(count, final === 'h');
      else this.#obey(final, Number(count === '' ? 1 : count));
    }
  }

  /** What a person sees, without empty lines at the end. */
  get text(): string {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  #print(shown: string): void {
    const line = this.#lines[this.#row] ?? '';
    this.#lines[this.#row] =
      line.slice(0, this.#column).padEnd(this.#column) + shown + line.slice(this.#column + shown.length);
    this.#column += shown.length;
  }

  #newLine(): void {
    this.#row += 1;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push('');
  }

  #switch(mode: string, on: boolean): void {
    if (mode === '25') this.cursorShown = on;
    if (mode === '7') this.wraps = on;
  }

  #obey(final: string, count: number): void {
    const line = this.#lines[this.#row] ?? '';
    if (final === 'A') this.#row = Math.max(0, this.#row - count);
    if (final === 'K') this.#lines[this.#row] = line.slice(0, this.#column);
    if (final === 'J') this.#lines.splice(this.#row, this.#lines.length, line.slice(0, this.#column));
  }
}

/** A runtime whose clock and timers move only when told to. */
export function heldRuntime(): Runtime & { advance(ms: number): void } {
  let now = 1000;
  let timers: { at: number; fn: () => void }[] = [];
  return {
    ...realRuntime,
    now: () => now,
    monotonic: () => now,
    timer(ms, fn) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        now = next.at;
        next.fn();
      }
      now = end;
    },
  };
}
