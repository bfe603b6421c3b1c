import { PassThrough } from 'node:stream';
import type { Command } from '../../src/cli/command.ts';
import { Output } from '../../src/cli/output.ts';
import { NO_COLOURS } from '../../src/telemetry/format.ts';

/** How a command that was called in this very process ended. */
export interface Called {
  /** All that it wrote, as it came. */
  readonly seen: string;
  readonly stdout: string;
  /** Its exit code; undefined where it threw. */
  readonly code: number | undefined;
  readonly thrown: unknown;
}

/** Calls commands in this process as if in that folder. No terminal is there, and nothing in the environment. */
export function callerIn(cwd: string): (command: Command, ...words: readonly string[]) => Promise<Called> {
  let seen = '';
  let out = '';
  const stream = (onText: (text: string) => void) => {
    const shown = Object.assign(new PassThrough(), { isTTY: false });
    shown.on('data', (text) => onText(String(text)));
    return Reflect.construct(Output, [shown]);
  };
  const stderr = stream((text) => {
    seen += text;
  });
  const stdout = stream((text) => {
    seen += text;
    out += text;
  });
  const colours = { stdout: NO_COLOURS, stderr: NO_COLOURS };
  const session = { stdin: process.stdin, stdout, stderr, colours, env: {}, cwd, debug: false };
  return async (command, ...words) => {
    seen = '';
    out = '';
    const ended = await command.work(words, session).then(
      (code) => ({ code, thrown: undefined }),
      (thrown: unknown) => ({ code: undefined, thrown }),
    );
    await Promise.all([stdout.flush(), stderr.flush()]);
    return { ...ended, seen, stdout: out };
  };
}
