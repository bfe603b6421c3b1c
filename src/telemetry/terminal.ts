import type { CrewEvent } from '../events.ts';
import type { Runtime } from '../internal/runtime.ts';
import { cleanText } from './clean.ts';
import { type Colours, NO_COLOURS } from './format.ts';
import { reduce } from './reduce.ts';
import { drawTree } from './tree.ts';
import { emptyTree, type PlannedLine, type TreeState } from './tree-state.ts';
import { textWidth } from './width.ts';

/** The least that the tree needs of a terminal. `columns` and `rows` are read for each frame, so it may be resized. */
export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}

/** What a live tree is made of. */
export interface TerminalTreeOptions {
  readonly screen: Screen;
  readonly runtime: Runtime;
  /** What is known before the run starts; more may turn up in events. @default none */
  readonly tasks?: readonly PlannedLine[];
  /** @default none */
  readonly colours?: Colours;
}

/** At most 12 frames a second: fast enough for a spinner, slow enough for any terminal. */
const FRAME_MS = 84;
/** Longer final trees show what matters and count the rest. */
const FINAL_ROWS = 200;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** A frame is shown in one piece where the terminal knows how; others ignore it. */
const FRAME_BEGIN = '\u001b[?2026h';
const FRAME_END = '\u001b[?2026l';
/** A line that is wider than we think is cut by the terminal instead of breaking the drawing. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
/** A colour that somebody's text left on ends here. */
const PLAIN_STYLE = '\u001b[0m';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * A run as a tree that redraws itself in place. Hides the cursor from `open` to `close`, which leaves the final tree
 * behind as plain lines. Only lines that changed are written, and a frame is one write.
 */
export class TerminalTree {
  readonly #screen: Screen;
  readonly #runtime: Runtime;
  readonly #colours: Colours;
  readonly #state: TreeState;
  #drawn: string[] = [];
  /** What waits to be printed above the tree. */
  #waiting = '';
  #columns = 0;
  #stopTimer: (() => void) | undefined;
  #open = false;
  #held = false;

  constructor(options: TerminalTreeOptions) {
    this.#screen = options.screen;
    this.#runtime = options.runtime;
    this.#colours = options.colours ?? NO_COLOURS;
    this.#state = emptyTree(options.tasks);
  }

  /** Draws the first frame, and from then on about 12 a second. */
  open(): void {
    this.#open = true;
    this.#screen.write(HIDE_CURSOR);
    this.#tick();
  }

  /** Takes in one event. Nothing is written here: the next frame shows it. */
  see(event: CrewEvent): void {
    reduce(this.#state, event);
  }

  /** Prints text above the tree as it is, with the next frame; what has no line end waits for it. */
  print(text: string): void {
    if (this.#open) this.#waiting += text;
    else this.#screen.write(text);
  }

  /** Prints one line of outside text above the tree. */
  say(text: string): void {
    this.print(`${cleanText(text, 'block')}\n`);
  }

  /** Draws the final tree and gives the cursor back. May be called more than once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopTimer?.();
    if (this.#waiting !== '' && !this.#waiting.endsWith('\n')) this.#waiting += '\n';
    // As if nothing had been drawn here: what the user typed meanwhile (^C) goes too.
    this.#columns = 0;
    this.#frame(Math.max(FINAL_ROWS, this.#screen.rows));
    this.#screen.write(SHOW_CURSOR);
  }

  /** Takes the tree away until the function returned is called, so that somebody can be asked something. */
  hold(): () => void {
    if (!this.#open || this.#held) return () => undefined;
    this.#held = true;
    this.#stopTimer?.();
    const above = this.#takeWaiting();
    this.#screen.write(`${this.#toTop()}${CLEAR_BELOW}${WRAP}${above}${PLAIN_STYLE}${SHOW_CURSOR}`);
    this.#drawn = [];
    this.#columns = 0;
    return () => {
      if (!this.#held) return;
      this.#held = false;
      if (!this.#open) return;
      this.#screen.write(HIDE_CURSOR);
      this.#tick();
    };
  }

  #tick(): void {
    this.#frame(this.#screen.rows - 1);
    this.#stopTimer = this.#runtime.timer(FRAME_MS, () => this.#tick());
  }

  #frame(height: number): void {
    const width = this.#screen.columns;
    // One column stays free: in the last one, clearing the rest of the line would take the last character.
    const lines = drawTree(this.#state, { width: width - 1, height, now: this.#runtime.now(), colours: this.#colours });
    const above = this.#takeWaiting();
    const fresh = above !== '' || this.#columns !== width;
    let text = fresh ? `${this.#toTop()}${CLEAR_BELOW}${WRAP}${above}${NO_WRAP}${PLAIN_STYLE}` : this.#toTop();
    let changed = fresh || lines.length !== this.#drawn.length;
    for (const [row, line] of lines.entries()) {
      const same = !fresh && line === this.#drawn[row];
      text += same ? '\n' : `${line}${CLEAR_LINE_END}\n`;
      changed ||= !same;
    }
    if (lines.length < this.#drawn.length) text += CLEAR_BELOW;
    this.#columns = width;
    this.#drawn = lines;
    if (changed) this.#screen.write(`${FRAME_BEGIN}${NO_WRAP}${text}${WRAP}${FRAME_END}`);
  }

  /** The whole lines of what is to stand above the tree. */
  #takeWaiting(): string {
    const end = this.#waiting.lastIndexOf('\n') + 1;
    const text = this.#waiting.slice(0, end);
    this.#waiting = this.#waiting.slice(end);
    return text;
  }

  /** To the first line of the last frame. A terminal made narrower since then has broken its lines in several. */
  #toTop(): string {
    let rows = this.#drawn.length;
    const width = this.#screen.columns;
    if (width < this.#columns) {
      rows = this.#drawn.reduce((sum, line) => sum + linesOf(line, width), 0);
    }
    return rows === 0 ? '' : `\r\u001b[${rows}A`;
  }
}

/** How many rows a drawn line takes on a terminal of this width. */
function linesOf(line: string, width: number): number {
  return Math.max(1, Math.ceil(textWidth(cleanText(line, 'block')) / width));
}
