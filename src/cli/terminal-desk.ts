import { createInterface } from 'node:readline';
import type { Progress } from './progress.ts';
import type { Session } from './session.ts';

/** What was typed before a question is no answer to it: so long is thrown away what comes in. */
const DEAF_MS = 100;

/** Where somebody at the terminal is asked, one question at a time, the progress standing still meanwhile. */
export interface TerminalDesk {
  /** Waits for its turn, then lets `work` ask; what it resolves to is the answer. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Shows a text and gives the next line that is typed after it; undefined when the terminal is gone, or when nobody waits
   * for an answer any more. The terminal stays in its line mode, so that Ctrl-C is what it always is.
   */
  line(text: string, signal: AbortSignal): Promise<string | undefined>;
  /** Resolves when nobody asks anything any more: an editor whose question is over has to end first. */
  idle(): Promise<void>;
}

/** Undefined where input or standard error is no terminal: nobody is there. */
export function terminalDesk(session: Session, progress: Progress): TerminalDesk | undefined {
  const { stdin, stderr } = session;
  if (stdin.isTTY !== true || !stderr.isTerminal) return undefined;
  let last: Promise<unknown> = Promise.resolve();
  return {
    hold(work) {
      const held = last.then(async () => {
        const resume = progress.hold();
        try {
          return await work();
        } finally {
          resume();
        }
      });
      last = held.catch(() => undefined);
      return held;
    },
    async idle() {
      await last;
    },
    async line(text, signal) {
      const next = nextLine(session, signal);
      await new Promise((resolve) => setTimeout(resolve, DEAF_MS));
      stderr.write(text);
      const typed = await next();
      if (typed === undefined) stderr.write('\n');
      return typed;
    },
  };
}

/** Listens from now on; what is returned gives the next line that is typed from when it is called. */
function nextLine({ stdin }: Session, signal: AbortSignal): () => Promise<string | undefined> {
  const lines = createInterface({ input: stdin, terminal: false });
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
  // A terminal that was closed is no reason to end the run.
  const gone = (): void => lines.close();
  stdin.once('error', gone);
  signal.addEventListener('abort', gone);
  if (signal.aborted || stdin.readableEnded || stdin.destroyed) gone();
  return async () => {
    try {
      return await Promise.race([closed, new Promise<string>((resolve) => lines.once('line', resolve))]);
    } finally {
      signal.removeEventListener('abort', gone);
      stdin.off('error', gone);
      lines.close();
      stdin.pause();
    }
  };
}
