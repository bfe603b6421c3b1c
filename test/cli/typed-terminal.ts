import { PassThrough } from 'node:stream';
import { expect, vi } from 'vitest';
import { Output } from '../../src/cli/output.ts';
import type { Session } from '../../src/cli/session.ts';
import { terminalDesk } from '../../src/cli/terminal-desk.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';

/** A terminal under a test's control: what is typed, what is seen, and how often the progress is held up. */
export function typedTerminal({ isTTY = true, env = {} }: { readonly isTTY?: boolean; readonly env?: object } = {}) {
  const typed = Object.assign(new PassThrough(), { isTTY });
  const shown = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let seen = '';
  shown.on('data', (text) => {
    seen += String(text);
  });
  const stderr = Reflect.construct(Output, [shown]);
  const session: Session = Object.assign(Object.create(null), {
    stdin: typed,
    stdout: stderr,
    stderr,
    colours: { stdout: NO_COLOURS, stderr: NO_COLOURS },
    env,
    cwd: '/',
    debug: false,
  });
  let holds = 0;
  const progress = {
    types: [],
    see: () => undefined,
    say: () => undefined,
    close: () => undefined,
    hold: () => {
      holds += 1;
      return () => {
        holds -= 1;
      };
    },
  };
  return {
    session,
    /** Undefined where nobody can type. */
    desk: terminalDesk(session, progress),
    redact: (text: string) => text.replaceAll('s3cret', '[secret]'),
    /** Once that has been asked so often. */
    asked: (what: string, times: number) =>
      vi.waitFor(() => expect(seen.split(what).length - 1).toBe(times), { timeout: 5_000 }),
    typeLine: (line: string) => typed.write(`${line}\n`),
    hangUp: () => typed.end(),
    get seen() {
      return seen;
    },
    get holds() {
      return holds;
    },
  };
}
